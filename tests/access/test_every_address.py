"""
Every address of the staff's site, asked for by every role: the site answers as `expected` says, and no other way.

For roles within an operator it is asked thrice: for their own operator's records, for another's, and with no operator
picked, which for them does not exist. For the others also with each operator, and with none.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from access.models import OF_AN_OPERATOR, Role, StaffMember
from access.roles import tables as tables_with_lines
from operators.bound import TenantAdmin
from operators.models import CallerKey, Operator
from operators.services import add_caller_key, issue_key
from operators.tenancy import tenant_context
from tests.access import expected
from tests.access.addresses import STANDARD, Place, leading_on, places
from tests.admin.desk import PICK, Played
from webhooks.services import endpoints

pytestmark = pytest.mark.usefixtures("committed")
TABLES, STEPS, OTHERS = expected.tables(), expected.steps(), expected.others()
MODELS = {model._meta.label_lower: (model, page) for model, page in admin.site._registry.items()}
ENDS_THE_SESSION = {"logout"}
LETS_IN = (200, 302, 404, 405)


def who(place: Place) -> expected.Who:
    """Whom an address is for."""
    if place.label is None:
        return OTHERS[place.kind]
    if place.kind not in STANDARD:
        return STEPS[place.label, place.kind]
    see, add, _ = TABLES[place.label]
    return {"add": add, "delete": frozenset[Role]()}.get(place.kind, see)


def keeps_out(answer: Any) -> bool:
    """Refused, or answered as if there were nothing; what is not for these eyes may lead home without a word."""
    return answer.status_code in (403, 404, 405) or answer.headers.get("Location") == reverse("admin:index")


def asked() -> list[Place]:
    """The addresses that need somebody who is logged in, and leave them so."""
    return [one for one in places() if one.name not in expected.OUTSIDE | ENDS_THE_SESSION]


def record_of(label: str, operator: Operator) -> Model | None:
    """A record of an operator's: of the shared tables one that is no other operator's."""
    model, page = MODELS[label]
    with tenant_context(operator):
        if isinstance(page, TenantAdmin):
            return model._default_manager.order_by("-pk").first()
        rows = owned(model._default_manager.order_by("-pk"), label, operator)
        return rows.first()


PATHS = {
    "approvals.request": "operator_id",
    "audit.auditentry": "operator_id",
    "calls.call": "operator_id",
    "localization.text": "operator_id",
    "operators.apikey": "operator_id",
    "operators.callerkey": "operator_id",
    "operators.operator": "operator_id",
    "operators.walletconnection": "operator_id",
    "reconciliation.dailyfile": "operator_id",
    "reconciliation.difference": "operator_id",
    "reconciliation.reconciliationrun": "operator_id",
    "reports.reportrun": "operator_id",
    "reports.reportschedule": "operator_id",
    "reports.revenueterm": "operator_id",
    "rounds.game": "owner_id",
    "rounds.round": "game__owner_id",
    "webhooks.attempt": "delivery__endpoint__operator_id",
    "webhooks.delivery": "endpoint__operator_id",
    "webhooks.endpoint": "operator_id",
    "webhooks.event": "operator_id",
}
"""By which column a record of a shared table is an operator's."""
NOBODYS = {
    "access.rolenetwork",
    "access.staffmember",
    "access.staffsession",
    "anchors.alarm",
    "anchors.contract",
    "anchors.root",
    "anchors.transaction",
    "configuration.change",
    "operators.callsigningkey",
    "operators.jurisdiction",
    "reports.simulationrun",
    "rounds.epoch",
    "rounds.relay",
    "rounds.resultstree",
    "rounds.signingkey",
}
"""Shared tables whose rows belong to no operator. Only what anybody may know is open within an operator."""


def owned(rows: Any, label: str, operator: Operator) -> Any:
    return rows if label in NOBODYS else rows.filter(**{PATHS[label]: operator.pk})


