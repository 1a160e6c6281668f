"""
Running coroutines for code that is not asynchronous: in one event loop of this process, so that what belongs to a loop
(pooled connections, limits, batches) is shared by all its threads.
"""

import asyncio
import atexit
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Loop:
    """A loop in a thread of its own, begun when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._endings: list[Callable[[], Awaitable[None]]] = []

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._running()).result()

    def adopt(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            self._loop = loop

    def at_end(self, ending: Callable[[], Awaitable[None]]) -> None:
        self._endings.append(ending)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._loop.is_closed():
                loop = self._loop = asyncio.new_event_loop()
                thread = threading.Thread(target=loop.run_forever, name="calls", daemon=True)
                thread.start()
                atexit.register(self._end, loop, thread)
            return self._loop

    def _end(self, loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
        for ending in self._endings:
            asyncio.run_coroutine_threadsafe(_awaited(ending), loop).result(timeout=5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
        loop.close()


async def _awaited(ending: Callable[[], Awaitable[None]]) -> None:
    await ending()


_shared = _Loop()


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """What the coroutine returns. Never called from inside the loop itself: it would wait for itself."""
    return _shared.run(coroutine)


def adopt(loop: asyncio.AbstractEventLoop) -> None:
    """From now on the loop of this process is this one: the server's own, where there is one."""
    _shared.adopt(loop)


def at_end(ending: Callable[[], Awaitable[None]]) -> None:
    """Await this in the process's own loop before it ends."""
    _shared.at_end(ending)
