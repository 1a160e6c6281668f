"""The tick: everything that is due by the database's clock, once, in order, and again after a pause."""

import itertools
import threading
import time
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from django.db import connection, connections

from bets.services.placement import place_slips
from bets.tasks import settle_overdue
from operators.models import Operator
from rounds.models import Game, Lease, Participation, Round
from rounds.services import epochs, tick
from rounds.services.games import GameInvalid, create_game
from rounds.services.voiding import RoundNotVoidable, void_round
from tests.support.bets import backend, balance, new_player, place, place_ticket, slip
from tests.support.live import frames_of
from tests.support.rounds import Timing, again, commit_rounds, drive, new_game, open_round, settle, wait_for, wait_until

MOMENTS = ("opened_at", "closed_at", "drawn_at", "settled_at", "revealed_at")


@pytest.mark.usefixtures("committed")
def test_a_round_goes_through_its_states_each_told_once_and_in_order() -> None:
    game = new_game()
    with frames_of(game) as frames:
        rounds = commit_rounds(game, count=3, timing=Timing(betting=0.15, pause=0.02))
        drive(rounds)
        frames.wait(15)

    assert [frame["seq"] for frame in frames] == list(range(1, 16))
    for one in rounds:
        told = [frame["type"] for frame in frames if frame["round_id"] == one.pk]
        assert told == ["round.opened", "round.closed", "round.drawn", "round.settled", "round.revealed"]
        done = again(one)
        moments = [getattr(done, name) for name in MOMENTS]
        assert moments == sorted(moments)
        assert done.opened_at is not None
        assert done.closed_at is not None
        assert done.opened_at >= done.opens_at
        assert done.closed_at >= done.closes_at
    assert Game.objects.get(pk=game.pk).event_seq == 15


@pytest.mark.usefixtures("committed")
def test_ticking_again_changes_nothing() -> None:
    [one] = rounds = commit_rounds(new_game(), timing=Timing(betting=0.1))
    drive(rounds)
    before = Round.objects.values().get(pk=one.pk)

    assert [tick.run_due() for _ in range(3)][1:] == [0, 0]
    assert Round.objects.values().get(pk=one.pk) == before


def of(rounds: list[Round], told: list[int]) -> list[int]:
    """What was told of these rounds: those that other tests left behind go on at every tick too."""
    ours = {one.pk for one in rounds}
    return [round_id for round_id in told if round_id in ours]


@pytest.mark.usefixtures("committed")
def test_rounds_that_nobody_attended_are_caught_up_in_order_and_their_bets_are_paid(
    operator_a: Operator, operator_b: Operator, listening: list[int]
) -> None:
    games = [new_game() for _ in range(3)]
    rounds = commit_rounds(games, count=5, timing=Timing(betting=1.2, pause=0.02))
    firsts = [one for one in rounds if one.number == 1]
    wait_until(firsts[0].opens_at)
    drive(firsts, "open")
    players = {operator: new_player(operator, money=1_000_000) for operator in (operator_a, operator_b)}
    bets = {
        operator: [bet for game in games for bet in place_ticket(operator, player, game=game.code, rounds=5)]
        for operator, player in players.items()
    }

    wait_until(rounds[-1].closes_at)
    assert {again(one).status for one in rounds} == {"open", "scheduled"}
    with frames_of(games[0]) as frames:
        assert tick.run_due() > 0
        assert {again(one).status for one in rounds} == {"drawn"}
        assert sorted(of(rounds, listening)) == sorted(one.pk for one in rounds)
        settle(listening)
        tick.run_due()
        frames.wait(24)

    done = [again(one) for one in rounds]
    assert {one.status for one in done} == {"revealed"}
    for game in games:
        own = [one for one in done if one.game_id == game.pk]
        assert [one.number for one in own] == [1, 2, 3, 4, 5]
        assert [one.bets_count for one in own] == [2, 2, 2, 2, 2]
        for earlier, later in itertools.pairwise(own):
            assert earlier.closed_at is not None
            assert later.opened_at is not None
            assert earlier.closed_at < later.opened_at
    for event in ("opened", "closed", "drawn", "settled", "revealed"):
        told = [frame["number"] for frame in frames if frame["type"] == f"round.{event}"]
        assert told == ([2, 3, 4, 5] if event == "opened" else [1, 2, 3, 4, 5])
    for operator, own_bets in bets.items():
        api = backend(operator)
        shown = [api.get(f"bets/{bet.pk}").json() for bet in own_bets]
        assert {bet["status"] for bet in shown} <= {"won", "lost"}
        won = sum(int(bet["win_amount"].replace(".", "")) for bet in shown)
        stake = own_bets[0].stake
        assert balance(operator, players[operator]) == 1_000_000 - 15 * stake + won


