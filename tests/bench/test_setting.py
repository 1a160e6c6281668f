"""Benchmarks play with operators like any other."""

import pytest

from bench import setting
from operators.selectors import get_operator
from players.models import Player
from tests.support.bets import balance, place
from tests.support.bets import reload as reload_player


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("few", [0, 2], ids=["made by processes", "made here"])
def test_an_operator_of_the_benchmarks_takes_bets(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setting, "FEW", few)
    *_, (operator, key) = setting.make_operators(2, slug="benched")
    assert key.startswith("ko_")
    assert get_operator(slug=operator.slug) == operator
    [token] = setting.make_players(operator, 1, 100_00)
    player = reload_player(operator, Player(token=token))
    place(operator, player, round_id=setting.open_round(setting.make_game("benched"), seconds=60).pk)
    assert balance(operator, player) == 90_00
