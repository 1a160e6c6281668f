"""Steps that staff take on games and rounds: each takes a reason where it must, and is recorded."""

from collections.abc import Callable

import pytest

from operators.models import Operator
from rounds.models import Game, NetworkName, RoundStatus
from tests.admin.desk import Desk, Played, last_entry, list_address, page_address, told
from tests.support.bets import balance, new_player, place
from tests.support.rounds import Timing, again, drive, new_game, open_round

pytestmark = pytest.mark.usefixtures("committed")


def test_a_game_is_created_and_afterwards_only_its_name_and_activity_change(
    desk: Desk, unique: Callable[[str], str], operator_a: Operator
) -> None:
    code = unique("game")
    form = {
        "code": code,
        "name": "Night",
        "interval_seconds": "60",
        "betting_seconds": "50",
        "network": NetworkName.NONE,
        "anchoring": "required",
        "owner": str(operator_a.pk),
    }
    try:
        assert desk.take(list_address(Game) + "add/", **form).status_code == 302
        game = Game.objects.get(code=code)
        assert (game.interval_seconds, game.betting_seconds, game.owner) == (60, 50, operator_a)
        assert last_entry("game.created").actor == f"staff:{desk.user.username}"
        again_ = desk.take(list_address(Game) + "add/", **form)
        assert "game_invalid" in again_.content.decode()

        desk.client.post(page_address(game), {"name": "Late Night", "code": "x", "interval_seconds": "5"})
        game.refresh_from_db()
        assert (game.name, game.active, game.code, game.interval_seconds) == ("Late Night", False, code, 60)
        assert last_entry("game.changed").before == {"name": "Night", "active": True}
    finally:
        Game.objects.filter(code=code).update(active=False)  # no other test's `schedule_ahead` shall fill it


def test_voiding_a_round_needs_a_reason_and_two_people_returns_every_stake_and_is_recorded(
    desk: Desk, colleague: Desk, operator_a: Operator
) -> None:
    player = new_player(operator_a, money=100_000)
    one = open_round(new_game(), timing=Timing(betting=10.0))
    place(operator_a, player, round_id=one.pk)
    assert balance(operator_a, player) == 99_000
    address = page_address(one, "void")
    assert desk.take(address, reason="").status_code == 200
    assert again(one).status == RoundStatus.OPEN

    assert desk.take(address, reason="The studio lost power").status_code == 302
    assert again(one).status == RoundStatus.OPEN, "somebody else has to agree"
    assert "is void" in told(colleague.approve_newest(confirmation=str(one.pk)))
    voided = again(one)
    assert (voided.status, voided.void_reason) == (RoundStatus.VOID, "The studio lost power")
    entry = last_entry("round.voided")
    assert (entry.actor, entry.round_id) == (f"staff:{colleague.user.username}", one.pk)
    assert (entry.after or {})["reason"] == "The studio lost power"
    drive([one])
    assert balance(operator_a, player) == 100_000


def test_a_round_that_is_drawn_is_not_voided_and_staff_are_told(desk: Desk, played: dict[str, Played]) -> None:
    one = played["alpha"].round
    for answer in (
        desk.get(page_address(one, "void")),
        desk.client.post(page_address(one, "void"), {"reason": "I do not like it"}),
    ):
        assert "round_not_voidable" in told(answer)
    assert again(one).status == RoundStatus.REVEALED
    assert desk.get(page_address(one)).context["actions_detail"] == []
