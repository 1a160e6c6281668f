"""
The desk: the way of one slip, from its caller to what became of it. All of it happens in one event loop.

On the transfer wallet a slip is checked against what is remembered and goes out with others. Whatever is not plain (a
ticket over several rounds, a refusal that a known key may overrule, a retry) takes the long way, which reads all of it.
On the seamless wallet the operator is asked for the money in between.
"""

import asyncio
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import connection

from bets.door.callers import Callers
from bets.door.dispatch import Dispatcher
from bets.door.limits import DoorLimits
from bets.door.memory import Memory
from bets.door.shared_rounds import SharedRounds
from bets.services import placement, protection, seamless
from bets.services.placement import Answer, Placed
from bets.services.seamless import Answered, Opened
from bets.services.statement import ROUND_NOT_OPEN, STALE, Outcome
from bets.slips import Accepted, Slip, SlipAsk
from keno_platform import outbound
from keno_platform.core import buggify, loops
from keno_platform.core.batching import Batcher
from keno_platform.core.errors import Refusal
from keno_platform.database import lending
from keno_platform.limits import gathering
from operators.authentication import Caller
from operators.models import Operator

T = TypeVar("T")
THREADS = 4
"""Transactions of the long way and of seamless mode at one time; each holds a connection of the pool while it runs."""
BATCH_MAX = 256
PACE_S = 0.05
"""
Of the two transactions of seamless placement under load: each costs some milliseconds however few bets are in it, and
beside the operator's own answer the wait is short.
"""
_FINAL = protection.WORDS | {
    *("operator_suspended", "player_blocked", "insufficient_funds", "key_reused", "request_in_progress")
}
"""Outcomes that say all there is to say."""


class Outdated(Exception):
    """What was remembered of the caller or its operator is no longer so: nothing was placed, ask again."""


class _Counter:
    """The batches of one operator."""

    def __init__(self, operator: Operator, desk: "Desk") -> None:
        self.operator, self._desk = operator, desk
        self.memory = Memory(operator, desk.in_thread, desk.shared_rounds)
        self.long_way: Batcher[SlipAsk, Answer] = Batcher(self._place, size=BATCH_MAX)
        self.opening: Batcher[SlipAsk, Opened | Answer] = Batcher(self._open, size=BATCH_MAX, pace_s=PACE_S)
        self.concluding: Batcher[Answered, Answer] = Batcher(self._conclude, size=BATCH_MAX, pace_s=PACE_S)

    async def _place(self, asks: Sequence[SlipAsk]) -> list[Answer]:
        return await self._desk.in_thread(lambda: placement.answer_slips(operator=self.operator, asks=asks))

    async def _open(self, asks: Sequence[SlipAsk]) -> list[Opened | Answer]:
        unreachable = self._wallet_refuses()

        def work() -> list[Opened | Answer]:
            if unreachable:
                return [*seamless.refuse_slips(operator=self.operator, asks=asks, reason=unreachable)]
            return seamless.open_slips(operator=self.operator, asks=asks)

        return await self._desk.in_thread(work)

    def _wallet_refuses(self) -> str | None:
        """Whether the operator's breaker is open: its players are told so without a debit being begun."""
        return outbound.caller().refuses(self.operator.schema_name, lane_max=sys.maxsize)

    async def _conclude(self, answered: Sequence[Answered]) -> list[Answer]:
        return await self._desk.in_thread(lambda: seamless.conclude(operator=self.operator, answered=answered))


