"""The page for an operator's support staff: who may read it, until when, and what it tells."""

import re
import time
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.core import signing
from django.test import Client

from bets.models import Bet
from keno_platform.core.clock import from_text, now
from operators.models import Operator
from players.models import Player
from reconciliation import support
from rounds.models import Round
from rounds.services.voiding import void_round
from tests.reconciliation.books import bet_on_every_number, conclude, credit, debit, movement, roll_back
from tests.support.bets import Backend, backend, new_player, place, player_client
from tests.support.rounds import Timing, again, drive, new_game, open_round

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture(scope="module")
def story(transfer: Operator, django_db_blocker: Any) -> dict[str, Any]:
    """A settled round with a winner and a loser of two players."""
    with django_db_blocker.unblock():
        ann, bob = new_player(transfer, money=500_000), new_player(transfer, money=500_000)
        one = open_round(new_game(owner_id=transfer.pk), timing=Timing(betting=4.0))
        bets = bet_on_every_number(transfer, ann, one.pk)
        other = place(transfer, bob, picks=[1, 2, 3], round_id=one.pk)
        drive([one])
        one = again(one)
        drawn = set(one.numbers_drawn or ())
        won = next(bet for bet in bets if set(bet.picks) <= drawn)
        lost = next(bet for bet in bets if not set(bet.picks) & drawn)
        return {"round": one, "ann": ann, "bob": bob, "won": won, "lost": lost, "other": other}


def link(operator: Operator, round_id: int, **named: Any) -> str:
    answer = backend(operator).post(f"rounds/{round_id}/support-link", named)
    assert answer.status_code == 201, answer.content
    url: str = answer.json()["url"]
    return url


def open_page(url: str, *, host: str | None = None, language: str = "en") -> Any:
    parts = urlsplit(url)
    headers = {"Accept-Language": language, "Host": host or parts.netloc}
    return Client(headers=headers).get(parts.path)


