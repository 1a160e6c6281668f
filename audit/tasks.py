"""Celery's side of the record: a wake-up."""

from celery import shared_task

from audit.services import sealing


@shared_task(name="audit.seal", ignore_result=True)
def seal(**_: object) -> int:
    """Seal what has been recorded since the last time; returns how many entries."""
    return sealing.seal()
