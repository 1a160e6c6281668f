"""Every registered page answers, for whom it should, and shows the picked operator's rows only."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from banker.models import NumberLimit, Phase
from bets.models import BetState, Cancellation, Payout, Paytable, Settlement, Slip
from operators.bound import TenantAdmin
from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Player, Session
from reports.selectors import total, turnover
from rounds.models import Round, SealedKey
from tests.admin.desk import PICK, Desk, Played, list_address, page_address, registered
from wallet.models import Account, Transaction

MODELS = registered()
OF_OPERATOR = [model for model in MODELS if isinstance(admin.site._registry[model], TenantAdmin)]
WITH_MONEY = (BetState, Cancellation, Payout, Settlement, Slip, Account, Transaction)
WITHOUT_ROWS = {
    "access.RoleNetwork",
    "anchors.Alarm",
    "approvals.Request",
    "configuration.Change",
    "anchors.Contract",
    "anchors.Transaction",
    "operators.CallerKey",
    "operators.WalletConnection",
    "reconciliation.DailyFile",
    "reconciliation.Difference",
    "reconciliation.ReconciliationRun",
    "reports.ReportRun",
    "reports.ReportSchedule",
    "reports.RevenueTerm",
    "reports.SimulationRun",
    "rounds.Relay",
    "bets.Attempt",
    "flags.Flag",
    "wallet.ArchivedDay",
    "wallet.Resolution",
    "wallet.WalletCall",
    "webhooks.Attempt",
    "webhooks.Delivery",
    "webhooks.Endpoint",
    "webhooks.Event",
}
"""Tables that have no row where no chain is, nothing was simulated, and nobody is told of events."""
BIG = (BetState, Payout, Slip, Transaction, Round)
pytestmark = pytest.mark.usefixtures("committed")
each = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
each_of_operator = pytest.mark.parametrize("model", OF_OPERATOR, ids=lambda model: model._meta.label)


def some(model: type[Model], operator: Operator) -> Model | None:
    with tenant_context(operator):
        return model._default_manager.order_by("-pk").first()


@each
def test_a_list_and_a_page_of_every_table_answer(model: type[Model], desk: Desk, played: dict[str, Played]) -> None:
    desk.pick(played["alpha"].operator)
    assert desk.get(list_address(model)).status_code == 200
    record = some(model, played["alpha"].operator)
    if record is None:
        assert model._meta.label in WITHOUT_ROWS
        return
    page = desk.get(page_address(record))
    assert page.status_code == 200
    for step in page.context["actions_detail"]:
        assert desk.get(step["path"]).status_code == 200


@each
def test_a_list_bears_whatever_its_address_says(model: type[Model], desk: Desk, played: dict[str, Played]) -> None:
    desk.pick(played["alpha"].operator)
    for query in ("q=x%00", "q=123", f"q={'9' * 40}", f"q={played['alpha'].player.token}", "day=2026-02-30", "day=any"):
        answer = desk.get(list_address(model), query)
        assert answer.status_code == 200 or "e=1" in answer["Location"], query


@each
def test_a_record_that_is_not_there_leads_back(model: type[Model], desk: Desk, played: dict[str, Played]) -> None:
    desk.pick(played["alpha"].operator)
    page = desk.get(list_address(model) + "0/change/")
    assert page.status_code == 302


@each
def test_strangers_and_players_of_the_site_get_nothing(
    model: type[Model], unique: Callable[[str], str], operator_a: Operator
) -> None:
    outsider = Client()
    outsider.force_login(User.objects.create_user(unique("outsider")))
    for client in (Client(), outsider):
        answer = client.get(list_address(model))
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("admin:login"))
        answer = client.post(reverse(PICK), {"operator": str(operator_a.pk)})
        assert answer["Location"].startswith(reverse("admin:login"))


@each
def test_staff_without_rights_see_no_table(
    model: type[Model], unique: Callable[[str], str], operator_a: Operator
) -> None:
    desk = Desk(User.objects.create_user(unique("clerk"), is_staff=True)).pick(operator_a)
    assert desk.get(list_address(model)).status_code == 403
    assert desk.get(list_address(model) + "add/").status_code == 403


def test_staff_see_what_they_were_given(unique: Callable[[str], str], played: dict[str, Played]) -> None:
    clerk = User.objects.create_user(unique("clerk"), is_staff=True)
    clerk.user_permissions.add(
        Permission.objects.get(codename="view_betstate"), Permission.objects.get(codename="view_round")
    )
    desk = Desk(clerk).pick(played["alpha"].operator)
    assert desk.get(page_address(some(BetState, played["alpha"].operator))).status_code == 200
    assert desk.get(list_address(Transaction)).status_code == 403
    one = page_address(played["alpha"].round, "void")
    assert desk.get(one).status_code == 403
    assert desk.client.post(one, {"reason": "no right to"}).status_code == 403


@each_of_operator
def test_without_an_operator_its_tables_lead_to_the_picker(model: type[Model], desk: Desk) -> None:
    for address in (list_address(model), list_address(model) + "1/change/", list_address(model) + "add/"):
        answer = desk.get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse(PICK) + "?next=")
        assert "belong to one operator" in desk.client.get(answer["Location"]).content.decode()


def test_the_choice_leads_back_to_the_list_that_asked_for_it_and_nowhere_else(desk: Desk, operator_a: Operator) -> None:
    chosen = {"operator": str(operator_a.pk)}
    wanted = list_address(BetState)
    assert desk.client.post(reverse(PICK), chosen | {"next": wanted})["Location"] == wanted
    for elsewhere in ("https://elsewhere.example/admin/", "//elsewhere.example", "javascript:alert(1)", "/demo"):
        assert desk.client.post(reverse(PICK), chosen | {"next": elsewhere})["Location"] == reverse("admin:index")
    for nobody in ("0", str(operator_a.pk)[:-1] + "z", "9" * 32):
        assert desk.client.post(reverse(PICK), {"operator": nobody})["Location"] == reverse(PICK)


@each
def test_every_page_names_the_picked_operator_in_its_colour(
    model: type[Model], desk: Desk, operator_a: Operator, operator_b: Operator
) -> None:
    def bar() -> str:
        page = desk.get(list_address(model)).content.decode()
        return page.partition('class="tenant-bar')[2].partition("</div>")[0]

    desk.pick(operator_a)
    assert operator_a.name in bar()
    assert operator_a.primary_color in bar()
    desk.pick(operator_b)
    assert operator_b.name in bar()
    assert operator_a.name not in bar()


@each_of_operator
def test_no_list_or_page_shows_another_operators_rows(
    model: type[Model], desk: Desk, played: dict[str, Played]
) -> None:
    own, other = played["alpha"], played["beta"]
    desk.pick(own.operator)
    for query in ("", f"q={other.player.token}", f"q={other.bets[0].pk}", f"q={other.round.pk}"):
        page = desk.get(list_address(model), query)
        assert page.status_code == 200
        own_keys = keys(model, own.operator)
        assert {row.pk for row in page.context["cl"].result_list} <= own_keys, query
        beside = page.content.decode().replace(
            f'value="{other.player.token}"', ""
        )  # the search box repeats the question
        assert f">{other.player.token}<" not in beside
    hers = {key for key in keys(model, other.operator) if key not in keys(model, own.operator)}
    for key in list(hers)[:3]:
        record = model(pk=key)
        assert desk.get(page_address(record)).status_code == 302
        assert other.player.token not in desk.get(page_address(record, "history")).content.decode()


def keys(model: type[Model], operator: Operator) -> set[Any]:
    with tenant_context(operator):
        return set(model._default_manager.values_list("pk", flat=True))


def test_a_bets_page_tells_the_whole_story(desk: Desk, played: dict[str, Played]) -> None:
    story, operator = played["alpha"], played["alpha"].operator
    desk.pick(operator)
    [won] = [bet for bet in story.bets if bet.picks == (story.round.numbers_drawn[0],)]
    page = desk.get(page_address(BetState(pk=won.pk))).content.decode()
    assert "10.00 KES" in page  # the stake
    assert "35.50 KES" in page  # the payout of one hit of one pick
    assert "-10.00 KES" in page  # its movement
    assert "won" in page
    assert story.player.token in page
    assert bytes(won.leaf_hash).hex() in page
    assert f"/api/v1/rounds/{story.round.pk}/proof" in page
    proof = desk.get(reverse("admin:bets_betstate_proof", args=[won.pk])).json()
    assert proof["bet"]["root"] == bytes(story.round.bets_root).hex()
    assert proof["bet"]["leaf"] in page
    cancelled = desk.get(page_address(BetState(pk=story.cancelled.pk))).content.decode()
    assert "rolled_back" in cancelled
    assert "refund" in cancelled


def test_another_operators_proof_is_not_found(desk: Desk, played: dict[str, Played]) -> None:
    address = reverse("admin:bets_betstate_proof", args=[played["beta"].bets[0].pk])
    assert desk.pick(played["alpha"].operator).get(address).status_code == 404
    assert desk.pick(None).get(address)["Location"].startswith(reverse(PICK))


def test_amounts_have_the_currencys_decimals(desk: Desk, played: dict[str, Played]) -> None:
    for slug, stake in (("alpha", "10.00 KES"), ("beta", ">10 XOF<")):
        desk.pick(played[slug].operator)
        page = desk.get(list_address(BetState), f"q={played[slug].bets[0].pk}").content.decode()
        assert stake in page


@pytest.mark.parametrize("model", WITH_MONEY, ids=lambda model: model._meta.label)
def test_nobody_adds_changes_or_deletes_what_has_to_do_with_money(
    model: type[Model], desk: Desk, played: dict[str, Played]
) -> None:
    desk.pick(played["alpha"].operator)
    request = desk.get(list_address(model)).wsgi_request
    page = admin.site._registry[model]
    record = some(model, played["alpha"].operator)
    for allowed in (page.has_add_permission, page.has_change_permission, page.has_delete_permission):
        assert not allowed(request)
    assert not page.has_change_permission(request, record)
    assert not page.has_delete_permission(request, record)
    assert desk.client.post(list_address(model) + "add/", {}).status_code == 403
    assert desk.client.post(page_address(record), {"amount": "1", "balance": "1"}).status_code == 403
    assert desk.client.post(page_address(record, "delete"), {"post": "yes"}).status_code == 403
    swept = desk.client.post(list_address(model), {"action": "delete_selected", "_selected_action": [str(record.pk)]})
    assert swept.status_code in (200, 302)
    assert some(model, played["alpha"].operator) == record


@pytest.mark.parametrize("model", BIG, ids=lambda model: model._meta.label)
def test_a_big_table_is_neither_counted_nor_searched_by_a_part_of_a_word(
    model: type[Model], desk: Desk, played: dict[str, Played]
) -> None:
    desk.pick(played["alpha"].operator)
    for query in ("", f"q={played['alpha'].player.token}", f"q={played['alpha'].round.pk}"):
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(list_address(model), query).status_code == 200
        asked = [one["sql"] for one in queries if model._meta.db_table in one["sql"]]
        assert asked or query  # a word that cannot be a value is not even asked for
        assert not [one for one in asked if "COUNT(" in one.upper() or "LIKE" in one.upper()]


def test_a_list_asks_as_much_for_fifty_rows_as_for_one(desk: Desk, played: dict[str, Played]) -> None:
    desk.pick(played["alpha"].operator)

    def asked(query: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            shown = desk.get(list_address(BetState), query).context["cl"].result_list
        assert len(shown) == (1 if query else 50)
        return len(queries)

    assert asked("") <= asked(f"q={played['alpha'].bets[0].pk}")


def test_a_round_is_found_by_its_id_and_by_its_number(desk: Desk, played: dict[str, Played]) -> None:
    one = played["alpha"].round
    for term in (one.pk, one.number):
        rows = desk.get(list_address(Round), f"q={term}").context["cl"].result_list
        assert one in rows
        assert all(term in (row.pk, row.number) for row in rows)


def test_the_seed_of_a_round_is_not_shown_before_it_is_public(desk: Desk, standing_rounds: list[Round]) -> None:
    page = desk.get(page_address(standing_rounds[0])).content.decode()
    assert "not revealed yet" in page
    assert bytes(standing_rounds[0].server_seed_hash).hex() in page


def test_private_keys_have_no_page() -> None:
    assert SealedKey not in admin.site._registry
    for model in (Player, Session, Paytable, Phase, NumberLimit):
        assert model in OF_OPERATOR


def test_times_name_their_zone(desk: Desk, played: dict[str, Played]) -> None:
    desk.pick(played["alpha"].operator)
    for model in (BetState, Transaction, Round, Player):
        page = desk.get(list_address(model)).content.decode()
        assert " UTC</" in page, model


def test_the_home_page_counts_what_is_there(desk: Desk, played: dict[str, Played]) -> None:
    operator = played["alpha"].operator
    page = desk.pick(operator).get(reverse("admin:index"))
    shown = {figure.title: figure.value for figure in page.context["figures"]}
    now = played["alpha"].round.drawn_at
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = total(turnover(operator=operator, since=day, until=day + timedelta(days=1)))
    assert today.bets >= 80
    assert shown[f"Bets of {operator.name}"] == str(today.bets)
    assert shown["Turnover"] == f"{operator.money(today.stakes)} KES"
    assert int(shown["Rounds finished"]) >= 2
    assert shown["Operators"] == f"{Operator.objects.filter(status='active').count()} active"
    assert f"Bets of {operator.name}" not in desk.pick(None).get(reverse("admin:index")).content.decode()


def test_djangos_own_checks_find_nothing() -> None:
    call_command("check", fail_level="WARNING")
