"""Counting and tracing tasks, and telling their log lines which call they come from. Celery's signals call this."""

import time
from contextlib import ExitStack
from typing import Any

from celery import signals

from keno_platform.core import request_ids
from keno_platform.observability import facts, tracing
from keno_platform.observability.instruments import TASK_ENDED, TASK_SECONDS, TASKS

REQUEST_ID = "keno_request_id"
HEADERS = (REQUEST_ID, "traceparent", "tracestate")
_running: dict[str, tuple[float, ExitStack]] = {}


@signals.before_task_publish.connect
def hand_on(headers: dict[str, Any] | None = None, **_: object) -> None:
    """A message names the call that it comes from, and its trace."""
    if headers is None:
        return
    if request_id := request_ids.current():
        headers[REQUEST_ID] = request_id
    tracing.hand_on(headers)


@signals.task_prerun.connect
def begin(task_id: str = "", task: Any = None, **_: object) -> None:
    """Everything until its end is about this task."""
    carrier = _headers_of(task)
    stack = ExitStack()
    stack.enter_context(request_ids.answering(str(carrier.get(REQUEST_ID, ""))))
    stack.enter_context(facts.about(task=task.name))
    stack.enter_context(tracing.span(f"task {task.name}", carrier=carrier, kind="consumer"))
    _running[task_id] = (time.perf_counter(), stack)


@signals.task_postrun.connect
def end(task_id: str = "", task: Any = None, state: str | None = None, **_: object) -> None:
    """Count it, however it ended."""
    began, stack = _running.pop(task_id, (0.0, ExitStack()))
    stack.close()
    if not began:
        return
    outcome = (state or "unknown").lower()
    TASKS.labels(task.name, outcome).inc()
    TASK_SECONDS.labels(task.name).observe(time.perf_counter() - began)
    if outcome == "success":
        TASK_ENDED.labels(task.name).set(time.time())


def _headers_of(task: Any) -> dict[str, str]:
    """What the message carried, as text; nothing of a task that is called directly."""
    found = getattr(task.request, "headers", None) or {}
    own = {name: getattr(task.request, name, None) or found.get(name) for name in HEADERS}
    return {name: value for name, value in own.items() if isinstance(value, str)}
