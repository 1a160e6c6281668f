"""
A yardstick: the contract of placement as it is usually written with the same libraries. A Django project of its own,
with REST framework's views and serializers, the ORM, `select_for_update`, and a schema for each operator by
django-tenants.

It checks what the platform checks: the key, the idempotency key, limits, the round's end under a lock, the balance. It
writes a bet and its movement in one transaction, and answers with a receipt. tests/bench/test_typical.py holds it to
that.
"""
