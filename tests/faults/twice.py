"""
The platform's Celery application, in a worker that does every task twice while the file TWICE_FILE names is
there: as a broker does that hands a message out again because its acknowledgement was lost.
"""

import os
from pathlib import Path
from typing import Any

from celery import signals

from keno_platform.celery import app

__all__ = ["app"]
_FILE = Path(os.environ["TWICE_FILE"])
_again: set[str] = set()


@signals.task_postrun.connect  # type: ignore[untyped-decorator]
def do_it_again(task: Any = None, task_id: str = "", **_: object) -> None:
    if task_id in _again or not _FILE.exists():
        _again.discard(task_id)
        return
    _again.add(task_id)
    request = task.request
    task.apply(args=request.args, kwargs=request.kwargs, task_id=task_id)
