"""
Leases: a process takes a part of a budget in advance and spends it without asking.

What is leased is taken from the budget at once, so all processes together never spend more than it. A lease is small,
a twentieth of what a second allows, and what is left of it after a second is lost.
"""

import asyncio
import time
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, replace

from keno_platform.limits.demands import Demand, LimitsUnavailable, RateLimited, Verdict
from keno_platform.limits.gathering import Gatherer

SHARE_S = 0.05
"""For so long the part of a budget lasts that is taken at once, where it is spent as fast as it may be."""
KEPT_S = 1.0
REFUSED_S = 1.0
"""The longest that a refusal is remembered; until then nobody is asked again."""
GONE_S = 0.05
"""So long all are told that nobody can be asked, once one was."""
OWNERS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class _Waiting:
    demand: Demand
    future: "asyncio.Future[None]"


class Lease:
    """One budget's, in one event loop."""

    __slots__ = (
        *("_asking", "_gatherer", "_left", "_until", "_waiting"),
        *("_refused", "_refused_units", "_refused_until", "_gone_until"),
    )

    def __init__(self, gatherer: Gatherer) -> None:
        self._gatherer = gatherer
        self._left, self._until = 0, 0.0
        self._refused: Verdict | None = None
        self._refused_units, self._refused_until, self._gone_until = 0, 0.0, 0.0
        self._waiting: deque[_Waiting] = deque()
        self._asking: asyncio.Task[None] | None = None

    def spend(self, units: int) -> bool:
        """Take so many of what is leased already; not where it is too little, or others wait for it."""
        if self._left >= units and not self._waiting and time.monotonic() < self._until:
            self._left -= units
            return True
        return False

    async def spend_or_ask(self, demand: Demand) -> None:
        """
        Take so many, leasing more when it has to be. Those who wait are served in turn, and ask together.

        :raises RateLimited: the budget is spent. :raises LimitsUnavailable: nobody could be asked.
        """
        if self.spend(demand.units):
            return
        self._answer_from_memory(demand.units)
        one = _Waiting(demand, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        if self._asking is None:
            self._asking = asyncio.ensure_future(self._ask())
        await one.future

    def _answer_from_memory(self, units: int) -> None:
        now = time.monotonic()
        if now < self._gone_until:
            raise LimitsUnavailable()
        if self._refused is not None and units >= self._refused_units and now < self._refused_until:
            self._refused.require()

    async def _ask(self) -> None:
        """Until nobody waits."""
        try:
            while self._waiting:
                first = self._waiting[0].demand
                wanted = sum(one.demand.units for one in self._waiting)
                chunk = max(1, int(first.rate.per_second * SHARE_S))
                verdict = await self._gatherer.take((replace(first, up_to=wanted + chunk - 1),), money=True)
                self._serve(verdict, first)
        except LimitsUnavailable as refusal:
            self._gone_until = time.monotonic() + GONE_S
            self._refuse_all(refusal)
        except BaseException as error:
            self._refuse_all(error if isinstance(error, Exception) else LimitsUnavailable())
            raise
        finally:
            self._asking = None

    def _serve(self, verdict: Verdict, first: Demand) -> None:
        now = time.monotonic()
        [answer] = verdict.answers
        if not verdict.allowed:
            self._refused, self._refused_units = verdict, first.units
            self._refused_until = now + min(answer.wait_s, REFUSED_S)
            self._refuse_all(RateLimited.by(answer, verdict), units=first.units)
            return
        kept = self._left if now < self._until else 0
        self._left, self._until, self._refused = kept + answer.taken, now + KEPT_S, None
        while self._waiting and self._waiting[0].demand.units <= self._left:
            one = self._waiting.popleft()
            if not one.future.done():  # whoever waited may be gone
                self._left -= one.demand.units
                one.future.set_result(None)

    def _refuse_all(self, error: Exception, *, units: int = 0) -> None:
        """Those that want as much; for the others there may be enough."""
        waiting, self._waiting = self._waiting, deque(one for one in self._waiting if one.demand.units < units)
        for one in waiting:
            if one.demand.units >= units and not one.future.done():
                one.future.set_exception(error)


class Leases:
    """Those of one event loop, by whose budget it is."""

    def __init__(self, gatherer: Gatherer) -> None:
        self._gatherer = gatherer
        self._by_owner: dict[Hashable, Lease] = {}

    def of(self, owner: Hashable) -> Lease:
        """The lease of this owner."""
        lease = self._by_owner.get(owner)
        if lease is None:
            if len(self._by_owner) >= OWNERS_MAX:
                self._by_owner.clear()
            lease = self._by_owner[owner] = Lease(self._gatherer)
        return lease