@pytest.mark.usefixtures("committed")
def test_concurrent_and_doubled_ticks_draw_once_and_tell_once(operator_a: Operator, listening: list[int]) -> None:
    games = [new_game() for _ in range(6)]
    rounds = commit_rounds(games, count=4, timing=Timing(betting=0.25, pause=0.01))
    player = new_player(operator_a, money=1_000_000)
    over, faults = threading.Event(), []

    def ticking() -> None:
        try:
            while not over.is_set():
                tick.run_due()
        except Exception as error:
            faults.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ticking) for _ in range(4)]
    with frames_of(*games) as frames:
        for thread in threads:
            thread.start()
        try:
            asks = [slip(operator_a, player, game=game.code, stake="1.00") for game in games]

            def over_yet() -> bool:
                place_slips(operator=operator_a, asks=[replace(ask, key=f"o:{uuid4()}") for ask in asks])
                settle([one.pk for one in rounds])
                return {again(one).status for one in rounds} == {"revealed"}

            wait_for(over_yet, what="all rounds to be revealed")
        finally:
            over.set()
            for thread in threads:
                thread.join(10)
        frames.wait(len(rounds) * 5)

    assert faults == []
    assert sorted(of(rounds, listening)) == sorted(one.pk for one in rounds)  # one draw each
    for game in games:
        own = [frame for frame in frames if frame["game"] == game.code]
        assert sorted(frame["seq"] for frame in own) == list(range(1, 21))
        told = {(frame["type"], frame["number"]) for frame in own}
        assert len(told) == len(own) == 20
        numbers = Round.objects.filter(game=game).order_by("number").values_list("number", flat=True)
        assert list(numbers) == [1, 2, 3, 4]


@pytest.mark.usefixtures("committed")
def test_one_driver_holds_the_lease_and_a_second_returns_at_once() -> None:
    done: list[int] = []

    def first() -> None:
        try:
            done.append(tick.drive(seconds=1.0))
        finally:
            connections.close_all()

    driver = threading.Thread(target=first)
    driver.start()
    try:
        wait_for(lambda: Lease.objects.filter(name=tick.LEASE).exists(), what="the lease to be taken")
        began = time.monotonic()
        assert tick.drive(seconds=1.0) == 0
        assert time.monotonic() - began < 0.5
        assert done == []
    finally:
        driver.join(10)

    assert len(done) == 1
    assert not Lease.objects.filter(name=tick.LEASE).exists()  # given back


@pytest.mark.usefixtures("committed")
def test_the_lease_of_a_driver_that_died_is_taken_over_when_it_expires() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO rounds_lease VALUES (%s, %s, clock_timestamp() + interval '400 ms')", [tick.LEASE, uuid4()]
        )
    rounds = commit_rounds(new_game(), timing=Timing(betting=0.1))
    assert tick.drive(seconds=0.2) == 0

    wait_until(Lease.objects.get(name=tick.LEASE).expires_at)
    assert tick.drive(seconds=0.6) > 0
    assert again(rounds[0]).status == "revealed"


