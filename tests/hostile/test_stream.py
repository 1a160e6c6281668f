"""
Hostile calls by the thousand against a real web process: none is answered with a fault, none with another's data.

HOSTILE_INPUTS (`make hostile`) says how many; HOSTILE_SEED which. The summary is printed.
"""

import math
import os
import random

import httpx
import pytest

from operators.services import issue_key
from tests.acceptance.worlds import World
from tests.hostile.operations import operations
from tests.hostile.people import admin_of
from tests.hostile.raw import Answer
from tests.hostile.sending import run
from tests.hostile.server import Server
from tests.hostile.stream import Caller, Input, Stream
from tests.support.bets import backend

pytestmark = pytest.mark.usefixtures("committed")
SHORT, LONG = 1_000, 100_000
OPERATORS = 10
"""How many of the callers, the first ones, are operators' backends."""
ANSWERED_MIN = 0.5
"""So many calls at least are not refused for their credential alone."""


def callers(worlds: tuple[World, World]) -> list[Caller]:
    """Both operators and their players, an admin of a lottery, the provider, and two who are nobody."""
    return [
        *(
            Caller(name=one.operator.slug, credential=one.key, world=one)
            for one in worlds
            for _ in range(OPERATORS // 2)
        ),
        *(Caller(name=f"player of {one.operator.slug}", credential=one.session, world=one) for one in worlds),
        Caller(name="admin of a lottery", credential=admin_of(worlds[0]), world=worlds[0]),
        Caller(name="provider", credential=issue_key(operator=None, label="hostile", actor="test")[1], world=None),
        Caller(name="nobody", credential=None, world=None),
        Caller(name="somebody", credential="ko_" + "a" * 43, world=None),
    ]


def stream_of(worlds: tuple[World, World], seed: int) -> Stream:
    return Stream(worlds=worlds, callers=callers(worlds), chance=random.Random(seed))


class Health:
    """Looks now and then whether both operators are still let in, and lets them in again: inputs may shut them out."""

    def __init__(self, server: Server, stream: Stream) -> None:
        self.server, self.stream, self.mended = server, stream, 0

    def __call__(self) -> None:
        for caller in self.stream.callers[:OPERATORS]:
            assert caller.world is not None
            headers = {"Authorization": f"Bearer {caller.credential}"}
            answer = httpx.get(f"{self.server.address}/api/v1/games", headers=headers, timeout=60)
            if answer.status_code != 200:
                self._mend(caller.world)

    def _mend(self, world: World) -> None:
        from operators.models import Operator

        self.mended += 1
        Operator.objects.filter(pk=world.operator.pk).update(
            signed_calls_required=False, allowed_addresses=[], status="active"
        )
        key = backend(world.operator).secret
        for at, caller in enumerate(self.stream.callers[:OPERATORS]):
            if caller.world is world:
                self.stream.callers[at] = Caller(name=caller.name, credential=key, world=world)


def shower(server: Server, worlds: tuple[World, World], *, inputs: int, seed: int, seconds: float = math.inf) -> Stream:
    stream = stream_of(worlds, seed)
    health = Health(server, stream)
    run(stream, server.address, inputs=inputs, seconds=seconds, between=health)
    print(f"\nseed {seed}: {stream.summary()}; let in again {health.mended} times")
    return stream


def test_a_thousand_spoilt_calls_meet_no_fault_and_show_nothing_of_another_operator(
    server: Server, worlds: tuple[World, World]
) -> None:
    stream = shower(server, worlds, inputs=SHORT, seed=int(os.environ.get("HOSTILE_SEED", "9")))
    assert stream.faults == [], "\n\n".join(stream.faults[:5])
    assert stream.total == SHORT
    refused = stream.statuses[401] + stream.statuses[403]
    assert refused < (1 - ANSWERED_MIN) * SHORT, stream.summary()
    assert any(200 <= status < 300 for status in stream.statuses)


@pytest.mark.proof
def test_nor_do_a_hundred_thousand(server: Server, worlds: tuple[World, World]) -> None:
    inputs, minutes = int(os.environ.get("HOSTILE_INPUTS") or LONG), float(os.environ.get("HOSTILE_MINUTES") or "inf")
    seed = int(os.environ.get("HOSTILE_SEED", "10"))
    stream = shower(server, worlds, inputs=inputs, seed=seed, seconds=minutes * 60)
    assert stream.faults == [], f"{len(stream.faults)} faults\n" + "\n\n".join(stream.faults[:20])
    assert stream.total == inputs or minutes < math.inf


class TestControl:
    """What the stream must find when it is there."""

    @pytest.fixture
    def made(self, worlds: tuple[World, World]) -> tuple[Stream, Input]:
        stream = Stream(
            worlds=worlds,
            callers=[Caller(name="beta", credential=worlds[1].key, world=worlds[1])],
            chance=random.Random(1),
        )
        reading = next(one for one in operations() if one.name == "list_bets")
        one = stream._good(reading, stream.callers[0])
        return stream, one

    @pytest.mark.parametrize(
        ("answer", "wrong"),
        [
            (Answer(status=500), "fault"),
            (Answer(status=503, headers={"content-type": "application/problem+json"}), "fault"),
            (Answer(status=0), "fault"),
            (Answer(status=404, headers={"content-type": "text/html"}, body=b"<h1>Not Found</h1>"), "problem"),
            (Answer(status=200, body=b"Traceback (most recent call last)"), "inside"),
        ],
    )
    def test_an_answer_that_may_not_be_is_a_fault(self, made: tuple[Stream, Input], answer: Answer, wrong: str) -> None:
        stream, one = made
        stream.judge(one, answer, 0.1)
        assert len(stream.faults) == 1
        assert wrong in stream.faults[0].partition("\n")[0]

    def test_another_operators_bet_in_an_answer_is_a_fault_and_ones_own_is_none(
        self, made: tuple[Stream, Input], worlds: tuple[World, World]
    ) -> None:
        stream, one = made
        stream.judge(one, Answer(status=200, body=worlds[1].ids["bet"].encode()), 0.1)
        assert stream.faults == []
        stream.judge(one, Answer(status=200, body=worlds[0].ids["bet"].encode()), 0.1)
        assert len(stream.faults) == 1

    def test_what_the_caller_itself_has_sent_may_come_back(
        self, made: tuple[Stream, Input], worlds: tuple[World, World]
    ) -> None:
        stream, one = made
        one.query.append(("x", worlds[0].ids["bet"]))
        stream.judge(one, Answer(status=200, body=worlds[0].ids["bet"].encode()), 0.1)
        assert stream.faults == []
