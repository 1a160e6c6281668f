"""Celery's side of anchoring: a wake-up. Only the worker of the queue `anchors` loads what talks to the chain."""

from celery import shared_task


@shared_task(name="anchors.send", ignore_result=True)
def send(**_: object) -> int:
    """Do what can be done now for roots that are not final yet; returns how many transactions moved."""
    from anchors.services import sending

    return sending.send_when_due().moved
