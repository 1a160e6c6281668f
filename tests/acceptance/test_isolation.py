"""
Two operators' data never mix: every address below /api/v1 is called with another's ids, and answers as for none.

The list of addresses comes from the URL conf. One that stands in none of the tables of `addresses` fails the first
test, so whoever adds an address says there whose ids it takes.
"""

import base64
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.urls import URLResolver, get_resolver

from keno_platform.core import clock
from operators.tenancy import tenant_context
from players.models import Player
from tests.acceptance.addresses import (
    CASES,
    FOR_ANYONE,
    OF_A_DAY,
    OF_A_REPORT,
    OF_ONESELF,
    OWN_NAMES,
    WITHOUT_IDS,
    Case,
    routes,
)
from tests.acceptance.worlds import World, ask, make
from tests.support.api import call
from tests.support.bets import balance, bet_body, new_player, player_client


@pytest.fixture(scope="module")
def worlds(django_db_setup: None, django_db_blocker: Any) -> tuple[World, World]:
    with django_db_blocker.unblock():
        return make("alpha"), make("beta")


def test_every_address_stands_in_a_table_of_this_file() -> None:
    known = {case.route for case in CASES} | OWN_NAMES | FOR_ANYONE | OF_A_DAY | OF_A_REPORT | OF_ONESELF | WITHOUT_IDS
    assert routes() - known == set(), "say here whose ids these addresses take"
    assert known - routes() == set(), "these addresses are gone"


def test_no_address_with_an_id_in_it_is_called_one_without() -> None:
    assert {route for route in routes() if "<" in route} <= (
        {case.route for case in CASES} | FOR_ANYONE | OF_A_DAY | OF_A_REPORT | OF_ONESELF
    )


def test_every_method_of_an_address_with_an_id_is_called() -> None:
    def views(resolver: Any, prefix: str) -> Iterator[tuple[str, Any]]:
        for one in resolver.url_patterns:
            if isinstance(one, URLResolver):
                yield from views(one, prefix + str(one.pattern))
            else:
                yield prefix + str(one.pattern), one.callback

    methods = ("get", "post", "put", "patch", "delete")
    answered = {
        (route.removeprefix("api/v1/"), method.upper())
        for route, view in views(get_resolver(), "")
        if route.startswith("api/v1/") and "<" in route
        for method in methods
        if hasattr(view.view_class, method)
    }
    called = {(case.route, case.method) for case in CASES}
    assert {one for one in answered if one[0] not in FOR_ANYONE | OF_A_DAY | OF_A_REPORT | OF_ONESELF} - called == set()


def normal(response: Any, one: str) -> tuple[int, str, str]:
    """An answer without what may differ: the id that was asked for, which the asker knows."""
    return response.status_code, response.get("Content-Type", ""), without(response, one)


def without(response: Any, one: str) -> str:
    """The body, with the id that was asked for blotted out wherever it stands by itself, and the call's own id."""
    text = response.content.decode(errors="replace").replace(response["X-Request-Id"], "<request>")
    return re.sub(rf"(?<!\w){re.escape(one)}(?!\w)", "<id>", text)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.method} {case.path} {case.owned}")
class TestIds:
    def test_another_operators_id_answers_exactly_like_one_that_nobody_has(
        self, committed: None, worlds: tuple[World, World], case: Case
    ) -> None:
        for owner, asker in (worlds, worlds[::-1]):
            foreign = case.run(asker, asker, owner.ids[case.owned])
            nobodys = case.run(asker, asker, case.unknown)
            assert foreign.status_code == case.status, foreign.content
            assert normal(foreign, owner.ids[case.owned]) == normal(nobodys, case.unknown)
            told = without(foreign, owner.ids[case.owned])
            assert [mark for mark in owner.marks if mark in told] == []

    def test_another_operators_player_learns_no_more(
        self, committed: None, worlds: tuple[World, World], case: Case
    ) -> None:
        for owner, asker in (worlds, worlds[::-1]):
            foreign = case.run(asker.session, asker, owner.ids[case.owned])
            nobodys = case.run(asker.session, asker, case.unknown)
            assert normal(foreign, owner.ids[case.owned]) == normal(nobodys, case.unknown)
            told = without(foreign, owner.ids[case.owned])
            assert [mark for mark in owner.marks if mark in told] == []

    def test_another_player_of_the_same_operator_learns_nothing_of_a_players_own(
        self, committed: None, worlds: tuple[World, World], case: Case
    ) -> None:
        if not case.players:
            return
        owner = worlds[0]
        other = new_player(owner.operator)
        session = player_client(owner.operator, other).secret
        foreign = case.run(session, owner, owner.ids[case.owned])
        nobodys = case.run(session, owner, case.unknown)
        assert foreign.status_code == 404
        assert normal(foreign, owner.ids[case.owned]) == normal(nobodys, case.unknown)


LAST = {"cancel": 1, "session": 1, "key": 2, "caller_key": 2, "endpoint": 3, "schedule": 1}
"""Whose calls come late in the control, and when: they end what they name."""