@pytest.fixture(scope="module")
def stocked(played: dict[str, Played], django_db_blocker: Any) -> dict[str, Operator]:
    """Both operators, with rows of their own in the shared tables too."""
    with django_db_blocker.unblock():
        for story in played.values():
            issue_key(operator=story.operator, label="matrix", actor="test")
            if not CallerKey.objects.filter(operator=story.operator, label="matrix").exists():  # two at most are valid
                add_caller_key(operator=story.operator, kind="hmac", label="matrix", actor="test")
            endpoints.create_endpoint(
                operator=story.operator,
                url="https://hooks.example.com/matrix",
                description="",
                events=["operator.suspended"],
                actor="test",
            )
        return {slug: story.operator for slug, story in played.items()}


def test_every_address_stands_in_the_table() -> None:
    unknown = [
        one.name
        for one in places()
        if (one.label is None and one.kind not in OTHERS and one.name not in expected.OUTSIDE)
        or (one.label is not None and one.kind not in STANDARD and (one.label, one.kind) not in STEPS)
    ]
    assert unknown == []
    assert set(MODELS) == set(TABLES)
    assert {(one.label, one.kind) for one in places() if one.label and one.kind not in STANDARD} == set(STEPS)
    assert len(places()) > 300


def test_routes_without_a_name_lead_on_to_a_named_one_or_nowhere() -> None:
    for route in leading_on():
        assert route.endswith("/<path:object_id>/") or route == "(?P<url>.*)$", route


def test_every_line_of_the_roles_is_of_a_table_that_there_is() -> None:
    assert tables_with_lines() - set(MODELS) == set()


def test_every_shared_table_says_whose_its_rows_are() -> None:
    shared = {label for label, (_, page) in MODELS.items() if not isinstance(page, TenantAdmin)}
    assert shared == set(PATHS) | NOBODYS


@pytest.mark.parametrize("place", asked(), ids=lambda place: place.name)
def test_nobody_gets_in_who_is_not_logged_in(place: Place) -> None:
    client = Client()
    for method in (client.get, client.post):
        answer = method(place.address())
        assert answer.status_code in (302, 403), place.name
        if answer.status_code == 302:
            assert answer["Location"].startswith(reverse("admin:login")), place.name


