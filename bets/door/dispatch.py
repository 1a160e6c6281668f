"""
From the waiting to the database: each operator has a queue of its own, and what waits goes out as soon as a lane is
free.

Nobody waits for company: an idle dispatcher sends at once, and under load the batches grow by themselves. Operators
take turns and share evenly what goes out in one flight, so that a flood of one delays the others by a flight at most.
An operator is in two flights at a time at most.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from django.db import DatabaseError, InterfaceError, OperationalError

from bets import announce
from bets.door.lanes import SHARED_PATIENCE_MS, Call, Lane
from bets.door.memory import Memory
from bets.services import statement
from bets.services.placement import accepted_of
from bets.services.protection import refusal_of
from bets.services.statement import PATIENCE_MS, Known, Outcome
from bets.slips import Slip
from keno_platform.http.problems import BUSY
from keno_platform.live.topics import publish_soon
from keno_platform.observability.instruments import FLIGHT_SLIPS
from operators.authentication import Caller
from operators.models import Operator

logger = logging.getLogger(__name__)
LANES, LANES_FREE = 3, 1
"""Connections, opened when needed; so many are kept free of operators that go alone, which may have to wait."""
HOME_S = 0.02
"""
How long an operator waits for its own lane before it takes the next one too. A lane keeps the plans of every operator
that it has served, about a megabyte for each and some milliseconds to make: so each has a lane of its own, and a second
for when it is busy.
"""
FLIGHTS_MAX = 2
"""Of one operator at a time: one is in the database while the other is made ready or read."""
LOAD_MAX = 256
"""Slips in one flight."""
TOGETHER_MAX = 250
"""Of one call's slips in one flight."""
OPERATORS_MAX = 64
"""Operators in one flight: it takes as long as all of them together."""


@dataclass(slots=True)
class _Waiting:
    """Slips of one call, which stay together."""

    slips: Sequence[Slip]
    caller: Caller
    operator: Operator
    future: "asyncio.Future[list[Outcome]]"


@dataclass(slots=True)
class _Queue:
    memory: Memory
    since: float
    """When its first began to wait, by the event loop's clock."""
    waiting: deque[_Waiting] = field(default_factory=deque)


@dataclass(slots=True)
class _Load:
    """What one operator has in a flight. All of it was checked against the same terms."""

    memory: Memory
    operator: Operator
    items: list[_Waiting]

    def call(self, patience_ms: int) -> Call:
        slips = self.slips()
        known = Known(
            version=self.operator.row_version,
            paytable_id=slips[0].paytable.id,
            credentials={item.caller.key_id for item in self.items if item.caller.key_id},
            sessions={item.caller.session_id for item in self.items if item.caller.session_id},
            taking_part=self.memory.taking_part,
        )
        schema = self.operator.schema_name
        if len(slips) == 1:
            arguments = statement.arguments_of_one(self.operator, slips[0], known, patience_ms=patience_ms)
            return schema, statement.NAME_OF_ONE, arguments
        return schema, statement.NAME, statement.arguments(self.operator, slips, known, patience_ms=patience_ms)

    def slips(self) -> list[Slip]:
        return [slip for item in self.items for slip in item.slips]

    def land(self, row: tuple[object, ...]) -> None:
        """Tell everybody what became of their slips, and players' clients what was accepted."""
        slips = self.slips()
        outcomes = statement.outcomes_of(row, slips)
        accepted = [
            own
            for slip, outcome in zip(slips, outcomes, strict=True)
            if (own := accepted_of(slip, outcome)) is not None
        ]
        announce.count(self.operator, accepted)
        self.memory.taking_part.update(one.id for own in accepted for one in own.slip.rounds)
        each = iter(outcomes)
        for item in self.items:
            own_outcomes = list(islice(each, len(item.slips)))
            if not item.future.done():  # whoever waited may be gone
                item.future.set_result(own_outcomes)
        if frames := announce.frames_of(self.operator, accepted):
            publish_soon(frames)
        if len(accepted) < len(slips):
            self._tell_limits(slips, outcomes)

    def _tell_limits(self, slips: Sequence[Slip], outcomes: Sequence[Outcome]) -> None:
        reached = [
            (slip, refusal)
            for slip, outcome in zip(slips, outcomes, strict=True)
            if outcome.detail and (refusal := refusal_of(self.operator, outcome))
        ]
        if frames := announce.limit_frames(self.operator, reached):
            publish_soon(frames)

    def fail(self, error: Exception) -> None:
        for item in self.items:
            if not item.future.done():
                item.future.set_exception(error)


