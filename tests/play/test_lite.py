"""The page without scripts: a browser that knows links, forms and one cookie plays a round from launch to result."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern

from bets.models import Slip
from localization.catalogue import CLIENT_TEXTS
from operators.models import Operator
from operators.tenancy import tenant_context
from play.lite.routes import routes
from play.lite.steps import amount_of
from play.lite.visits import COOKIE
from rounds.models import Game
from tests.support.bets import balance, give, new_player, place
from tests.support.database import parameters
from tests.support.lite import HOST, Phone, launch, open_for, phone_of
from tests.support.rounds import drive, new_game

pytestmark = pytest.mark.usefixtures("committed")
TEMPLATES = Path(__file__).resolve().parents[2] / "play" / "templates" / "play" / "lite"


def test_a_round_is_played_from_the_launch_to_the_result(operator_a: Operator, own_game: Game) -> None:
    player = new_player(operator_a, money=100_00)
    phone = phone_of(operator_a, player)
    [one] = open_for(own_game, betting=3)
    phone.open(f"/lite?game={own_game.code}")
    assert f"Round {one.number}" in phone.text
    assert re.search(r'id="balance">[^<]*100\.00', phone.text)
    phone.send("/lite/bets", n=["7", "21"], typed="63, 5", stake="10")
    assert phone.page.status_code == 200, phone.text
    assert "Bet accepted" in phone.text
    assert re.search(r'<meta http-equiv="refresh" content="\d+">', phone.text)
    assert balance(operator_a, player) == 90_00
    drive([one])
    one.refresh_from_db()
    bet_page = phone.page.request["PATH_INFO"]
    phone.open(bet_page)
    hits = {5, 7, 21, 63} & set(one.numbers_drawn or ())
    assert f"Matches: {len(hits)}" in phone.text
    assert "refresh" not in re.findall(r"<meta http-equiv=\"(\w+)\"", phone.text)
    for number in (5, 7, 21, 63):
        assert (f"<b>{number}★</b>" if number in hits else f"<span>{number}</span>") in phone.text
    assert re.search(rf'id="balance">[^<]*{balance(operator_a, player) / 100:.2f}', phone.text)
    phone.open("/lite/history")
    assert bet_page in phone.text
    phone.open("/lite/results")
    assert f"Round {one.number}" in phone.text


def test_opening_a_launch_address_uses_nothing_up_and_pressing_play_does_once(operator_a: Operator) -> None:
    token = launch(operator_a, new_player(operator_a))
    phone = Phone()
    for _ in range(3):
        assert "Play" in phone.open(f"/lite?launch={token}").content.decode()
        assert COOKIE not in phone.client.cookies
    phone.send("/lite/enter")
    assert COOKIE in phone.client.cookies
    other = Phone()
    other.open(f"/lite?launch={token}")
    assert other.send("/lite/enter").status_code == 401
    assert "The session has ended" in other.text


def test_the_cookie_is_signed_and_read_by_no_script_and_no_other_site(operator_a: Operator, settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = True
    phone = phone_of(operator_a, new_player(operator_a))
    cookie = phone.client.cookies[COOKIE]
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"], cookie["path"]) == (True, True, "Lax", "/lite")
    assert cookie["domain"] == ""
    assert 0 < int(cookie["max-age"]) <= 12 * 3600
    good = cookie.value
    phone.client.cookies[COOKIE] = good[:-1] + ("A" if good[-1] != "A" else "B")
    assert "Open the game from your operator" in phone.open("/lite").content.decode()


def test_the_cookie_of_one_operator_opens_nothing_at_another(operator_a: Operator, operator_b: Operator) -> None:
    phone = phone_of(operator_a, new_player(operator_a))
    phone.host = "beta.localhost"
    assert "Open the game from your operator" in phone.open("/lite").content.decode()
    assert phone.open("/lite/history").request["PATH_INFO"] == "/lite"


@pytest.mark.parametrize("path", [f"/{one.pattern}" for one in routes if isinstance(one, URLPattern)])
def test_without_a_session_every_page_is_the_door(path: str) -> None:
    phone = Phone()
    phone.open(path.replace("<uuid:bet_id>", str(uuid4())))
    assert phone.page.status_code in (200, 405)
    if phone.page.status_code == 200:
        assert "Open the game from your operator" in phone.text


@pytest.mark.parametrize("path", ["enter", "language", "leave", "bets", "limits/set", "break", "check"])
def test_a_form_without_its_token_does_nothing(operator_a: Operator, path: str) -> None:
    phone = phone_of(operator_a, new_player(operator_a, money=100_00))
    forged = phone.client.post(f"/lite/{path}", {"key": "k" * 12, "n": ["1"]}, headers={"Host": HOST})
    assert forged.status_code == 403
    other = {"Host": HOST, "Origin": "https://evil.example"}
    token = phone.client.cookies["csrftoken"].value
    assert phone.client.post(f"/lite/{path}", {"csrfmiddlewaretoken": token}, headers=other).status_code == 403


def test_a_form_sent_twice_is_one_bet(operator_a: Operator, own_game: Game) -> None:
    player = new_player(operator_a, money=100_00)
    phone = phone_of(operator_a, player)
    open_for(own_game)
    phone.open(f"/lite?game={own_game.code}")
    form = phone.page
    first = phone.send("/lite/bets", n=["1"], stake="10.00").request["PATH_INFO"]
    phone.page = form
    assert phone.send("/lite/bets", n=["1"], stake="10.00").request["PATH_INFO"] == first
    assert balance(operator_a, player) == 90_00
    phone.open(f"/lite?game={own_game.code}")
    assert phone.send("/lite/bets", n=["1"], stake="10.00").request["PATH_INFO"] != first, "a new form is a new bet"


@pytest.mark.parametrize(
    ("fields", "status", "told"),
    [
        ({"n": None, "stake": "10.00"}, 422, "Bet not accepted"),
        ({"n": ["1"], "stake": "5000.00"}, 422, "1,000.00"),
        ({"n": ["1"], "stake": "ten"}, 422, "Bet not accepted"),
        ({"n": ["1"], "stake": "500.00"}, 409, "You were not charged."),
    ],
)
def test_what_is_refused_says_why_keeps_the_form_and_moves_nothing(
    operator_a: Operator, own_game: Game, fields: dict[str, Any], status: int, told: str
) -> None:
    player = new_player(operator_a, money=100_00)
    phone = phone_of(operator_a, player)
    open_for(own_game)
    phone.open(f"/lite?game={own_game.code}")
    assert phone.send("/lite/bets", **fields).status_code == status, phone.text
    assert told in phone.text
    [form] = [form for form in phone.forms() if form["action"] == "/lite/bets"]
    assert form["fields"]["stake"] == [fields["stake"]]
    assert form["fields"].get("n", [None]) == (fields["n"] or [None])
    assert balance(operator_a, player) == 100_00
    phone.send("/lite/bets", n=["1", "2"], stake="10.00")
    assert "Bet accepted" in phone.text


def test_a_ticket_over_several_rounds_is_placed(operator_a: Operator, own_game: Game) -> None:
    player = new_player(operator_a, money=100_00)
    phone = phone_of(operator_a, player)
    open_for(own_game, count=3)
    phone.open(f"/lite?game={own_game.code}")
    phone.send("/lite/bets", n=["1"], stake="10.00", rounds="3")
    assert "Bet accepted" in phone.text
    assert balance(operator_a, player) == 70_00


def test_a_bet_that_nobody_knows_of_is_asked_for_again_under_the_same_key(operator_a: Operator, own_game: Game) -> None:
    """Somebody holds the player's account for longer than a placement waits: neither accepted nor refused for good."""
    player = new_player(operator_a, money=100_00)
    phone = phone_of(operator_a, player)
    open_for(own_game)
    phone.open(f"/lite?game={own_game.code}")
    with psycopg.connect(**parameters()) as other:
        other.execute("SELECT 1 FROM op_alpha.wallet_account WHERE player_id = %s FOR UPDATE", [player.pk])
        phone.send("/lite/bets", n=["1", "2"], stake="10.00")
    assert phone.page.status_code == 409
    assert "Checking whether the bet was accepted" in phone.text
    phone.send("/lite/bets")
    assert "Bet accepted" in phone.text
    assert balance(operator_a, player) == 90_00
    with tenant_context(operator_a):
        assert Slip.objects.filter(key__startswith=f"p{player.pk}:lite-").count() == 1


