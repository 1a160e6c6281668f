"""From the operator's site to an accepted bet, over HTTP alone: what the backend and the page do in turn."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from operators.models import Operator
from rounds.models import Game
from tests.support.api import call, refusal
from tests.support.bets import backend
from tests.support.rounds import Timing, new_game, open_round

pytestmark = pytest.mark.usefixtures("committed")


def launch(operator: Operator, player: str, **asked: str) -> str:
    """The address that the operator's site sends the player to."""
    body = {"player_token": player, "currency": operator.currency_code, **asked}
    opened = backend(operator).post("sessions", body)
    assert opened.status_code == 201, opened.content
    return str(opened.json()["launch_url"])


def enter(address: str) -> tuple[str, dict[str, str]]:
    """The page behind a launch address, as the browser gets it, and the answer to what its script asks."""
    parts = urlsplit(address)
    page = Client().get(f"{parts.path}?{parts.query}", headers={"Host": parts.netloc})
    assert page.status_code == 200
    [token] = parse_qs(parts.query)["launch"]
    entered = call("POST", "sessions/enter", body={"launch_token": token})
    assert entered.status_code == 201, entered.content
    return page.content.decode(), entered.json()


@pytest.fixture
def game() -> Game:
    return new_game()


def test_a_player_gets_from_the_operators_site_to_an_accepted_bet(
    operator_a: Operator, unique: Callable[[str], str], game: Game
) -> None:
    player = unique("p")
    deposit = {"player_token": player, "amount": "100.00", "currency": "KES", "reference": ""}
    assert backend(operator_a).post("wallet/deposits", deposit).status_code == 201

    page, session = enter(launch(operator_a, player, language="ar"))
    assert f'data-operator="{session["session_token"].split(".")[1]}"' in page
    assert (session["language"], session["currency"]) == ("ar", "KES")

    token = session["session_token"]
    assert game.code in [each["code"] for each in call("GET", "games", credential=token).json()]
    assert call("GET", "paytables/active", credential=token).json()["picks"][2]["pick_count"] == 3
    one = open_round(game, timing=Timing(betting=5))
    current = call("GET", f"games/{game.code}/rounds/current", credential=token).json()
    assert (current["round_id"], current["status"]) == (one.pk, "open")
    assert current["opens_at"] <= current["server_time"] < current["closes_at"]

    bet = {"round_id": one.pk, "picks": [3, 7, 21], "stake": "10.00", "currency": "KES"}
    placed = call("POST", "bets", credential=token, body=bet, headers={"Idempotency-Key": unique("k")})
    assert placed.status_code == 201, placed.content
    account = call("GET", f"wallet/accounts/{player}", credential=token).json()
    assert account["balance"] == "90.00"
    [listed] = call("GET", "bets?limit=20", credential=token).json()["results"]
    assert (listed["id"], listed["status"], listed["picks"]) == (placed.json()["id"], "pending", [3, 7, 21])


def test_a_launch_address_opens_once(operator_a: Operator, unique: Callable[[str], str]) -> None:
    address = launch(operator_a, unique("p"))
    enter(address)
    [token] = parse_qs(urlsplit(address).query)["launch"]
    refusal(call("POST", "sessions/enter", body={"launch_token": token}), 401, "session_expired")


def test_a_refusal_is_told_in_the_language_of_the_page(operator_a: Operator, unique: Callable[[str], str]) -> None:
    _, session = enter(launch(operator_a, unique("p"), language="fr"))
    titles = set()
    for language in ("en", session["language"], "am"):
        headers = {"Idempotency-Key": unique("k"), "Accept-Language": language}
        bet = {"game": "no-such-game", "picks": [1], "stake": "10.00", "currency": "KES"}
        answer = call("POST", "bets", credential=session["session_token"], body=bet, headers=headers)
        titles.add(refusal(answer, 404, "game_not_found")["title"])
    assert len(titles) == 3
