"""
Asking from an event loop: calls that arrive together share one question.

The first of a quiet time is asked for at once; while it is busy a question is begun every GATHER_S, for all that have
come since. One question costs a hundred times what one call more in it costs.
"""

import asyncio
from weakref import WeakKeyDictionary

from keno_platform.limits import gcra
from keno_platform.limits.demands import FREE, Demands, LimitsUnavailable, Verdict
from keno_platform.limits.line import Line, Unreachable

GATHER_S = 0.005
TOGETHER_MAX = 500


class Gatherer:
    """Of one event loop."""

    def __init__(self) -> None:
        self.line = Line()
        self._waiting: list[tuple[Demands, asyncio.Future[Verdict | None]]] = []
        self._asked = False
        self._next_at = 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, demands: Demands, *, money: bool) -> Verdict:
        """As `asking.take`. :raises LimitsUnavailable: nobody could be asked, and the call moves money."""
        if not demands:
            return FREE
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Verdict | None] = loop.create_future()
        self._waiting.append((demands, future))
        if not self._asked:
            self._asked = True
            loop.call_at(max(self._next_at, loop.time()), self._begin)
        verdict = await future
        if verdict is None and money:
            raise LimitsUnavailable()
        return verdict or FREE

    async def close(self) -> None:
        """End the connection."""
        await self.line.close()

    def _begin(self) -> None:
        self._next_at = asyncio.get_running_loop().time() + GATHER_S
        task = asyncio.ensure_future(self._ask())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self) -> None:
        many, self._waiting = self._waiting[:TOGETHER_MAX], self._waiting[TOGETHER_MAX:]
        verdicts: list[Verdict] | None = None
        try:
            keys, arguments = gcra.ask([demands for demands, _ in many])
            verdicts = gcra.read([demands for demands, _ in many], await self.line.run(gcra.SCRIPT, keys, arguments))
        except Unreachable:
            pass  # each caller decides what that means
        finally:
            self._go_on()
            for place, (_, future) in enumerate(many):
                if not future.done():  # whoever waited may be gone
                    future.set_result(verdicts[place] if verdicts is not None else None)

    def _go_on(self) -> None:
        self._asked = bool(self._waiting)
        if self._waiting:
            asyncio.get_running_loop().call_at(self._next_at, self._begin)


_gatherers: "WeakKeyDictionary[asyncio.AbstractEventLoop, Gatherer]" = WeakKeyDictionary()


def gatherer() -> Gatherer:
    """That of the event loop that runs here."""
    loop = asyncio.get_running_loop()
    found = _gatherers.get(loop)
    if found is None:
        found = _gatherers[loop] = Gatherer()
    return found


async def close() -> None:
    """Before the event loop that runs here ends."""
    found = _gatherers.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.close()
