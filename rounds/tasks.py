"""Celery's side of the rounds: wake-ups."""

from celery import shared_task

from rounds.services import epochs, results, tick


@shared_task(name="rounds.tick", ignore_result=True, stall_limit=tick.STALL_S)
def drive_rounds(**_: object) -> int:
    """Drive the rounds for a few seconds, unless somebody else does."""
    return tick.drive()


@shared_task(name="rounds.schedule_ahead", ignore_result=True)
def schedule_ahead(**_: object) -> int:
    """Make the epochs that must stand by now."""
    return len(epochs.schedule_ahead())


@shared_task(name="rounds.publish", ignore_result=True)
def publish(**_: object) -> None:
    """Put the results of ended rounds into a tree when it is time, and publish the keys of epochs that are over."""
    results.make_tree()
    results.publish_epoch_keys()
