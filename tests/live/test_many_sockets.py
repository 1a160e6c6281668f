"""Many sockets in one process: nothing is missed, whoever comes and goes, and whatever becomes of Redis."""

import asyncio
import secrets
from contextlib import AsyncExitStack

import pytest
import redis
from django.db import transaction

from keno_platform.live import broadcaster as broadcasting
from keno_platform.live.sockets import Message
from keno_platform.live.topics import game_topic
from operators.models import Domain, Operator
from operators.services import resume_operator, suspend_operator
from rounds import announce
from rounds.facts import RoundFacts
from rounds.models import Round
from tests.live.test_sockets import frame, run, socket, work
from tests.support.rounds import Timing, commit_rounds, new_game

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def ahead() -> Round:
    """A round of a game of its own that opens much later: nothing happens to it but what a test does."""
    [one] = commit_rounds(new_game(), timing=Timing(opens_in=600))
    return one


def tell(one: Round, times: int = 1) -> None:
    """An event of this round as its tick tells it: numbered in a transaction, published once that has committed."""
    for _ in range(times):
        with transaction.atomic():
            announce.tell("opened", [RoundFacts.of(one)])


def test_three_hundred_sockets_get_every_frame_once_and_in_order(ahead: Round) -> None:
    async def scenario() -> list[list[int]]:
        async with AsyncExitStack() as stack:
            path = f"/ws/v1/games/{ahead.game.code}"
            all_in = [await stack.enter_async_context(socket(path)) for _ in range(300)]
            greeted = {(await frame(one))["seq"] for one in all_in}
            assert greeted == {0}
            telling = asyncio.ensure_future(work(tell, ahead, 30))
            told = [[(await frame(one))["seq"] for _ in range(30)] for one in all_in]
            await telling
            assert all(one.output_queue.empty() for one in all_in)
            return told

    assert run(scenario) == [list(range(1, 31))] * 300


def test_nothing_is_missed_or_told_twice_between_hello_and_the_frames_while_many_join(ahead: Round) -> None:
    """Sockets join while an event is told, wave after wave: each goes on from its own hello, without gap or repeat."""
    waves, sockets_a_wave = 30, 8

    async def visit() -> list[int]:
        async with socket(f"/ws/v1/games/{ahead.game.code}") as one:
            seen = [(await frame(one))["seq"]]
            while seen[-1] < waves:
                seen.append((await frame(one))["seq"])
            return seen

    async def scenario() -> list[list[int]]:
        visits = []
        for _ in range(waves):
            visits += [asyncio.ensure_future(visit()) for _ in range(sockets_a_wave)]
            await work(tell, ahead)
        return list(await asyncio.gather(*visits))

    seen = run(scenario)
    assert len({seqs[0] for seqs in seen}) > waves / 3, "they should have come in between events"
    for seqs in seen:
        assert seqs == list(range(seqs[0], waves + 1))


def test_those_who_join_at_once_share_a_few_reads_of_the_state(ahead: Round, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    read = announce.describe
    monkeypatch.setattr(announce, "describe", lambda one: (reads.append(one.game.code), read(one))[1])

    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            path = f"/ws/v1/games/{ahead.game.code}"
            opened = [stack.enter_async_context(socket(path)) for _ in range(100)]
            for one in await asyncio.gather(*opened):
                await frame(one)

    run(scenario)
    assert 1 <= len(reads) <= 20


def test_games_do_not_hear_each_other_and_a_topic_without_sockets_is_not_listened_to(ahead: Round) -> None:
    [other] = commit_rounds(new_game(), timing=Timing(opens_in=600))

    async def scenario() -> tuple[int, str, list[tuple[bytes, int]]]:
        async with socket(f"/ws/v1/games/{ahead.game.code}") as here:
            async with socket(f"/ws/v1/games/{other.game.code}") as there:
                await frame(here), await frame(there)
                await work(tell, other)
                await work(tell, ahead)
                told = (await frame(here))["game"], (await frame(there))["game"]
                assert told == (ahead.game.code, other.game.code)
            await until_unheard(other)
            await work(tell, other)
            await work(tell, ahead)
            last = await frame(here)
            return last["seq"], last["game"], await work(listeners, other, ahead)

    seq, game, heard = run(scenario)
    assert (seq, game) == (2, ahead.game.code)
    assert [count for _, count in heard] == [0, 1]


async def until_unheard(one: Round) -> None:
    while (await work(listeners, one))[0][1]:
        pass


def listeners(*rounds: Round) -> list[tuple[bytes, int]]:
    """How many processes hear each of these games' topics."""
    from django.conf import settings

    with redis.Redis.from_url(settings.REDIS_URL) as client:
        return list(client.pubsub_numsub(*(game_topic(one.game.code) for one in rounds)))


def test_a_removed_domain_opens_no_more_sockets_and_those_that_are_open_stay(
    ahead: Round, operator_a: Operator
) -> None:
    host = f"gone-{secrets.token_hex(4)}.localhost"
    Domain.objects.create(domain=host, tenant=operator_a, is_primary=False)

    async def scenario() -> tuple[int, str]:
        path = f"/ws/v1/games/{ahead.game.code}"
        async with socket(path, host=host) as early:
            await frame(early)
            await work(Domain.objects.filter(domain=host).delete)
            code = None
            while code is None:
                async with socket(path, host=host) as late:
                    answer = await late.receive_output(10)
                    code = answer["code"] if answer["type"] == "websocket.close" else None
            await work(tell, ahead)
            return code, (await frame(early))["type"]

    assert run(scenario) == (4404, "round.opened")


def test_a_suspended_operators_sockets_still_show_its_games(ahead: Round, operator_b: Operator) -> None:
    """A suspended operator takes no bets; its players still see how their rounds end."""

    async def scenario() -> str:
        async with socket(f"/ws/v1/games/{ahead.game.code}", host="beta.localhost") as one:
            return str((await frame(one))["type"])

    suspend_operator(operator=operator_b, reason="test", actor="test")
    try:
        assert run(scenario) == "hello"
    finally:
        resume_operator(operator=operator_b, reason="test", actor="test")


def test_a_state_read_before_a_frame_came_is_not_told_to_who_joined_after_it() -> None:
    """The heart of it, without chance: two ask, and between them a frame comes while the first read is underway."""

    async def scenario() -> list[int]:
        topic, state, gate, begun = broadcasting.Topic("t"), [1], asyncio.Event(), asyncio.Event()

        async def read() -> int:
            now = state[0]
            begun.set()
            await gate.wait()
            return now

        first = asyncio.ensure_future(topic.shared_state(read, keep_s=60))
        await begun.wait()
        state[0] = 2
        topic.add(Message('{"seq":2}'))
        second = asyncio.ensure_future(topic.shared_state(read, keep_s=60))
        await asyncio.sleep(0)
        gate.set()
        return [await first, await second, await topic.shared_state(read, keep_s=60)]

    assert run(scenario) == [1, 2, 2]
