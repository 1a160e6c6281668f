"""Several processes that take a budget in chunks never spend more than it, and ask seldom."""

import asyncio
import time
from collections import Counter
from typing import Any

import pytest

from keno_platform.limits import gcra
from keno_platform.limits.demands import LimitsUnavailable, RateLimited
from keno_platform.limits.gathering import Gatherer
from keno_platform.limits.leases import KEPT_S, Lease
from keno_platform.limits.line import Line
from tests.limits.conftest import Stoppable, demand

PROCESSES = 4


class Counted(Line):
    """A line that counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()

    async def run(self, script: str, keys: Any, arguments: Any) -> Any:
        self.asked["questions"] += 1
        return await super().run(script, keys, arguments)


async def spend(lease: Lease, one: Any, *, until: float, pause_s: float = 0.0) -> Counter[str]:
    """What became of calls one after the other, until then."""
    found: Counter[str] = Counter()
    while time.monotonic() < until:
        try:
            if not lease.spend(one.units):
                await lease.spend_or_ask(one)
            found["spent"] += one.units
        except RateLimited:
            found["refused"] += 1
        except LimitsUnavailable:
            found["unavailable"] += 1
        await asyncio.sleep(pause_s)
    return found


async def test_processes_together_spend_the_budget_and_no_more() -> None:
    one = demand(2_000, 1_000)
    gatherers = [Gatherer() for _ in range(PROCESSES)]
    began = time.monotonic()
    found = await asyncio.gather(*(spend(Lease(each), one, until=began + 1.5) for each in gatherers for _ in range(3)))
    elapsed = time.monotonic() - began
    spent = sum(each["spent"] for each in found)
    assert spent <= 1_000 + 2_000 * elapsed
    assert spent >= 0.8 * (1_000 + 2_000 * 1.5), "leases waste little of a budget that is in demand"
    assert sum(each["refused"] for each in found) > 0
    for each in gatherers:
        await each.close()


async def test_a_thousand_calls_cost_a_few_questions() -> None:
    gatherer, one = Gatherer(), demand(100_000, 200_000)
    gatherer.line = Counted()
    lease = Lease(gatherer)
    for _ in range(1_000):
        if not lease.spend(1):
            await lease.spend_or_ask(one)
    assert gatherer.line.asked["questions"] == 1
    await gatherer.close()


async def test_calls_that_wait_for_a_lease_ask_once_together() -> None:
    gatherer, one = Gatherer(), demand(10_000, 20_000)
    gatherer.line = Counted()
    lease = Lease(gatherer)
    await asyncio.gather(*(lease.spend_or_ask(one) for _ in range(64)))
    assert gatherer.line.asked["questions"] == 1
    await gatherer.close()


async def test_what_is_left_of_a_lease_is_lost_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    gatherer, one = Gatherer(), demand(1_000, 1_000)
    lease = Lease(gatherer)
    await lease.spend_or_ask(one)
    assert lease.spend(1)
    later = time.monotonic() + KEPT_S
    monkeypatch.setattr("keno_platform.limits.leases.time.monotonic", lambda: later + 0.01)
    assert not lease.spend(1)
    await gatherer.close()


async def test_a_refusal_is_remembered_but_not_held_against_a_smaller_call() -> None:
    gatherer = Gatherer()
    gatherer.line = Counted()
    lease, large = Lease(gatherer), demand(0.1, 10, units=8)
    small = demand(0.1, 10, whose=large.whose)
    await lease.spend_or_ask(large)
    for _ in range(50):
        with pytest.raises(RateLimited):
            await lease.spend_or_ask(large)
    assert gatherer.line.asked["questions"] == 2
    await lease.spend_or_ask(small)
    await gatherer.close()


async def test_without_redis_a_lease_is_spent_to_its_end_and_then_nothing_more(own_redis: Stoppable) -> None:
    gatherer, one = Gatherer(), demand(200, 100)
    lease = Lease(gatherer)
    await lease.spend_or_ask(one)
    own_redis.kill()
    found = await spend(lease, one, until=time.monotonic() + 0.3, pause_s=0.001)
    assert found["spent"] == 9, "a twentieth of a second's rate, of which one was spent before"
    assert found["unavailable"] > 0
    own_redis.start()
    found = await spend(lease, one, until=time.monotonic() + 1.5, pause_s=0.01)
    assert found["spent"] > 0, "by itself"
    await gatherer.close()


async def test_players_that_arrive_together_share_one_question() -> None:
    gatherer = Gatherer()
    gatherer.line = Counted()
    verdicts = await asyncio.gather(*(gatherer.take((demand(1, 1),), money=True) for _ in range(200)))
    assert all(verdict.allowed for verdict in verdicts)
    assert gatherer.line.asked["questions"] == 1
    await gatherer.close()


async def test_a_redis_that_has_forgotten_the_script_is_told_it_again(client: Any) -> None:
    gatherer = Gatherer()
    assert (await gatherer.take((demand(1, 1),), money=True)).allowed
    client.script_flush()
    assert (await gatherer.take((demand(1, 1),), money=True)).allowed
    assert gcra.SCRIPT
    await gatherer.close()
