"""The id of the call that is being answered: what both sides find it by again."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """The id of the call that this code answers; empty outside of one."""
    return _current.get()


def begin(request_id: str) -> None:
    """From here to the end of this task, code answers this call."""
    _current.set(request_id)


@contextmanager
def answering(request_id: str) -> Iterator[None]:
    """Everything inside, and the threads and tasks that it starts with its context, answers this call."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)