@pytest.mark.usefixtures("db")
def test_a_driver_that_lost_its_lease_does_not_give_back_the_other_ones() -> None:
    holder = uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO rounds_lease VALUES (%s, %s, clock_timestamp() + interval '9 s')", [tick.LEASE, holder]
        )
    tick._release_lease(uuid4())

    assert Lease.objects.get(name=tick.LEASE).holder == holder


@pytest.mark.usefixtures("db")
def test_a_round_waits_for_every_operator_to_have_paid(operator_a: Operator, operator_b: Operator) -> None:
    one = open_round(new_game())
    for operator in (operator_a, operator_b):
        place(operator, new_player(operator, money=100_000), round_id=one.pk)
    drive([one], "drawn", pay=False)
    first, second = Participation.objects.filter(round=one).values_list("operator_id", flat=True)

    from bets.services.settlement import settle_round

    settle_round(operator_id=UUID(str(first)), round_id=one.pk)
    tick.run_due()
    assert again(one).status == "drawn"
    settle_round(operator_id=UUID(str(second)), round_id=one.pk)
    tick.run_due()
    assert again(one).status == "revealed"


@pytest.mark.usefixtures("committed")
def test_a_lost_message_is_found_by_the_sweeper(operator_a: Operator) -> None:
    one = open_round(new_game())
    player = new_player(operator_a, money=1_000)
    place(operator_a, player, round_id=one.pk, picks=[1], stake="1.00")
    drive([one], "drawn", pay=False)

    # Not yet: for two seconds the message itself is expected.
    settle_overdue()
    assert again(one).status == "drawn"
    assert Participation.objects.get(round=one).settled_at is None
    drawn_at = again(one).drawn_at
    assert drawn_at is not None

    def swept() -> bool:
        settle_overdue()
        return Participation.objects.get(round=one).settled_at is not None

    wait_for(swept, what="the sweeper to settle", seconds=5)
    assert (again(one).drawn_at, Participation.objects.get(round=one).settled_at > drawn_at) == (drawn_at, True)
    drive([one], "revealed")


@pytest.mark.usefixtures("db")
def test_epochs_made_ahead_number_the_rounds_without_gaps_and_only_once() -> None:
    Game.objects.update(active=False)
    game = create_game(code="ahead", name="Ahead", interval_seconds=60, betting_seconds=30)
    first = epochs.schedule_ahead()
    assert first
    assert epochs.schedule_ahead() == []

    rounds = list(Round.objects.filter(game=game).order_by("number"))
    assert [one.number for one in rounds] == list(range(1, len(rounds) + 1))
    assert {(one.closes_at - one.opens_at).total_seconds() for one in rounds} == {30.0}
    steps = {(b.opens_at - a.opens_at).total_seconds() for a, b in itertools.pairwise(rounds)}
    assert steps == {60.0}
    assert all(one.opens_at.timestamp() % 60 == 0 for one in rounds)
    assert all(one.created_at < one.opens_at for one in rounds)


@pytest.mark.usefixtures("db")
def test_a_game_without_a_pause_or_with_a_taken_code_is_refused() -> None:
    create_game(code="taken", name="Taken")
    for code, interval, betting in (("taken", 10, 7), ("no-pause", 7, 7), ("backwards", 5, 9)):
        with pytest.raises(GameInvalid):
            create_game(code=code, name=code, interval_seconds=interval, betting_seconds=betting)


@pytest.mark.usefixtures("db")
def test_what_is_drawn_or_void_or_absent_can_not_be_voided(operator_a: Operator) -> None:
    drawn, void = open_round(new_game()), open_round(new_game())
    place(operator_a, new_player(operator_a, money=1_000), round_id=drawn.pk)
    drive([drawn], "drawn", pay=False)
    void_round(round_id=void.pk, reason="test", actor="test")
    for round_id in (drawn.pk, void.pk, 0):
        with pytest.raises(RoundNotVoidable):
            void_round(round_id=round_id, reason="again", actor="test")
    drive([drawn], "revealed")
    with pytest.raises(RoundNotVoidable):
        void_round(round_id=drawn.pk, reason="again", actor="test")