class Dispatcher:
    """The queues and the lanes of one event loop."""

    def __init__(self) -> None:
        self._queues: dict[UUID, _Queue] = {}
        self._flying: Counter[UUID] = Counter()
        self._lanes = [Lane() for _ in range(LANES)]
        self._free = list(range(LANES))
        self._alone: deque[_Load] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._called = False
        self._again: asyncio.TimerHandle | None = None

    async def submit(self, memory: Memory, slips: Sequence[Slip], caller: Caller, operator: Operator) -> list[Outcome]:
        """What becomes of each of these slips. A long call is cut: between its parts others have their turn."""
        if len(slips) <= TOGETHER_MAX:
            return await self._queue_up(memory, slips, caller, operator) if slips else []
        parts = [slips[place : place + TOGETHER_MAX] for place in range(0, len(slips), TOGETHER_MAX)]
        outcomes = await asyncio.gather(*(self._queue_up(memory, part, caller, operator) for part in parts))
        return [outcome for part in outcomes for outcome in part]

    def _queue_up(
        self, memory: Memory, slips: Sequence[Slip], caller: Caller, operator: Operator
    ) -> "asyncio.Future[list[Outcome]]":
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[Outcome]] = loop.create_future()
        queue = self._queues.get(memory.operator_id)
        if queue is None:
            queue = self._queues[memory.operator_id] = _Queue(memory, loop.time())
        queue.waiting.append(_Waiting(slips, caller, operator, future))
        self._call(loop)
        return future

    async def close(self) -> None:
        """Give the connections back."""
        if self._again is not None:
            self._again.cancel()
        for lane in self._lanes:
            await lane.close()

    def _call(self, loop: asyncio.AbstractEventLoop) -> None:
        """Soon: whoever has arrived together goes out together."""
        if not self._called and self._free:
            self._called = True
            loop.call_soon(self._send_out, loop)

    def _send_out(self, loop: asyncio.AbstractEventLoop) -> None:
        self._called = False
        while self._alone and len(self._free) > LANES_FREE:
            self._fly(self._free[0], [self._alone.popleft()])
        for lane in tuple(self._free):
            if loads := self._take(lane, loop.time()):
                self._fly(lane, loads)
        if self._queues and self._free and self._again is None:
            self._again = loop.call_later(HOME_S, self._look_again, loop)

    def _look_again(self, loop: asyncio.AbstractEventLoop) -> None:
        """For those who wait in vain for their own lane."""
        self._again = None
        self._call(loop)

    def _take(self, lane: int, now: float) -> list[_Load]:
        """The lane's next flight: of each operator in turn an even share."""
        ready = [each for each, queue in self._queues.items() if self._may_take(lane, each, now - queue.since)]
        ready = ready[:OPERATORS_MAX]
        loads = []
        for operator_id in ready:
            queue = self._queues.pop(operator_id)
            loads.append(_load(queue, max(1, LOAD_MAX // len(ready))))
            if queue.waiting:
                queue.since = now
                self._queues[operator_id] = queue  # behind all others
        return loads

    def _may_take(self, lane: int, operator_id: UUID, waited_s: float) -> bool:
        flying, home = self._flying[operator_id], operator_id.int % LANES
        if lane == home:
            return flying < FLIGHTS_MAX
        return lane == (home + 1) % LANES and (0 < flying < FLIGHTS_MAX or waited_s > HOME_S)

    def _fly(self, lane: int, loads: list[_Load]) -> None:
        self._free.remove(lane)
        self._flying.update(load.memory.operator_id for load in loads)
        task = asyncio.ensure_future(self._flight(lane, loads))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _flight(self, lane: int, loads: list[_Load]) -> None:
        """When operators together could not be served at once, each goes alone: a fault of one is nobody else's."""
        done = False
        try:
            done = await _attempt(self._lanes[lane], loads)
        finally:
            if done:
                self._flying.subtract(load.memory.operator_id for load in loads)
            else:
                self._alone.extend(loads)
            self._free.append(lane)
            self._call(asyncio.get_running_loop())


def _load(queue: _Queue, share: int) -> _Load:
    """The first that wait, as long as their callers have the same terms and the slips the same paytable."""
    first = queue.waiting.popleft()
    items, size = [first], len(first.slips)
    while queue.waiting and size + len(queue.waiting[0].slips) <= share and _is_alike(first, queue.waiting[0]):
        items.append(queue.waiting.popleft())
        size += len(items[-1].slips)
    return _Load(queue.memory, first.operator, items)


def _is_alike(one: _Waiting, other: _Waiting) -> bool:
    return (
        one.operator.row_version == other.operator.row_version
        and one.slips[0].paytable.id == other.slips[0].paytable.id
    )


async def _attempt(lane: Lane, loads: list[_Load]) -> bool:
    """Whether it is done with; a flight of several that changed nothing is not."""
    loads.sort(key=lambda load: load.operator.schema_name)
    patience_ms = PATIENCE_MS if len(loads) == 1 else SHARED_PATIENCE_MS
    try:
        rounds = {one.id for load in loads for slip in load.slips() for one in slip.rounds}
        rows = await lane.place([load.call(patience_ms) for load in loads], list(rounds))
        FLIGHT_SLIPS.observe(sum(len(item.slips) for load in loads for item in load.items))
        for load, row in zip(loads, rows, strict=True):
            load.land(row)
    except Exception as error:
        if len(loads) > 1 and _changed_nothing(error):
            return False
        _fail(loads, error)
    return True


def _changed_nothing(error: Exception) -> bool:
    """Of a database that has answered; one that is away may have done it, and is not asked again for each operator."""
    away = isinstance(error, OperationalError | InterfaceError) and not isinstance(error.__cause__, BUSY)
    return isinstance(error, DatabaseError) and not away


def _fail(loads: Iterable[_Load], error: Exception) -> None:
    for load in loads:
        load.fail(error)
