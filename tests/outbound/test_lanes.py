"""One slow operator delays nobody else, and one that is down is left alone for a while."""

import asyncio
import time

import pytest

from keno_platform.outbound import CallFailed
from keno_platform.outbound.lanes import FAILURES_MAX, PAUSE_S, Lane
from tests.outbound.servers import OK, Arrived, answering, calling, post, serving, whole
from tests.outbound.test_calls import drip_body, failure


def open_lane() -> Lane:
    """A lane whose breaker opened at 100.0."""
    lane = Lane()
    for _ in range(FAILURES_MAX):
        lane.failed(now=100.0)
    return lane


class TestBreaker:
    def test_it_opens_after_so_many_failures_in_a_row(self) -> None:
        lane = Lane()
        for _ in range(FAILURES_MAX - 1):
            lane.failed(now=1.0)
        assert lane.refuses(now=1.0, lane_max=1) is None
        lane.failed(now=1.0)
        assert lane.refuses(now=1.0, lane_max=1) == "breaker_open"

    def test_one_success_in_between_begins_the_count_anew(self) -> None:
        lane = Lane()
        for _ in range(FAILURES_MAX - 1):
            lane.failed(now=1.0)
        lane.succeeded()
        lane.failed(now=1.0)
        assert lane.refuses(now=1.0, lane_max=1) is None

    def test_after_its_pause_it_lets_one_through_and_no_second(self) -> None:
        lane = open_lane()
        assert lane.refuses(now=100.0 + PAUSE_S - 0.01, lane_max=9) == "breaker_open"
        assert lane.refuses(now=100.0 + PAUSE_S, lane_max=9) is None
        assert lane.begin() is True
        assert lane.refuses(now=100.0 + PAUSE_S, lane_max=9) == "breaker_open"

    def test_the_one_that_was_let_through_decides(self) -> None:
        good, bad = open_lane(), open_lane()
        good.begin()
        good.succeeded()
        good.end(trial=True)
        assert good.refuses(now=105.0, lane_max=1) is None
        bad.begin()
        bad.failed(now=105.0)
        bad.end(trial=True)
        assert bad.refuses(now=105.0 + PAUSE_S - 0.01, lane_max=1) == "breaker_open"
        assert bad.refuses(now=105.0 + PAUSE_S, lane_max=1) is None

    def test_one_that_was_let_through_and_came_to_nothing_lets_the_next_one_try(self) -> None:
        lane = open_lane()
        trial = lane.begin()
        lane.end(trial=trial)
        assert lane.refuses(now=105.0, lane_max=1) is None

    async def test_calls_that_do_not_arrive_open_it_and_then_nothing_is_sent(self) -> None:
        async def end(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
            writer.close()

        async with serving(end) as server, calling() as caller:
            for _ in range(FAILURES_MAX):
                assert (await failure(caller, server.target)).reason == "connection"
            refused = await failure(caller, server.target)
            assert (refused.reason, refused.sent) == ("breaker_open", False)
            assert len(server.arrived) == FAILURES_MAX
            async with serving(answering(OK)) as other:
                assert (await post(caller, other.target, lane="b")).status == 200

    async def test_faults_that_the_caller_is_told_of_open_it_too(self) -> None:
        async with serving(answering(whole(b"", status="500 Oops"))) as server, calling() as caller:
            for _ in range(FAILURES_MAX):
                assert (await post(caller, server.target)).status == 500
                caller.failed("a")
            assert (await failure(caller, server.target)).reason == "breaker_open"

    async def test_refusals_and_redirects_do_not_open_it(self) -> None:
        async with serving(answering(whole(b"", status="422 No"))) as server, calling() as caller:
            for _ in range(FAILURES_MAX * 2):
                assert (await post(caller, server.target)).status == 422
        async with serving(answering(whole(b"", status="302 There"))) as server, calling() as caller:
            for _ in range(FAILURES_MAX * 2):
                assert (await failure(caller, server.target)).reason == "redirect"


class TestLimit:
    async def test_one_more_than_the_lane_holds_is_refused_at_once_and_the_others_go_on(self) -> None:
        release = asyncio.Event()

        async def wait(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
            await release.wait()
            writer.write(OK)

        async with serving(wait) as server, calling() as caller:
            calls = [asyncio.create_task(post(caller, server.target, lane_max=5)) for _ in range(5)]
            await asyncio.sleep(0)
            began = time.monotonic()
            with pytest.raises(CallFailed) as failed:
                await post(caller, server.target, lane_max=5)
            assert (failed.value.reason, failed.value.sent) == ("overloaded", False)
            assert time.monotonic() - began < 1.0
            release.set()
            assert {answer.status for answer in await asyncio.gather(*calls)} == {200}
            assert (await post(caller, server.target, lane_max=1)).status == 200

    async def test_two_hundred_dripping_calls_of_one_operator_delay_no_other(self) -> None:
        async with serving(drip_body) as slow, serving(answering(OK)) as quick, calling() as caller:
            dripping = [
                asyncio.create_task(post(caller, slow.target, lane="slow", lane_max=200, deadline_s=30))
                for _ in range(200)
            ]
            await slow.has(200)
            took = sorted([(await post(caller, quick.target, lane="quick")).duration_ms for _ in range(200)])
            for call in dripping:
                call.cancel()
            await asyncio.gather(*dripping, return_exceptions=True)
        assert took[100] < 50, took[100]
        assert took[-1] < 1000, took[-1]