def test_the_owner_is_answered_otherwise_by_every_one_of_these_calls(
    committed: None, worlds: tuple[World, World]
) -> None:
    """The control: the ids are good, so it is the credential that the tests above are about."""
    owner = worlds[0]
    assert {case.owned for case in CASES if case.method == "DELETE"} == LAST.keys() - {"cancel"} | {"player", "phase"}
    for case in sorted(
        CASES, key=lambda case: (LAST.get(case.owned, 0), case.method == "DELETE", case.owned == "cancel")
    ):
        if case.control:
            own = case.run(owner, owner, owner.ids[case.owned])
            nobodys = case.run(owner, owner, case.unknown)
            assert normal(own, owner.ids[case.owned]) != normal(nobodys, case.unknown), case
            assert own.status_code != 404, (case, own.content)


LISTS = [
    *("feeds/transactions?limit=1000", "feeds/rounds?limit=1000", "feeds/in-doubt", "reconciliation"),
    *("webhooks/endpoints", "webhooks/deliveries", "events", "record/entries"),
    *("bets", "wallet/transactions", "rounds?status=open", "games", "keys", "caller-keys", "paytables/active"),
    *("banker/phases", "banker/members", "banker/slips"),
    *("reports/turnover.json", "reports/turnover.csv", "reports/runs", "reports/schedules"),
    *("reports/bet-log.json", "reports/bet-log.csv", "reports/round-log.json", "reports/significant-events.csv"),
    *("reports/limits-and-exclusions.json", "reports/audit-extract.json", "reports/game-performance.csv"),
]


@pytest.mark.parametrize("path", LISTS)
def test_no_list_shows_anything_of_another_operator(committed: None, worlds: tuple[World, World], path: str) -> None:
    if path.startswith("reports/") and "." in path:
        now, day = clock.now(), timedelta(days=1)
        path += f"?from={clock.to_text(now - day)}&to={clock.to_text(now + day)}"
    for owner, asker in (worlds, worlds[::-1]):
        response = ask(asker, "GET", path)
        assert response.status_code == 200, response.content
        assert [mark for mark in owner.marks if mark in response.content.decode()] == []


def test_a_player_lists_only_own_bets_whoever_is_named(committed: None, worlds: tuple[World, World]) -> None:
    owner = worlds[0]
    session = player_client(owner.operator, new_player(owner.operator)).secret
    for query in ("", f"?player_token={owner.player.token}", f"?round_id={owner.ids['round']}"):
        response = ask(session, "GET", f"bets{query}")
        assert response.status_code in (200, 422)
        assert owner.ids["bet"] not in response.content.decode()
    assert owner.ids["bet"] in ask(owner.session, "GET", "bets").content.decode()


def test_a_player_cannot_bet_for_another(committed: None, worlds: tuple[World, World]) -> None:
    owner = worlds[0]
    other = new_player(owner.operator, money=10_000)
    session = player_client(owner.operator, other).secret
    before = balance(owner.operator, owner.player)
    response = ask(session, "POST", "bets", bet_body(owner.operator, owner.player, game=owner.ids["game"]))
    assert response.status_code == 422
    assert balance(owner.operator, owner.player) == before


@pytest.mark.parametrize(
    ("path", "owned"), [("wallet/transactions", "transaction"), ("bets", "bet"), ("banker/phases", "phase")]
)
@pytest.mark.parametrize("way", ["o", "n"])
def test_a_cursor_from_another_operators_list_shows_own_rows_only(
    committed: None, worlds: tuple[World, World], path: str, owned: str, way: str
) -> None:
    for owner, asker in (worlds, worlds[::-1]):
        cursor = base64.urlsafe_b64encode(f"{way}{owner.ids[owned]}".encode()).decode().rstrip("=")
        response = ask(asker, "GET", f"{path}?cursor={cursor}&limit=500")
        assert response.status_code == 200
        text = response.content.decode()
        assert [mark for mark in owner.marks if mark in text.replace(cursor, "")] == []


def test_one_player_token_at_two_operators_is_two_players(committed: None, worlds: tuple[World, World]) -> None:
    """The calls that take a token and make the player: they never reach the other operator's player."""
    for owner, asker in (worlds, worlds[::-1]):
        before = balance(owner.operator, owner.player)
        currency = asker.operator.currency_code
        amount = asker.operator.money(100)
        moved = {"player_token": owner.player.token, "amount": amount, "currency": currency}
        poor = ask(asker, "POST", "wallet/withdrawals", moved)
        assert (poor.status_code, json.loads(poor.content)["code"]) == (409, "insufficient_funds")
        assert ask(asker, "POST", "wallet/deposits", moved).status_code == 201
        opened = ask(asker, "POST", "sessions", {"player_token": owner.player.token, "currency": currency})
        assert opened.status_code == 201
        assert balance(owner.operator, owner.player) == before
        account = json.loads(ask(asker, "GET", f"wallet/accounts/{owner.player.token}").content)
        assert (account["balance"], account["currency"]) == (amount, currency)
        with tenant_context(asker.operator):
            assert Player.objects.filter(token=owner.player.token).count() == 1


def test_a_rounds_proof_is_for_anyone_and_tells_of_no_operator(committed: None, worlds: tuple[World, World]) -> None:
    owner, asker = worlds
    path = f"rounds/{owner.ids['round']}/proof"
    texts = {call("GET", path).content, ask(asker, "GET", path).content, ask(owner, "GET", path).content}
    assert len(texts) == 1
    text = texts.pop().decode()
    assert [mark for mark in owner.marks if mark in text and mark != owner.ids["game"]] == []
    assert str(owner.operator.pk) not in text
    assert owner.operator.name not in text
