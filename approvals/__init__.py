"""
Four eyes: what one member of staff asks for and another decides.

The room that owns what is changed registers an action (`<room>/approvals.py`, see `approvals.actions`), and its staff
pages ask with `approvals.staff.ask_for`. What is approved is carried out in the transaction of the approval.
"""