def text_of(answer: Any) -> str:
    """What a reader sees, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def test_the_address_is_on_the_operators_domain_and_good_for_an_hour(transfer: Operator, story: dict[str, Any]) -> None:
    answer = backend(transfer).post(f"rounds/{story['round'].pk}/support-link", {}).json()
    assert urlsplit(answer["url"]).hostname == f"{transfer.slug}.localhost"
    left = from_text(answer["expires_at"]) - now()
    assert timedelta(minutes=59) < left <= timedelta(hours=1)


def test_a_players_page_tells_the_round_and_that_players_bets_alone(transfer: Operator, story: dict[str, Any]) -> None:
    page = open_page(link(transfer, story["round"].pk, player_token=story["ann"].token))
    assert page.status_code == 200
    seen, one = text_of(page), story["round"]
    assert f"Round {one.number}" in seen
    assert " ".join(str(number) for number in one.numbers_drawn) in seen
    for moment in (one.drawn_at, one.revealed_at, one.opened_at):
        assert moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") in seen
    for bet in (story["won"], story["lost"]):
        assert str(bet.pk) in seen
        assert str(movement(bet.pk, 1)) in seen
    assert str(movement(story["won"].pk, 2)) in seen
    assert "Won: 35.50 KES" in seen
    assert "No win" in seen
    assert f"/api/v1/rounds/{one.pk}/proof" in seen
    assert bytes(one.server_seed).hex() in seen
    assert story["ann"].token in seen
    assert story["bob"].token not in page.content.decode()
    assert str(story["other"].pk) not in page.content.decode()


def test_a_bets_page_shows_no_other_bet(transfer: Operator, story: dict[str, Any]) -> None:
    for named in ({}, {"player_token": story["ann"].token}):
        page = open_page(link(transfer, story["round"].pk, bet_id=str(story["won"].pk), **named)).content.decode()
        assert str(story["won"].pk) in page
        assert str(story["lost"].pk) not in page
        assert story["bob"].token not in page


def test_a_rounds_page_shows_the_operators_bets_up_to_a_number(
    transfer: Operator, story: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = link(transfer, story["round"].pk)
    page = text_of(open_page(url))
    assert {story["ann"].token, story["bob"].token} <= set(page.split())
    assert "There are more" not in page
    monkeypatch.setattr(support, "BETS_MAX", 3)
    few = open_page(url).content.decode()
    assert few.count('<section class="card bet">') == 3
    assert "There are more" in few


def test_calls_at_the_operators_wallet_are_told_with_their_states(seamless: Operator) -> None:
    player = new_player(seamless)
    one = open_round(new_game(owner_id=seamless.pk), timing=Timing(betting=30))
    paid, gone = (debit(seamless, player, amount, round_id=one.pk) for amount in (1000, 2000))
    credit(seamless, player, [paid], [3550], round_id=one.pk)
    conclude(seamless, movement(paid, 7))
    roll_back(seamless, gone)
    doubtful = debit(seamless, player, 3000, state="in_doubt", round_id=one.pk)
    stranger = debit(seamless, new_player(seamless), 4000, round_id=one.pk)
    page = open_page(link(seamless, one.pk, player_token=player.token))
    seen = text_of(page)
    for call_id, words in (
        (movement(paid, 6), "debit ok 10.00 KES"),
        (movement(paid, 7), "credit ok 35.50 KES"),
        (movement(gone, 8), "rollback pending 20.00 KES"),
        (movement(doubtful, 6), "debit in doubt 30.00 KES"),
    ):
        assert words in seen
        assert str(call_id) in seen
    assert "your reference: op-1" in seen
    assert "the debit's answer was not definite" in seen
    assert "attempt" in seen
    assert str(stranger)[:-1] not in page.content.decode()
    alone = text_of(open_page(link(seamless, one.pk, bet_id=str(doubtful))))
    assert str(movement(doubtful, 8)) in alone
    assert str(movement(paid, 6)) not in alone


def test_a_void_round_says_so(transfer: Operator) -> None:
    one = open_round(new_game(owner_id=transfer.pk), timing=Timing(betting=30))
    player = new_player(transfer, money=5000)
    place(transfer, player, round_id=one.pk)
    void_round(round_id=one.pk, reason="a <b>test</b>", actor="tests")
    drive([one])
    page = open_page(link(transfer, one.pk)).content.decode()
    assert "stakes returned: " in page
    assert "a &lt;b&gt;test&lt;/b&gt;" in page
    assert "Stake returned: 10.00 KES" in page


def test_an_open_round_shows_neither_seed_nor_numbers(transfer: Operator) -> None:
    one = open_round(new_game(owner_id=transfer.pk), timing=Timing(betting=30))
    page = open_page(link(transfer, one.pk)).content.decode()
    assert "server seed" not in page
    assert "No bets yet" in page
    assert bytes(one.server_seed_hash).hex() in page


def refused(answer: Any, status: int, code: str) -> None:
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("text/html")
    assert code in answer.content.decode()


def test_an_address_that_was_changed_opens_nothing(transfer: Operator, story: dict[str, Any]) -> None:
    url = link(transfer, story["round"].pk, player_token=story["ann"].token)
    token = url.rpartition("/")[2]
    base = url.rpartition("/")[0]
    payload, stamp, signature = token.split(":")
    forged = signing.dumps([str(transfer.pk), story["round"].pk, None, None], salt="another")
    later = ":".join([payload, signing.b62_encode(int(time.time()) + 9999), signature])
    for bad in (token[:-1], token + "x", "x" + token, f"{payload}:{stamp}:", forged, later, "x", "::", "é", payload):
        refused(open_page(f"{base}/{bad}"), 404, "support_link_invalid")
    assert open_page(url).status_code == 200


def test_an_address_opens_nothing_when_its_hour_is_over(
    transfer: Operator, story: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = link(transfer, story["round"].pk)
    real = time.time
    monkeypatch.setattr(signing.time, "time", lambda: real() + 3590)
    assert open_page(url).status_code == 200
    monkeypatch.setattr(signing.time, "time", lambda: real() + 3601)
    refused(open_page(url), 404, "support_link_expired")


def test_an_address_opens_nothing_on_another_operators_domain_or_on_none(
    transfer: Operator, seamless: Operator, story: dict[str, Any]
) -> None:
    url = link(transfer, story["round"].pk)
    refused(open_page(url, host=f"{seamless.slug}.localhost"), 404, "support_link_invalid")
    assert open_page(url, host="localhost").status_code == 404
    assert str(story["won"].pk) not in open_page(url, host="localhost").content.decode()


def test_no_link_is_made_for_what_is_anothers_or_nobodys(
    transfer: Operator, seamless: Operator, story: dict[str, Any]
) -> None:
    own, other = backend(transfer), backend(seamless)
    one: Round = story["round"]
    won: Bet = story["won"]
    bob: Player = story["bob"]

    def code(caller: Backend, round_id: int, **named: Any) -> str:
        answer = caller.post(f"rounds/{round_id}/support-link", named)
        assert answer.status_code in (404, 422), answer.content
        return str(answer.json()["code"])

    assert code(other, one.pk) == code(own, 999_999_999) == "round_not_found"
    assert code(own, one.pk, player_token="nobody") == "player_not_found"
    assert code(own, one.pk, bet_id=str(uuid4())) == "not_found"
    assert code(own, one.pk, bet_id=str(won.pk), player_token=bob.token) == "not_found"
    assert code(own, one.pk, bet_id="x") == "parameter_invalid"
    elsewhere = open_round(new_game(owner_id=transfer.pk), timing=Timing(betting=30))
    assert code(own, elsewhere.pk, bet_id=str(won.pk)) == "not_found"


def test_the_page_needs_no_script_and_goes_nowhere_else(transfer: Operator, story: dict[str, Any]) -> None:
    page = open_page(link(transfer, story["round"].pk))
    html = page.content.decode()
    assert "<script" not in html
    assert " style=" not in html
    assert not re.findall(r"\son\w+=", html)
    assert "default-src 'none'" in page["Content-Security-Policy"]
    assert (page["Referrer-Policy"], page["Cache-Control"]) == ("no-referrer", "no-store")
    assert page["X-Frame-Options"] == "DENY"
    loaded = re.findall(r'(?:href|src)="([^"]+)"', html)
    assert all(not urlsplit(one).netloc for one in loaded)
    for one in loaded:
        served = Client(headers={"Host": urlsplit(link(transfer, story["round"].pk)).netloc}).get(one)
        assert served.status_code == 200, one
        served.close()
    assert 'name="viewport"' in html


@pytest.mark.parametrize(
    ("language", "direction", "word"),
    [("en", "ltr", "Drawn numbers"), ("fr", "ltr", "Numéros"), ("ar", "rtl", None), ("am", "ltr", None)],
)
def test_the_page_speaks_the_readers_language(
    transfer: Operator, story: dict[str, Any], language: str, direction: str, word: str | None
) -> None:
    page = open_page(link(transfer, story["round"].pk), language=language)
    assert page["Content-Language"] == language
    assert f'<html lang="{language}" dir="{direction}">' in page.content.decode()
    assert word is None or word in page.content.decode()
    bad = open_page(f"http://{transfer.slug}.localhost/support/x", language=language)
    assert f'<html lang="{language}" dir="{direction}">' in bad.content.decode()


def test_only_an_operators_backend_makes_links(transfer: Operator, story: dict[str, Any]) -> None:
    mine = player_client(transfer, story["ann"])
    answer = mine.post(f"rounds/{story['round'].pk}/support-link", {})
    assert answer.status_code in (401, 403)
