"""A player who comes back finds the bets that are still in play, and only those, and only the own ones."""

import pytest

from operators.models import Operator
from players.models import Player
from rounds.models import RoundStatus
from tests.support.api import call
from tests.support.bets import backend, new_player, place, place_ticket
from tests.support.rounds import Timing, commit_rounds, drive, new_game, wait_until

pytestmark = pytest.mark.usefixtures("committed")


def pending_at_entry(operator: Operator, player: Player) -> list[dict[str, object]]:
    own = backend(operator)
    asked = {"player_token": player.token, "currency": operator.currency_code}
    made = own.post("sessions", asked).json()
    entered = call("POST", "sessions/enter", body={"launch_token": made["launch_token"]})
    assert entered.status_code == 201, entered.content
    found: list[dict[str, object]] = entered.json()["pending_bets"]
    return found


def test_entering_tells_the_bets_of_rounds_that_are_not_finished_newest_first(operator_a: Operator) -> None:
    player, other = new_player(operator_a, money=10_000), new_player(operator_a, money=10_000)
    assert pending_at_entry(operator_a, player) == []
    game = new_game()
    first, second, third = commit_rounds(game, count=3, timing=Timing(betting=3))
    wait_until(first.opens_at)
    drive([first], RoundStatus.OPEN)
    ticket = place_ticket(operator_a, player, round_id=first.pk, rounds=3)
    alone = place(operator_a, player, round_id=first.pk)
    place(operator_a, other, round_id=first.pk)

    told = pending_at_entry(operator_a, player)
    assert {str(bet["id"]) for bet in told} == {str(bet.pk) for bet in (*ticket, alone)}
    assert [bet["id"] for bet in told] == sorted((bet["id"] for bet in told), reverse=True)  # type: ignore[type-var]
    assert {bet["status"] for bet in told} == {"pending"}
    assert {bet["game"] for bet in told} == {game.code}

    drive([first])
    left = {bet["round_id"] for bet in pending_at_entry(operator_a, player)}
    assert left == {second.pk, third.pk}


def test_the_pending_bets_of_one_session_are_told_again_in_the_next(operator_a: Operator) -> None:
    player = new_player(operator_a, money=10_000)
    game = new_game()
    [one] = commit_rounds(game, timing=Timing(betting=600))
    wait_until(one.opens_at)
    drive([one], RoundStatus.OPEN)
    bet = place(operator_a, player, round_id=one.pk)
    for _ in range(2):
        assert [each["id"] for each in pending_at_entry(operator_a, player)] == [str(bet.pk)]
