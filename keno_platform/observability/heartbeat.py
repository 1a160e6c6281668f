"""Signs of life of workers and beat, as the age of a file that a probe looks at. Celery's signals call this."""

from celery import signals
from django.conf import settings

from keno_platform.observability import port


def sign(**_: object) -> None:
    """
    A worker is well when its loop has sent its own heartbeat, or a task has begun or ended. While a task keeps the loop
    of a worker without children busy it says nothing, so that a task which never ends shows.
    """
    if settings.HEARTBEAT:
        settings.HEARTBEAT.touch()


def begin_as_beat(**_: object) -> None:
    """A beat is well when it has handed a message to the broker. One that hangs there looks alive from outside."""
    sign()
    signals.after_task_publish.connect(sign)


def serve_metrics(**_: object) -> None:
    """Workers in containers of their own have nobody else who could tell their counts."""
    port.serve_counts()


for _signal in (signals.heartbeat_sent, signals.task_prerun, signals.task_postrun):
    _signal.connect(sign)
signals.beat_init.connect(begin_as_beat)
signals.worker_init.connect(serve_metrics)
