"""
Starting a coroutine without a task: one that never waits is done with by then.

What a server's `send` does is seldom more than a copy into a buffer. A task for each would cost more than the copy.
"""

import asyncio
from collections.abc import Awaitable, Coroutine, Generator
from typing import Any


def begin(coroutine: Coroutine[Any, Any, None]) -> Awaitable[None] | None:
    """
    Run this coroutine until it first waits: None when it never did, else the rest of it, to be awaited in a task.

    It runs inside the caller's task until then, so it is for coroutines that do not ask for their own: a bounded wait
    (`asyncio.timeout`) belongs around what is returned. What the coroutine raises is raised.
    """
    try:
        waits_for = coroutine.send(None)
    except StopIteration:
        return None
    return _Rest(coroutine, waits_for)


class _Rest:
    """A coroutine that waits: its first wait is handed on to whoever awaits this, then the coroutine itself is."""

    __slots__ = ("_coroutine", "_waits_for")

    def __init__(self, coroutine: Coroutine[Any, Any, None], waits_for: "asyncio.Future[Any] | None") -> None:
        self._coroutine, self._waits_for = coroutine, waits_for

    def __await__(self) -> Generator[Any, None, None]:
        try:
            yield self._waits_for
        except BaseException:
            self._coroutine.close()  # cancelled: it lets go of what it waits for
            raise
        yield from self._coroutine.__await__()