@pytest.mark.parametrize("role", Role)
def test_a_role_opens_what_is_its_own_and_nothing_else(
    role: Role, hire: Callable[..., StaffMember], enter: Callable[[StaffMember], Client], stocked: dict[str, Operator]
) -> None:
    client, operator = enter(hire(role, stocked["alpha"] if role in OF_AN_OPERATOR else None)), stocked["alpha"]
    client.post(reverse(PICK), {"operator": str(operator.pk)})
    wrong = []
    for place in asked():
        record = record_of(place.label, operator) if place.label and place.of_record else None
        address = place.address(record.pk if record else "0")
        answer = client.get(address)
        shown = answer.status_code
        if role in who(place):
            if shown not in LETS_IN or (record is not None and place.kind == "change" and shown != 200):
                wrong.append(f"{role} should open {address}: {shown}")
            continue
        posted = client.post(address, {"reason": "no right to", "post": "yes"})
        wrong += [f"{role} got into {address}: {one.status_code}" for one in (answer, posted) if not keeps_out(one)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", Role)
def test_a_role_saves_what_it_may_change_and_nothing_else(
    role: Role, hire: Callable[..., StaffMember], enter: Callable[[StaffMember], Client], stocked: dict[str, Operator]
) -> None:
    client, operator = enter(hire(role)), stocked["alpha"]
    client.post(reverse(PICK), {"operator": str(operator.pk)})
    for place in asked():
        if place.kind == "change" and place.label and (record := record_of(place.label, operator)):
            posted = client.post(place.address(record.pk), {"name": ""})
            allowed = role in TABLES[place.label][2]
            assert (posted.status_code == 200) == allowed, f"{role} {place.name}: {posted.status_code}"
            assert allowed or posted.status_code == 403


@pytest.mark.parametrize("role", sorted(OF_AN_OPERATOR))
def test_a_role_within_an_operator_sees_nothing_of_another_ones(
    role: Role, hire: Callable[..., StaffMember], enter: Callable[[StaffMember], Client], stocked: dict[str, Operator]
) -> None:
    own, other = stocked["alpha"], stocked["beta"]
    client = enter(hire(role, own))
    refused = client.post(reverse(PICK), {"operator": str(other.pk)})
    assert refused["Location"] == reverse(PICK)
    seen = 0
    for place in asked():
        if place.label is None or place.label in NOBODYS or not place.of_record:
            continue
        record = record_of(place.label, other)
        if record is None or record_is_own(place.label, record, own):
            continue
        for method in (client.get, client.post):
            answer = method(place.address(record.pk))
            assert answer.status_code in (302, 403, 404), f"{role} {place.name}: {answer.status_code}"
            assert str(record.pk) not in answer.content.decode()
        seen += 1
    assert seen > 60


def record_is_own(label: str, record: Model, own: Operator) -> bool:
    """Whether what has this key in another operator's schema happens to have the same in one's own."""
    model, page = MODELS[label]
    with tenant_context(own):
        return isinstance(page, TenantAdmin) and model._default_manager.filter(pk=record.pk).exists()


@pytest.mark.parametrize("role", sorted(OF_AN_OPERATOR))
def test_the_lists_of_a_role_within_an_operator_hold_its_rows_alone(
    role: Role, hire: Callable[..., StaffMember], enter: Callable[[StaffMember], Client], stocked: dict[str, Operator]
) -> None:
    own = stocked["alpha"]
    client, counted = enter(hire(role, own)), 0
    for place in asked():
        if place.kind != "changelist" or place.label not in PATHS or role not in TABLES[place.label][0]:
            continue
        for query in ("", "day=any", f"q={stocked['beta'].pk}", "q=beta"):
            page = client.get(f"{place.address()}?{query}")
            if page.status_code == 302 and "e=1" in page["Location"]:
                continue  # this list knows no such filter
            rows = page.context["cl"].result_list
            for row in rows:
                assert owner_of(row, PATHS[place.label]) in (own.pk, None), (place.name, query)
            counted += len(rows)
    assert counted > 5 or role == Role.BANKER_ADMIN


def owner_of(row: Any, path: str) -> Any:
    for part in path.split("__"):
        row = getattr(row, part)
    return row


@pytest.mark.parametrize("role", sorted(OF_AN_OPERATOR))
def test_a_role_within_an_operator_cannot_work_in_none(
    role: Role, hire: Callable[..., StaffMember], enter: Callable[[StaffMember], Client], stocked: dict[str, Operator]
) -> None:
    own = stocked["alpha"]
    client = enter(hire(role, own))
    client.post(reverse(PICK), {"operator": ""})
    page = client.get(reverse("admin:banker_phase_changelist"))
    assert page.status_code == 200
    assert own.name in page.content.decode()
    choices = client.get(reverse(PICK)).content.decode()
    assert str(own.pk) in choices
    assert str(stocked["beta"].pk) not in choices


@pytest.mark.parametrize("role", [one for one in Role if one not in OF_AN_OPERATOR])
def test_other_roles_work_in_any_operator_and_in_none(
    role: Role, hire: Callable[..., StaffMember], enter: Callable[[StaffMember], Client], stocked: dict[str, Operator]
) -> None:
    client = enter(hire(role))
    lists = [one for one in asked() if one.kind == "changelist" and one.label and role in TABLES[one.label][0]]
    for operator in stocked.values():
        client.post(reverse(PICK), {"operator": str(operator.pk)})
        assert {client.get(one.address()).status_code for one in lists} == {200}
    client.post(reverse(PICK), {"operator": ""})
    for one in lists:
        of_operator = isinstance(MODELS[str(one.label)][1], TenantAdmin)
        assert client.get(one.address()).status_code == (302 if of_operator else 200), one.name
