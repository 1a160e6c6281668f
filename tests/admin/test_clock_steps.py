"""Staff move the clocks of sandboxes' games, and of no others."""

from collections.abc import Callable

import pytest

from rounds.clocks import read_clock
from tests.admin.desk import Desk, last_entry, page_address, told
from tests.support.rounds import new_game
from tests.support.sandboxes import driven, new_sandbox_game, new_sandbox_operator

pytestmark = pytest.mark.usefixtures("committed")


def test_the_clock_of_a_sandboxs_game_is_stopped_stepped_and_released(desk: Desk, unique: Callable[[str], str]) -> None:
    game = new_sandbox_game(new_sandbox_operator(unique("sandbox")))
    page = desk.get(page_address(game))
    assert [step["path"].rstrip("/").rpartition("/")[2] for step in page.context["actions_detail"]] == [
        "pause_clock",
        "step_clock",
        "run_clock",
    ]
    with driven():
        answer = desk.take(page_address(game, "step_clock"), until="closed")
    assert "then round 1 is drawn" in told(answer)
    assert last_entry("clock.stepped").actor == f"staff:{desk.user.username}"
    desk.take(page_address(game, "run_clock"))
    assert not read_clock(game).stands
    assert last_entry("clock.released").actor == f"staff:{desk.user.username}"
    assert "paused at" in told(desk.take(page_address(game, "pause_clock")))
    assert read_clock(game).stands
    assert last_entry("clock.paused").actor == f"staff:{desk.user.username}"


def test_an_ordinary_game_is_not_offered_any_of_it(desk: Desk) -> None:
    game = new_game()
    assert desk.get(page_address(game)).context["actions_detail"] == []
    for step in ("pause_clock", "step_clock", "run_clock"):
        answer = desk.client.post(page_address(game, step))
        assert "no_sandbox" in told(answer)
