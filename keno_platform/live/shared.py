"""One read for all who ask at about the same time: thousands of clients that come back at once cost a few reads."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """
    The result of `read`, for all who ask while it is being read and for `keep_s` seconds after.

    Whoever asks with another `version` than the reader before gets a read of its own, begun after it asked. A read that
    failed is told to those who waited for it, and made again for the next.
    """

    def __init__(self, read: Callable[[], Awaitable[T]], *, keep_s: float) -> None:
        self._read, self._keep_s = read, keep_s
        self._reading: _Reading[T] | None = None

    async def get(self, version: int = 0) -> T:
        """:raises Exception: whatever `read` raises."""
        reading = self._reading
        if reading is None or reading.version != version or reading.is_old():
            reading = self._reading = _Reading(self._read, version, self._keep_s)
        return await asyncio.shield(reading.task)


class Memory:
    """Results by name, each shared and kept for its time; when there are too many names it begins anew."""

    def __init__(self, *, names_max: int) -> None:
        self._names_max = names_max
        self._kept: dict[str, Shared[Any]] = {}

    async def get(self, name: str, read: Callable[[], Awaitable[T]], *, keep_s: float) -> T:
        """What `read` gives, or gave a moment ago. :raises Exception: whatever it raises."""
        kept = self._kept.get(name)
        if kept is None:
            if len(self._kept) >= self._names_max:
                self._kept.clear()
            kept = self._kept[name] = Shared(read, keep_s=keep_s)
        result: T = await kept.get()
        return result


class _Reading(Generic[T]):
    """One read, underway or done."""

    def __init__(self, read: Callable[[], Awaitable[T]], version: int, keep_s: float) -> None:
        self.version, self._keep_s = version, keep_s
        self._loop = asyncio.get_running_loop()
        self._until = 0.0
        self.task: asyncio.Future[T] = asyncio.ensure_future(read())
        self.task.add_done_callback(self._done)

    def is_old(self) -> bool:
        return self.task.done() and self._loop.time() >= self._until

    def _done(self, task: "asyncio.Future[T]") -> None:
        # Asking for the exception marks it as seen: all who waited may be gone.
        if not task.cancelled() and task.exception() is None:
            self._until = self._loop.time() + self._keep_s