def test_quick_pick_ticks_so_many_numbers_and_repeat_the_same(operator_a: Operator, own_game: Game) -> None:
    player = new_player(operator_a, money=100_00)
    phone = phone_of(operator_a, player)
    one, *_ = open_for(own_game)
    phone.open(f"/lite?game={own_game.code}")
    phone.send("/lite", game=own_game.code, quick="7")
    [form] = [form for form in phone.forms() if form["action"] == "/lite/bets"]
    picks = form["fields"]["n"]
    assert len(set(picks)) == 7
    bet = place(operator_a, player, round_id=one.pk, picks=[3, 9], stake="20.00")
    phone.open(f"/lite/bets/{bet.pk}")
    [again] = re.findall(r'href="(/lite\?[^"]+)"', phone.text)
    phone.open(again.replace("&amp;", "&"))
    [form] = [form for form in phone.forms() if form["action"] == "/lite/bets"]
    assert (form["fields"]["n"], form["fields"]["stake"]) == (["3", "9"], ["20.00"])


def test_another_players_bet_is_not_found(operator_a: Operator, own_game: Game) -> None:
    other = new_player(operator_a, money=100_00)
    [one] = open_for(own_game)
    bet = place(operator_a, other, round_id=one.pk)
    phone = phone_of(operator_a, new_player(operator_a))
    assert phone.open(f"/lite/bets/{bet.pk}").status_code == 404


