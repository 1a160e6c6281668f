"""What becomes of a round whose commitment is not final on a chain when it should open. Here there is no chain."""

import pytest

from fairness.messages import VoidCause
from operators.models import Operator
from rounds.models import Anchoring, Game
from tests.support.bets import backend, balance, new_player, place_ticket
from tests.support.live import frames_of
from tests.support.rounds import Timing, again, commit_rounds, drive, new_game, wait_until


def _demanding(game: Game) -> Game:
    Game.objects.filter(pk=game.pk).update(anchoring=Anchoring.REQUIRED)
    return Game.objects.get(pk=game.pk)


@pytest.mark.usefixtures("db")
def test_a_game_that_demands_anchoring_does_not_open_and_gives_every_stake_back(operator_a: Operator) -> None:
    game = new_game()
    first = commit_rounds(game, timing=Timing(betting=1.0))[0]
    second = commit_rounds(_demanding(game), timing=Timing(opens_in=1.6))[0]
    wait_until(first.opens_at)
    drive([first], "open")
    player = new_player(operator_a, money=10_000)
    ticket = place_ticket(operator_a, player, round_id=first.pk, rounds=2)
    assert balance(operator_a, player) == 8_000
    drive([first, second])

    ended = again(second)
    assert (ended.status, ended.void_cause, ended.opened_at) == ("void", VoidCause.EPOCH_NOT_ANCHORED, None)
    bets = [backend(operator_a).get(f"bets/{bet.pk}").json() for bet in ticket]
    assert bets[0]["status"] in ("won", "lost")
    assert bets[1]["status"] == "rolled_back"
    assert balance(operator_a, player) == 9_000 + round(float(bets[0]["win_amount"] or 0) * 100)


@pytest.mark.usefixtures("db")
def test_the_demand_is_frozen_in_the_round_when_it_is_committed() -> None:
    game = new_game()
    one = commit_rounds(game, timing=Timing(betting=0.05))[0]
    _demanding(game)
    drive([one])
    assert again(one).status == "revealed"


@pytest.mark.usefixtures("db")
def test_another_game_opens_and_says_that_it_is_signed_only(operator_a: Operator) -> None:
    one = commit_rounds(new_game(), timing=Timing(betting=0.05))[0]
    drive([one])
    assert again(one).signed_only is True
    shown = backend(operator_a).get(f"rounds/{one.pk}").json()
    assert shown["commitment_status"] == "signed-only"
    assert shown["blockchain_commit_reference"] is None


@pytest.mark.usefixtures("committed")
def test_the_frame_of_the_close_carries_the_signed_message() -> None:
    game = new_game()
    one = commit_rounds(game, timing=Timing(betting=0.05))[0]
    with frames_of(game) as frames:
        drive([one])
        frames.wait(5)
    by_type = {frame["type"]: frame for frame in frames}
    assert by_type["round.opened"]["commitment_status"] == "signed-only"
    ended = again(one)
    assert by_type["round.closed"]["close"] == {
        "message": bytes(ended.close_message or b"").hex(),
        "signature": bytes(ended.close_signature or b"").hex(),
        "key_id": ended.close_key_id,
    }
