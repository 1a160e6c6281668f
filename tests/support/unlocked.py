"""Two calls at once, with a lock of theirs turned off: what the lock is for must show, or it is for nothing."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from django.db import connection

from tests.support.threads import at_once

T = TypeVar("T")
_ROW_LOCK = re.compile(r" FOR (NO KEY )?UPDATE( OF \S+)?")
_ADVISORY = re.compile(r"\bpg_advisory_xact_lock\(")
_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|COPY)\b", re.IGNORECASE)
MEETING_MAX_S = 10


@contextmanager
def _without(mark: str, meeting: threading.Barrier) -> Iterator[None]:
    """
    On this thread's connection: statements with `mark` in them take no lock, and before the first write after one the
    thread waits for the other. So both have read what was before either of them.
    """
    has_read, has_met = False, False

    def run(execute: Callable[..., Any], text: Any, parameters: Any, many: bool, context: Any) -> Any:
        nonlocal has_read, has_met
        statement = str(text)
        if mark in statement and (_ROW_LOCK.search(statement) or _ADVISORY.search(statement)):
            has_read = True
            statement = _ADVISORY.sub("jsonb_build_array(", _ROW_LOCK.sub("", statement))
        elif has_read and not has_met and _WRITES.match(statement):
            has_met = True
            meeting.wait(MEETING_MAX_S)
        return execute(statement, parameters, many, context)

    with connection.execute_wrapper(run):
        yield


def two_without_lock(mark: str, first: Callable[[], T], second: Callable[[], T]) -> list[T | BaseException]:
    """
    What both return or raise when they take no lock in statements with `mark` in them, and meet before they write.

    A thread that meets nobody fails with BrokenBarrierError: then the other never came so far.
    """
    meeting = threading.Barrier(2)

    def alone(call: Callable[[], T]) -> T:
        with _without(mark, meeting):
            return call()

    return at_once([partial(alone, first), partial(alone, second)])
