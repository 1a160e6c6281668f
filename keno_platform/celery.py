"""The Celery application. Tasks are wake-ups: whatever they do is found again in the database when one is lost."""

import os
from typing import Any

from celery import Celery, signals
from celery.concurrency import solo
from django.conf import settings
from django.db import close_old_connections

from keno_platform.core import buggify
from keno_platform.core.watchdog import WATCHDOG
from keno_platform.database import pooling
from keno_platform.observability import tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keno_platform.settings")
app = Celery("keno_platform")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.worker_init.connect
@signals.beat_init.connect
def refuse_transaction_pooling(**_: object) -> None:
    """Celery logs what a handler of signals raises, and goes on; the end of the process it lets pass."""
    try:
        pooling.require_at_start()
    except pooling.TransactionPooling as refusal:
        raise SystemExit(str(refusal)) from refusal


@signals.worker_init.connect
def watch_a_worker_without_children(sender: Any = None, **_: object) -> None:
    """Celery's time limits are those of children: whoever works alone gets them from us."""
    if sender.pool_cls is solo.TaskPool:
        WATCHDOG.start()


@signals.task_prerun.connect
def begin_its_time(sender: Any = None, **_: object) -> None:
    """First of all: looking after a connection may stand still, too."""
    seconds = getattr(sender, "stall_limit", None) or sender.time_limit or app.conf.task_time_limit
    WATCHDOG.begin(sender.name, seconds=seconds)


@signals.task_postrun.connect
def end_its_time(**_: object) -> None:
    """Between tasks a worker waits for as long as it likes."""
    WATCHDOG.done()


@signals.task_prerun.connect
def look_after_connections(sender: Any = None, **_: object) -> None:
    """
    A worker keeps its connection from task to task (CELERY_DB_REUSE_MAX): what it has planned once, it need not plan
    again. So before each task a broken connection is found and replaced, as Django does before each request.
    """
    if not sender.request.is_eager:
        close_old_connections()


@signals.task_postrun.connect
def stumble_before_the_ack(**_: object) -> None:
    """What is done is not yet acknowledged: a worker that dies here leaves its message to the next one."""
    buggify.here("task.done")


@signals.worker_process_init.connect
def trace_in_the_child(**_: object) -> None:
    """A fork has none of its parent's threads, and spans are sent by one."""
    tracing.start(url=settings.TRACES_URL, percent=settings.TRACES_PERCENT, process=settings.PROCESS)


# Last, because they need Django's settings: counts, logs and traces of tasks; signs of life.
from keno_platform.observability import heartbeat as _heartbeat  # noqa: E402, F401
from keno_platform.observability import tasks as _observed  # noqa: E402, F401
