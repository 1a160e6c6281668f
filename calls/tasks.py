"""Celery's side of the request log."""

from celery import shared_task
from celery.signals import worker_process_shutdown

from calls import recorder, services


@shared_task(name="calls.keep_days", ignore_result=True)
def keep_days(**_: object) -> list[str]:
    """Make the coming days of the request log, and drop those that are older than 30 days."""
    return services.keep_days()


@worker_process_shutdown.connect
def write_what_is_left(**_: object) -> None:
    """A child of a prefork worker ends without Python's own end."""
    recorder.close()