def test_older_bets_stand_behind_a_link(operator_a: Operator, own_game: Game) -> None:
    player = new_player(operator_a, money=1_000_00)
    [one] = open_for(own_game)
    placed = [str(place(operator_a, player, round_id=one.pk, picks=[n]).pk) for n in range(1, 26)]
    phone = phone_of(operator_a, player)
    seen: list[str] = []
    phone.open("/lite/history")
    for _ in range(2):
        seen += re.findall(r'href="/lite/bets/([^"]+)"', phone.text)
        older = re.search(r'href="(/lite/history\?[^"]+)"', phone.text)
        if older:
            phone.open(older[1].replace("&amp;", "&"))
    assert seen == placed[::-1]


def test_the_session_of_the_client_goes_on_here_and_only_its_own_page_can_say_so(operator_a: Operator) -> None:
    player = new_player(operator_a, money=100_00)
    token = launch(operator_a, player)
    phone = Phone()
    entered = phone.client.post(
        "/api/v1/sessions/enter", {"launch_token": token}, content_type="application/json", headers={"Host": HOST}
    ).json()
    bearer = {"Host": HOST, "Authorization": f"Bearer {entered['session_token']}"}
    assert phone.client.post("/lite/session", headers={"Host": HOST}).status_code == 401
    assert phone.client.post("/lite/session", headers=bearer | {"Host": "beta.localhost"}).status_code == 401
    assert COOKIE not in phone.client.cookies
    assert phone.client.post("/lite/session", headers=bearer).status_code == 204
    assert "100.00" in phone.open("/lite").content.decode()
    phone.send("/lite/leave")
    assert "Open the game from your operator" in phone.text


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
def test_every_page_speaks_every_language(operator_a: Operator, own_game: Game, language: str) -> None:
    player = new_player(operator_a, money=100_00)
    [one] = open_for(own_game, betting=2)
    bet = place(operator_a, player, round_id=one.pk)
    phone = phone_of(operator_a, player, language=language)
    drive([one])
    for path in ("", "/history", "/results", "/paytable", "/limits", f"/bets/{bet.pk}"):
        page = phone.open(f"/lite{path}")
        assert page.status_code == 200, phone.text
        assert page["Content-Language"] == language
        assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in phone.text
        assert re.findall(r"\{[a-z_]+\}", phone.text) == []
    assert phone.text.count("lang=") >= 9


def test_the_player_chooses_among_the_languages_that_are_offered(operator_a: Operator) -> None:
    Operator.objects.filter(pk=operator_a.pk).update(languages=["en", "fr", "sw"])
    try:
        phone = phone_of(operator_a, new_player(operator_a))
        assert re.findall(r'<option value="(\w\w)" lang', phone.text) == ["en", "fr", "sw"]
        assert phone.send("/lite/language", language="sw")["Content-Language"] == "sw"
        assert phone.open("/lite/history")["Content-Language"] == "sw"
        assert phone.send("/lite/language", language="ar")["Content-Language"] == "sw"
    finally:
        Operator.objects.filter(pk=operator_a.pk).update(languages=[])


