"""Celery's side of approvals: a wake-up. What is due is read from the rows."""

from celery import shared_task

from approvals import services


@shared_task(name="approvals.expire", ignore_result=True)
def expire(**_: object) -> int:
    """Close what nobody decided in time; returns how many."""
    return services.expire()
