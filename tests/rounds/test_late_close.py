"""
A round whose bets nobody fixed before its beacon's value was out: void, with every stake given back. The server stood
still at the close, and nothing could show afterwards that no bet was slipped in.
"""

import time
from datetime import UTC, datetime

import pytest
from django.test import Client

from audit.models import AuditEntry
from fairness.checks import Asked, Knowledge, State, open_case, verify_round
from fairness.messages import ResultLeaf, VoidCause
from fairness.networks import beacon_time
from keno_platform.core.clock import to_milliseconds
from operators.models import Operator
from rounds import beacons
from rounds.models import Round
from rounds.selectors import database_now
from rounds.services import tick, transitions
from rounds.services.results import make_tree
from rounds.services.sealing import TOO_LATE
from tests.support.bets import balance, new_player, place, place_ticket
from tests.support.live import frames_of
from tests.support.rounds import Timing, again, commit_rounds, drive, new_game, open_round, settle, wait_until


def beacon_of(one: Round) -> datetime:
    """When the value of this round's beacon is out."""
    return datetime.fromtimestamp(beacon_time(beacons.get_network(one.network), one.beacon_round), UTC)


@pytest.mark.usefixtures("db")
def test_a_round_that_nobody_closed_before_its_beacon_is_void_and_gives_every_stake_back(operator_a: Operator) -> None:
    one = open_round(new_game(network="local"), timing=Timing(betting=0.6))
    player = new_player(operator_a, money=100_000)
    place(operator_a, player, round_id=one.pk)
    assert balance(operator_a, player) < 100_000

    wait_until(beacon_of(one))  # the server stands still
    tick.run_due()
    settle([one.pk])
    tick.run_due()

    done = again(one)
    assert (done.status, done.void_cause, done.void_reason) == ("void", VoidCause.INTEGRITY_FAULT, TOO_LATE)
    assert (done.close_message, done.numbers_drawn) == (None, None)
    assert done.server_seed is not None  # its seed is published all the same
    assert balance(operator_a, player) == 100_000
    entry = AuditEntry.objects.get(event_type="round.voided", round_id=one.pk)
    assert entry.after == {"status": "void", "reason": TOO_LATE, "cause": int(VoidCause.INTEGRITY_FAULT)}


@pytest.mark.usefixtures("db")
def test_it_is_void_too_where_it_was_closed_in_time_and_its_bets_were_not_fixed() -> None:
    """Whoever died between the two left a round to which a bet could be added in the database, with an early time."""
    one = open_round(new_game(network="local"), timing=Timing(betting=0.2))
    wait_until(one.closes_at)
    transitions.close_due()
    assert again(one).status == "closed"

    wait_until(beacon_of(one))
    assert [told.id for told in transitions.seal_bets() if told.id == one.pk] == [one.pk]
    assert again(one).status == "void"


@pytest.mark.usefixtures("db")
def test_a_verifier_finds_nothing_wrong_with_such_a_round() -> None:
    one = open_round(new_game(network="local"), timing=Timing(betting=0.2))
    wait_until(beacon_of(one))
    drive([one])
    make_tree(even_if_few=True)

    document = Client().get(f"/api/v1/rounds/{one.pk}/proof")
    known = Knowledge(
        now_ms=to_milliseconds(database_now()),
        asked=Asked(round_id=one.pk, game=one.game.code),
        allow_signed_only=True,
    )
    outcomes = verify_round(open_case(document=document.content, bet=None, known=known))
    assert outcomes["close-and-bet"].state is State.SKIPPED
    assert outcomes["commit-leaf"].state is State.PASSED
    leaf = ResultLeaf.decode(bytes.fromhex(document.json()["result"]["leaf"]))
    assert leaf.cause is VoidCause.INTEGRITY_FAULT


@pytest.mark.usefixtures("committed")
def test_rounds_without_a_beacon_are_drawn_however_late_and_the_next_with_one_in_time(operator_a: Operator) -> None:
    """Without a beacon there is no moment from which on others know the draw: decision 8 holds for them."""
    late, plain = new_game(network="local"), new_game()
    with frames_of(late) as frames:
        rounds = commit_rounds([late, plain], count=2, timing=Timing(betting=0.6, pause=1.6))
        own = {game.pk: [one for one in rounds if one.game_id == game.pk] for game in (late, plain)}
        wait_until(rounds[0].opens_at)
        drive([own[late.pk][0], own[plain.pk][0]], "open")
        player = new_player(operator_a, money=100_000)
        for game in (late, plain):
            place_ticket(operator_a, player, game=game.code, rounds=2)

        wait_until(beacon_of(own[late.pk][0]))
        drive(rounds)
        frames.wait(3)

    assert again(own[late.pk][0]).status == "void"
    assert [again(one).status for one in own[plain.pk]] == ["revealed", "revealed"]
    told = [frame["type"] for frame in frames if frame["round_id"] == own[late.pk][0].pk]
    assert told[0] == "round.opened"
    assert "round.voided" in told
    second = again(own[late.pk][1])
    if second.status == "revealed":  # a machine that is too busy for that makes it void by the same rule
        assert second.close_message is not None
        assert beacon_of(second).timestamp() * 1000 > to_milliseconds(second.closed_at or second.closes_at)


@pytest.mark.usefixtures("db")
def test_two_hundred_late_rounds_are_void_at_once() -> None:
    games = [new_game(network="local") for _ in range(200)]
    rounds = commit_rounds(games, timing=Timing(opens_in=1.0, betting=0.2))
    wait_until(max(beacon_of(one) for one in rounds))

    began = time.monotonic()
    tick.run_due()
    took = time.monotonic() - began

    found = Round.objects.filter(pk__in=[one.pk for one in rounds], status="void", void_reason=TOO_LATE)
    assert found.count() == 200
    assert AuditEntry.objects.filter(round_id__in=[one.pk for one in rounds]).count() == 200
    assert took < 5