def test_every_text_that_the_templates_name_is_a_text() -> None:
    named = {
        f"{part}.{name}"
        for file in TEMPLATES.glob("*.html")
        for part, name in re.findall(r"\bt\.(\w+)\.(\w+)", file.read_text())
    }
    assert len(named) > 40
    assert named - CLIENT_TEXTS.keys() == set()


def test_no_page_has_a_script_a_font_or_anything_from_elsewhere(operator_a: Operator, own_game: Game) -> None:
    phone = phone_of(operator_a, new_player(operator_a))
    policy = dict(part.strip().split(" ", 1) for part in phone.page["Content-Security-Policy"].split(";"))
    assert policy["script-src"] == policy["frame-ancestors"] == policy["connect-src"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert phone.page["X-Frame-Options"] == "DENY"
    assert phone.page["Cache-Control"] == "no-store"
    assert re.findall(r"<script|<style|\sstyle=|\son[a-z]+=|@font-face", phone.text) == []
    assert all(address.startswith("/") for address in re.findall(r'(?:src|href|action)="([^"]+)"', phone.text))


def test_a_page_weighs_little(operator_a: Operator, own_game: Game) -> None:
    open_for(own_game)
    phone = phone_of(operator_a, new_player(operator_a), language="am")
    phone.open(f"/lite?game={own_game.code}")
    sheet = (TEMPLATES.parents[2] / "static" / "lite" / "lite.css").read_bytes()
    assert len(gzip.compress(phone.page.content, 6)) + len(gzip.compress(sheet, 6)) <= 6 * 1024


def test_the_clients_page_leads_here_where_scripts_do_not_run(operator_a: Operator) -> None:
    token = launch(operator_a, new_player(operator_a))
    page = Client().get(f"/?launch={token}", headers={"Host": HOST}).content.decode()
    address = f"/lite?{urlencode({'launch': token})}"
    assert f'<noscript><meta http-equiv="refresh" content="0;url={address}"></noscript>' in page
    framed = Client().get(f"/?launch={token}", headers={"Host": HOST, "Sec-Fetch-Dest": "iframe"}).content.decode()
    assert "http-equiv" not in framed
    assert f'href="{address}" target="_top"' in framed
    for asked, led in (("?lite=1&launch=a.b", "/lite?launch=a.b"), ("?launch=a.b", "/?launch=a.b"), ("", "/")):
        assert Client().get(f"/play{asked}", headers={"Host": HOST})["Location"] == led


def test_bets_from_here_stand_in_the_request_log(operator_a: Operator, own_game: Game) -> None:
    from calls import recorder
    from calls.models import Call

    player = new_player(operator_a, money=100_00)
    phone = phone_of(operator_a, player)
    open_for(own_game)
    phone.open(f"/lite?game={own_game.code}")
    request_id = f"lite-{uuid4().hex}"
    phone.client.defaults["HTTP_X_REQUEST_ID"] = request_id
    phone.send("/lite/bets", n=[], stake="10.00")
    assert phone.page.status_code == 422
    assert recorder.wait_until_written()
    found = Call.objects.filter(request_id=request_id, path="/api/v1/bets", status=422)
    assert [one.operator_id for one in found] == [operator_a.pk]


@pytest.mark.parametrize(
    ("typed", "exponent", "sent"),
    [
        ("10", 2, "10.00"),
        ("10,5", 2, "10.50"),
        ("10.50", 2, "10.50"),
        ("10.505", 2, "10.505"),
        ("500", 0, "500"),
        ("500.5", 0, "500.5"),
        ("-1", 2, "-1"),
        ("1e3", 2, "1e3"),
        ("", 2, ""),
    ],
)
def test_a_typed_amount_gets_the_currencys_decimals_and_never_another_value(
    typed: str, exponent: int, sent: str
) -> None:
    assert amount_of(typed, exponent=exponent) == sent


def test_a_player_of_a_currency_without_decimals_bets(operator_b: Operator, unique: Callable[[str], str]) -> None:
    game = new_game(owner_id=operator_b.pk)
    Game.objects.filter(pk=game.pk).update(active=True)
    try:
        player = new_player(operator_b)
        give(operator_b, player, 1000)
        phone = phone_of(operator_b, player)
        open_for(game)
        phone.open(f"/lite?game={game.code}")
        phone.send("/lite/bets", n=["1"], stake="500")
        assert "Bet accepted" in phone.text
        assert balance(operator_b, player) == 500
    finally:
        Game.objects.filter(pk=game.pk).update(active=False)
