"""The filters of the list of bets: what a player's history is made of."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from keno_platform.core.clock import to_text
from operators.models import Operator
from rounds.models import Round
from tests.support.bets import Backend, backend, new_player, place, player_client
from tests.support.rounds import Timing, new_game, open_round

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def played(operator_a: Operator, standing_rounds: list[Round]) -> tuple[Backend, dict[str, Any]]:
    """A player's client, and its bets by the names of their games: two in one game, one in another."""
    player = new_player(operator_a, money=1_000_000)
    second = open_round(new_game(), timing=Timing(betting=600))
    bets = {
        "first": [str(place(operator_a, player, round_id=standing_rounds[0].pk).pk) for _ in range(2)],
        "second": [str(place(operator_a, player, round_id=second.pk).pk)],
        "codes": (standing_rounds[0].game.code, second.game.code),
        "token": player.token,
    }
    return player_client(operator_a, player), bets


def listed(client: Backend, query: str) -> list[str]:
    answer = client.get(f"bets?{query}")
    assert answer.status_code == 200, answer.content
    return [bet["id"] for bet in answer.json()["results"]]


def test_a_game_is_a_filter_of_a_players_own_bets(played: tuple[Backend, dict[str, Any]]) -> None:
    client, bets = played
    first, second = bets["codes"]
    assert listed(client, f"game={first}") == bets["first"][::-1]
    assert listed(client, f"game={second}") == bets["second"]
    assert listed(client, f"game={second}&status=pending") == bets["second"]
    assert listed(client, f"game={second}&status=won") == []


def test_pages_of_one_game_hold_every_bet_of_it_once(played: tuple[Backend, dict[str, Any]]) -> None:
    client, bets = played
    page = client.get(f"bets?game={bets['codes'][0]}&limit=1").json()
    rest = client.client.get(page["next"], headers={"Authorization": f"Bearer {client.secret}"}).json()
    assert [bet["id"] for bet in page["results"] + rest["results"]] == bets["first"][::-1]
    assert f"game={bets['codes'][0]}" in page["next"]


def test_from_is_included_and_to_is_not(played: tuple[Backend, dict[str, Any]]) -> None:
    client, bets = played
    newest = bets["second"][0]
    moment = datetime.fromtimestamp((UUID(newest).int >> 80) / 1000, UTC)  # ids carry the time of their asking
    at, after = to_text(moment), to_text(moment + timedelta(milliseconds=1))
    assert newest in listed(client, f"from={at}")
    assert newest not in listed(client, f"from={after}")
    assert newest not in listed(client, f"to={at}")
    assert listed(client, f"from={at}&to={after}")[0] == newest


def test_an_operator_lists_a_games_bets_for_a_player_or_a_round_only(
    operator_a: Operator, played: tuple[Backend, dict[str, Any]], standing_rounds: list[Round]
) -> None:
    api, (_, bets) = backend(operator_a), played
    first, second = bets["codes"]
    refused = api.get(f"bets?game={first}")
    assert (refused.status_code, refused.json()["code"]) == (422, "parameter_invalid")
    assert listed(api, f"game={second}&player_token={bets['token']}") == bets["second"]
    assert listed(api, f"game={second}&round_id={standing_rounds[0].pk}") == []


def test_a_game_that_is_not_the_operators_is_refused_as_one_that_is_not(
    operator_b: Operator, played: tuple[Backend, dict[str, Any]], unique: Callable[[str], str]
) -> None:
    client, _ = played
    foreign = new_game(unique("theirs"), owner_id=operator_b.pk)
    for code in (foreign.code, "no-such-game"):
        answer = client.get(f"bets?game={code}")
        assert (answer.status_code, answer.json()["code"]) == (404, "game_not_found")