class Desk:
    """One for each event loop; see `desk`."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="desk")
        self._counters: dict[UUID, _Counter] = {}
        self._dispatcher = Dispatcher()
        self.callers = Callers(self.in_thread)
        self.shared_rounds = SharedRounds(self.in_thread)
        self.limits = DoorLimits(gathering.gatherer())

    async def place(
        self, caller: Caller, operator: Operator, asks: Sequence[SlipAsk], *, is_fresh: bool
    ) -> list[Answer]:
        """
        What became of each of these slips of one call, in order. `is_fresh`: the caller was read just now; only then
        can its terms refuse anything, and only then is the long way open.

        :raises Outdated: the caller must be looked up again. What was placed all the same answers as placed then.
        """
        counter = self._counter(operator)
        if is_fresh:
            counter.operator = operator
        if operator.is_seamless:
            return list(await asyncio.gather(*(_place_seamless(counter, ask) for ask in asks)))
        answers = await self._place_plain(counter, caller, operator, asks, is_fresh=is_fresh)
        missing = [place for place, answer in enumerate(answers) if answer is None]
        if not missing:
            return cast("list[Answer]", answers)
        found = await asyncio.gather(*(counter.long_way.submit(asks[place]) for place in missing))
        rest = iter(found)
        return [next(rest) if answer is None else answer for answer in answers]

    def _counter(self, operator: Operator) -> _Counter:
        counter = self._counters.get(operator.pk)
        if counter is None:
            counter = self._counters[operator.pk] = _Counter(operator, self)
        return counter

    async def _place_plain(
        self, counter: _Counter, caller: Caller, operator: Operator, asks: Sequence[SlipAsk], *, is_fresh: bool
    ) -> list[Accepted | Refusal | None]:
        """Nothing where only the long way can tell."""
        memory, answers = counter.memory, list[Accepted | Refusal | None]([None] * len(asks))
        open_places = [place for place, ask in enumerate(asks) if ask.rounds == 1]
        if len(open_places) < len(asks) and not is_fresh:
            raise Outdated
        for _ in range(2):
            checked = await memory.check([asks[place] for place in open_places], operator)
            slips = [(place, slip) for place, slip in zip(open_places, checked, strict=True) if isinstance(slip, Slip)]
            if len(slips) < len(checked) and not is_fresh:
                raise Outdated
            outcomes = await self._dispatcher.submit(memory, [slip for _, slip in slips], caller, operator)
            open_places = []
            for (place, slip), outcome in zip(slips, outcomes, strict=True):
                answers[place] = _answer_of(operator, slip, outcome)
                if outcome.word == ROUND_NOT_OPEN and asks[place].game is not None:
                    open_places.append(place)  # the round that was remembered is over, and the next one may be open
            if any(outcome.word == STALE for outcome in outcomes):
                memory.forget()
                raise Outdated
            if not open_places:
                break
            memory.forget_rounds(one for _, slip in slips for one in slip.rounds)
        return answers

    async def in_thread(self, work: Callable[[], T]) -> T:
        """What `work` returns, done in a thread with a database connection."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, _with_connection, work)

    async def close(self) -> None:
        """Give the connections back."""
        await self._dispatcher.close()
        await gathering.close()


def _answer_of(operator: Operator, slip: Slip, outcome: Outcome) -> Accepted | Refusal | None:
    return placement.refusal_of(operator, outcome) if outcome.word in _FINAL else placement.accepted_of(slip, outcome)


async def _place_seamless(counter: _Counter, ask: SlipAsk) -> Answer:
    opened = await counter.opening.submit(ask)
    if not isinstance(opened, Opened):
        return opened
    await buggify.soon("seamless.opened")
    answered = await seamless.ask(opened)
    await buggify.soon("seamless.asked")
    answer = await counter.concluding.submit(answered)
    await buggify.soon("seamless.concluded")
    return answer


def _with_connection(work: Callable[[], T]) -> T:
    """An idle thread holds no connection: others need it, and its server may be gone by the time of its next work."""
    try:
        return work()
    finally:
        connection.close()


_desks: "WeakKeyDictionary[asyncio.AbstractEventLoop, Desk]" = WeakKeyDictionary()


def desk() -> Desk:
    """The desk of the event loop that runs here."""
    loop = asyncio.get_running_loop()
    found = _desks.get(loop)
    if found is None:
        found = _desks[loop] = Desk()
    return found


async def close() -> None:
    """Before the event loop that runs here ends."""
    found = _desks.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.close()


def place_together(operator: Operator, asks: Sequence[SlipAsk]) -> list[Placed]:
    """
    For callers that are not asynchronous: place a batch. Each slip gets its own answer, in order.

    On the transfer wallet that is one transaction here and now; on the seamless wallet each slip has its own debit.
    """
    if not operator.is_seamless:
        return placement.place_slips(operator=operator, asks=asks)
    lending.give_back()
    answers = loops.run(_place_all(operator, asks))
    return [own.bets() if isinstance(own, Accepted) else own for own in answers]


async def _place_all(operator: Operator, asks: Sequence[SlipAsk]) -> list[Answer]:
    return await desk().place(Caller(operator=operator), operator, asks, is_fresh=True)


loops.at_end(outbound.close)
loops.at_end(close)
