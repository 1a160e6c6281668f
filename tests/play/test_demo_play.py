"""Play money: the same game and the same draws, and not a trace of it in any operator's books."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client

from operators.models import Operator
from operators.selectors import get_operator
from operators.tenancy import tenant_context
from play.demo import MONEY, SLUG, ensure_house
from players.models import Player
from players.services import set_blocked
from rounds.models import Game, RoundStatus
from tests.support.api import call, refusal
from tests.support.bets import Backend, backend, everything, new_player
from tests.support.rounds import Timing, commit_rounds, drive, new_game, wait_until
from wallet.models import Account, Transaction

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def house(committed: None) -> Operator:
    return ensure_house()


@pytest.fixture
def game(committed: None) -> Iterator[Game]:
    """One that everybody shares."""
    game = new_game()
    Game.objects.filter(pk=game.pk).update(active=True)
    yield game
    Game.objects.filter(pk=game.pk).update(active=False)


def opened(operator: Operator, **changed: Any) -> Any:
    body = {"currency": operator.currency_code, "mode": "demo"} | changed
    return call("POST", "sessions", credential=backend(operator).secret, body=body)


def entered(operator: Operator, **changed: Any) -> dict[str, Any]:
    made = opened(operator, **changed)
    assert made.status_code == 201, made.content
    response = call("POST", "sessions/enter", body={"launch_token": made.json()["launch_token"]})
    assert response.status_code == 201, response.content
    told: dict[str, Any] = response.json()
    return told


def books_of(*operators: Operator) -> Any:
    return everything(tuple(operator.schema_name for operator in operators))


def test_a_demo_is_played_to_the_end_and_no_real_book_has_a_row_of_it(
    house: Operator, game: Game, operator_a: Operator, operator_b: Operator
) -> None:
    before = books_of(operator_a, operator_b)
    ways = {"lobby_url": "https://casino.example/", "cashier_url": "https://casino.example/pay"}
    session = entered(operator_a, language="fr", brand="Lucky", **ways)
    assert (session["lobby_url"], session["cashier_url"]) == (ways["lobby_url"], None)
    assert (session["mode"], session["currency"], session["currency_exponent"]) == ("demo", "XTS", 2)
    assert (session["operator"], session["operator_slug"], session["brand"]) == ("Alpha", "alpha", "Lucky")
    player = Backend(session["session_token"])
    assert game.code in [each["code"] for each in player.get("games").json()]
    account = f"wallet/accounts/{session['player_token']}"
    assert player.get(account).json()["balance"] == "1000.00"

    [one] = commit_rounds(game, timing=Timing(betting=2))
    wait_until(one.opens_at)
    drive([one], RoundStatus.OPEN)
    placed = player.post("bets", {"round_id": one.pk, "picks": [1, 2], "stake": "10.00", "currency": "XTS"})
    assert placed.status_code == 201, placed.content
    assert player.get(account).json()["balance"] == "990.00"
    drive([one])
    [bet] = player.get("bets").json()["results"]
    assert (bet["id"], bet["status"] in ("won", "lost")) == (placed.json()["id"], True)
    assert books_of(operator_a, operator_b) == before
    with tenant_context(house):
        assert Player.objects.filter(token=session["player_token"]).exists()


def test_the_launch_goes_to_the_real_operators_domain_and_page(
    house: Operator, game: Game, operator_a: Operator
) -> None:
    made = opened(operator_a).json()
    address = urlsplit(made["launch_url"])
    assert address.hostname == "alpha.localhost"
    assert (made["mode"], made["currency"]) == ("demo", "XTS")
    page = Client().get("/", headers={"Host": "alpha.localhost"})
    assert 'data-operator="alpha"' in page.content.decode()
    assert Client().get("/", headers={"Host": "play-money.invalid"}).status_code in (400, 404)


def test_the_operators_own_token_finds_the_same_play_money_again_and_is_not_told(
    house: Operator, game: Game, operator_a: Operator, operator_b: Operator, unique: Callable[[str], str]
) -> None:
    token = unique("p")
    first, again = (entered(operator_a, player_token=token)["player_token"] for _ in range(2))
    assert first == again
    assert token not in first
    assert entered(operator_b, player_token=token)["player_token"] != first
    strangers = {entered(operator_a)["player_token"] for _ in range(2)}
    assert len(strangers | {first}) == 3
    with tenant_context(operator_a):
        assert not Player.objects.filter(token=token).exists()


def test_who_has_lost_it_has_as_much_as_before_at_the_next_launch_and_never_more(
    house: Operator, game: Game, operator_a: Operator, unique: Callable[[str], str]
) -> None:
    token = unique("p")
    for _ in range(3):
        player = entered(operator_a, player_token=token)["player_token"]
    with tenant_context(house):
        account = Account.objects.get(player__token=player)
        assert account.balance == MONEY
        assert Transaction.objects.filter(account=account).count() == 1


def test_an_operator_ends_its_own_demo_session_and_nobody_elses(
    house: Operator, game: Game, operator_a: Operator, operator_b: Operator
) -> None:
    made = opened(operator_a).json()
    session = call("POST", "sessions/enter", body={"launch_token": made["launch_token"]}).json()["session_token"]
    path = f"sessions/{made['session_id']}"
    refusal(call("DELETE", path, credential=backend(operator_b).secret), 404, "not_found")
    assert call("GET", "games", credential=session).status_code == 200
    assert call("DELETE", path, credential=backend(operator_a).secret).status_code == 204
    refusal(call("GET", "games", credential=session), 401, "session_expired")


def test_a_backends_key_reaches_nothing_of_the_demo(house: Operator, game: Game, operator_a: Operator) -> None:
    session = entered(operator_a)
    response = backend(operator_a).get(f"wallet/accounts/{session['player_token']}")
    refusal(response, 404, "player_not_found")
    assert house.keys.filter(revoked_at__isnull=True).count() == 0


def test_the_operators_rules_hold_in_its_demo(
    house: Operator, game: Game, operator_a: Operator, unique: Callable[[str], str]
) -> None:
    player = new_player(operator_a, token=unique("p"))
    with tenant_context(operator_a):
        set_blocked(operator=operator_a, token=player.token, blocked=True, actor="staff")
    refusal(opened(operator_a, player_token=player.token), 403, "player_blocked")
    refusal(opened(operator_a, player_token="a b"), 422, "player_token_invalid")
    refusal(opened(operator_a, lobby_url="ftp://x"), 422, "return_address_invalid")
    assert refusal(opened(operator_a, currency="EUR"), 422, "currency_mismatch")["params"] == {"expected": "XTS"}
    Operator.objects.filter(pk=operator_a.pk).update(region_restrictions=["FR"])
    try:
        refusal(opened(operator_a, country="FR"), 403, "region_restricted")
    finally:
        Operator.objects.filter(pk=operator_a.pk).update(region_restrictions=[])


@pytest.mark.parametrize("whose", ["house", "operator"])
def test_while_either_is_suspended_there_is_no_demo(
    whose: str, house: Operator, game: Game, operator_a: Operator
) -> None:
    suspended = Operator.objects.filter(slug=SLUG if whose == "house" else operator_a.slug)
    suspended.update(status="suspended")
    try:
        refusal(opened(operator_a), 409, "demo_unavailable")
    finally:
        suspended.update(status="active")
    assert opened(operator_a).status_code == 201


def test_without_a_house_or_a_shared_game_there_is_no_demo(house: Operator, game: Game, operator_a: Operator) -> None:
    Operator.objects.filter(pk=house.pk).update(slug="closed")
    try:
        refusal(opened(operator_a), 409, "demo_unavailable")
        refusal(call("DELETE", f"sessions/{uuid4()}", credential=backend(operator_a).secret), 404, "not_found")
    finally:
        Operator.objects.filter(pk=house.pk).update(slug=SLUG)
    shared = Game.objects.filter(owner=None, active=True)
    codes = list(shared.values_list("pk", flat=True))
    shared.update(active=False)
    try:
        refusal(opened(operator_a), 409, "demo_unavailable")
    finally:
        Game.objects.filter(pk__in=codes).update(active=True)


def test_the_command_makes_the_house_once(committed: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("ensure_play_money")
    made = get_operator(slug=SLUG)
    call_command("ensure_play_money")
    assert get_operator(slug=SLUG).pk == made.pk
    assert capsys.readouterr().out.count("Demo play is available") == 2
