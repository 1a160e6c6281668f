"""
Batching for asyncio: what arrives while one flush is running goes into the next one.

An idle batcher flushes at once, so a lone item waits for nothing; under load the batches grow by themselves. Where a
flush costs much however small it is, a busy batcher can be paced: after a flush of several items the next one begins a
little later, and is larger.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


FEW = 4


class Batcher(Generic[Item, Result]):
    """
    Calls `flush` with up to `size` items at a time, one flush after the other.

    Under load, that is after a flush of more than FEW items, the next one begins `pace_s` seconds after it at least.
    """

    def __init__(
        self, flush: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]], *, size: int = 512, pace_s: float = 0.0
    ) -> None:
        self._flush, self._size, self._pace_s = flush, size, pace_s
        self._free, self._next_at = True, 0.0
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._running: set[asyncio.Task[None]] = set()

    async def submit(self, item: Item) -> Result:
        """The result of this item. What `flush` raises is raised for each item of its batch."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._start()
        return await future

    def _start(self) -> None:
        if not (self._waiting and self._free):
            return
        self._free = False
        loop = asyncio.get_running_loop()
        if (early_by := self._next_at - loop.time()) > 0:
            loop.call_later(early_by, self._fly)
        else:
            self._fly()

    def _fly(self) -> None:
        batch, self._waiting = self._waiting[: self._size], self._waiting[self._size :]
        self._next_at = asyncio.get_running_loop().time() + (self._pace_s if len(batch) > FEW else 0.0)
        task = asyncio.ensure_future(self._run(batch))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._flush([item for item, _ in batch])
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():  # whoever waited may be gone
                    future.set_result(result)
        except BaseException as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error if isinstance(error, Exception) else asyncio.CancelledError())
            if not isinstance(error, Exception):
                raise
        finally:
            self._free = True
            self._start()
