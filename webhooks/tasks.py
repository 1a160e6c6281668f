"""Celery's side of webhooks: wake-ups. What is to be sent stands in rows, so a lost or doubled task changes nothing."""

from celery import shared_task

from webhooks.services import delivery, pruning

KEPT_S = 30 * 86_400.0
"""How long events, deliveries and attempts are kept."""


@shared_task(name="webhooks.deliver", ignore_result=True)
def deliver(**_: object) -> int:
    """Send what is due; returns how many attempts were made."""
    return delivery.deliver()


@shared_task(name="webhooks.prune", ignore_result=True)
def prune(**_: object) -> int:
    """Forget events older than KEPT_S with all that belongs to them."""
    return pruning.prune(older_than_s=KEPT_S)
