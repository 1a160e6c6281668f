"""Celery's side of the outbox: a wake-up. What is due stands in the rows."""

from celery import shared_task

from wallet.services import delivery


@shared_task(name="wallet.deliver", ignore_result=True)
def deliver(**_: object) -> int:
    """Deliver credits and rollbacks for some seconds; any number of these may run beside each other."""
    return delivery.deliver()
