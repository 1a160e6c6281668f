"""The count in Redis: exact, shared by all who ask, all or nothing, by one clock."""

import time
from uuid import uuid4

import pytest
import redis

from keno_platform.limits import asking, gcra
from keno_platform.limits.demands import Demand, RateLimited
from keno_platform.limits.rates import Rate
from tests.limits.conftest import demand
from tests.support.threads import at_once


def test_a_burst_is_granted_and_no_more_and_then_the_rate() -> None:
    one = demand(20, 10)
    began = time.monotonic()
    verdicts = [asking.take((one,), money=True) for _ in range(10)]
    assert all(verdict.allowed for verdict in verdicts)
    refused = asking.take((one,), money=True)
    if time.monotonic() - began < 0.05:
        assert not refused.allowed
        assert 0 < refused.answers[0].wait_s <= 0.05
    granted = 10 + refused.allowed
    while time.monotonic() - began < 1.0:
        granted += asking.take((one,), money=True).allowed
    elapsed = time.monotonic() - began
    assert 10 + 20 * 1.0 - 1 <= granted <= 10 + 20 * elapsed


def test_what_is_left_is_told_and_comes_back_with_time() -> None:
    one = demand(1000, 5)
    assert [asking.take((one,), money=True).answers[0].left for _ in range(1)] == [4]
    time.sleep(0.01)
    assert asking.take((one,), money=True).answers[0].left == 4


def test_of_several_limits_all_are_taken_or_none() -> None:
    wide, narrow = demand(0.01, 100), demand(0.01, 2)
    for _ in range(2):
        assert asking.take((wide, narrow), money=True).allowed
    refused = asking.take((wide, narrow), money=True)
    assert not refused.allowed
    assert [answer.taken for answer in refused.answers] == [0, 0]
    assert asking.take((wide,), money=True).answers[0].left == 97, "the refused call has taken nothing"
    with pytest.raises(RateLimited) as raised:
        refused.require()
    assert raised.value.params["limit"] == "test"
    assert raised.value.params["burst"] == 2
    assert 99_000 <= raised.value.params["retry_after_ms"] <= 100_000


def test_a_call_larger_than_the_burst_is_granted_whole_and_waited_for_afterwards() -> None:
    whose = uuid4().hex
    large = demand(100, 10, whose=whose, units=50)
    assert asking.take((large,), money=True).allowed
    after = asking.take((demand(100, 10, whose=whose),), money=True)
    assert not after.allowed
    assert 0.3 < after.answers[0].wait_s <= 0.41


def test_who_takes_ahead_gets_what_there_is() -> None:
    whose = uuid4().hex
    ahead = demand(0.01, 10, whose=whose, units=1, up_to=7)
    assert [asking.take((ahead,), money=True).answers[0].taken for _ in range(3)] == [7, 3, 0]


def test_twenty_at_once_get_what_the_limit_has_and_not_one_more() -> None:
    one = demand(0.01, 13)
    verdicts = at_once([lambda: asking.take((one,), money=True)] * 20)
    assert sum(verdict.allowed for verdict in verdicts) == 13  # type: ignore[union-attr]


def test_counts_vanish_by_themselves(client: "redis.Redis") -> None:
    one = demand(50, 10)
    asking.take((one,), money=True)
    assert 0 < client.pttl(one.key) <= 22
    deadline = time.monotonic() + 5
    while client.exists(one.key):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_clock_that_was_set_back_locks_nobody_out(client: "redis.Redis") -> None:
    one = demand(10, 10)
    seconds, _ = client.time()
    client.set(one.key, str((seconds + 3600) * 1_000_000))
    assert asking.take((one,), money=True).allowed


def test_many_calls_share_one_question(client: "redis.Redis") -> None:
    short, other = Rate(0.01, 1), Rate(0.01, 5)
    alike = Demand(name="test", whose=uuid4().hex, rate=short)
    many = [(alike,), (alike, Demand(name="test", whose=uuid4().hex, rate=other)), ()]
    keys, arguments = gcra.ask(many)
    told = client.eval(gcra.SCRIPT, len(keys), *keys, *arguments)
    verdicts = gcra.read(many, told)
    assert [verdict.allowed for verdict in verdicts] == [True, False, True], "the second call saw what the first took"
    assert verdicts[1].answers[1].left == 5
