"""Staff ask on the page of what they want changed, and decide on the request's own page."""

import re
from typing import Any

import pytest
from django.urls import reverse

from access.models import Role
from approvals import services
from approvals.models import Request, State
from approvals.services import Person
from bets.models import Paytable
from bets.selectors import active_paytable
from bets.services.paytables import create_paytable
from operators.jurisdictions import Jurisdiction
from operators.models import Operator
from operators.selectors import get_operator
from operators.tenancy import tenant_context
from tests.admin.desk import Desk, list_address, page_address, told
from tests.approvals.people import Named, ask_to_raise, person

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def first(ann: Person) -> Desk:
    """The browser of the one who asks."""
    return Desk(ann.user)


@pytest.fixture
def second(ben: Person) -> Desk:
    """The browser of the one who decides."""
    return Desk(ben.user)


def latest() -> Request:
    return Request.objects.latest("pk")


def terms_of(operator: Operator, **changed: str) -> dict[str, str]:
    return {
        "min_bet": "1.00",
        "max_bet": "100.00",
        "max_win_per_ticket": "10000.00",
        "region_restrictions": ",".join(operator.region_restrictions),
        "jurisdiction": "default",
        "reason": "A new licence",
    } | changed


def test_from_the_question_on_a_page_to_the_answer_on_another(
    first: Desk, second: Desk, new_operator: Operator
) -> None:
    with tenant_context(new_operator):
        made = create_paytable(operator=new_operator, name="Meaner", table={1: {1: 350}}, actor="test")
    first.pick(new_operator)
    begun = first.get(page_address(made, "activate")).content.decode()
    assert "another member of staff has to approve it" in begun
    asked = first.take(page_address(made, "activate"), reason="Costs too much")
    request = latest()
    assert asked["Location"] == page_address(request)
    with tenant_context(new_operator):
        assert active_paytable() != made

    page = second.get(page_address(request)).content.decode()
    for shown in ("Meaner (version 2)", "88.7500", "87.5000", "7/8", "<svg", "Costs too much", first.user.username):
        assert shown in page, shown
    assert second.user.username in re.findall(r"Can decide</dt>\s*<dd>(.*?)</dd>", page, re.S)[0]
    address = page_address(request, "approve")
    slip = second.take(address, reason="Checked", confirmation="yes")
    assert "does not match" in slip.content.decode()
    done = second.take(address, reason="Checked", confirmation=f"{new_operator.slug} 2")
    assert "Approved and done" in told(done)
    with tenant_context(new_operator):
        assert active_paytable() == made
    ended = second.get(page_address(request)).content.decode()
    assert "Decided by" in ended
    assert "Checked" in ended
    assert "Can decide" not in ended


def test_who_asked_sees_no_way_to_approve_and_finds_none(first: Desk, new_operator: Operator, ann: Person) -> None:
    request = ask_to_raise(new_operator, ann, max_bet=20_000)
    page = first.get(page_address(request))
    assert [step["title"] for step in page.context["actions_detail"]] == ["Take back"]
    assert "You asked for this" in page.content.decode()
    for step in ("approve", "reject"):
        for answer in (
            first.get(page_address(request, step)),
            first.client.post(page_address(request, step), {"reason": "mine", "confirmation": new_operator.slug}),
        ):
            assert "four_eyes" in told(answer)
    assert get_operator(operator_id=new_operator.pk).max_bet == 10_000
    assert "Taken back" in told(first.take(page_address(request, "withdraw")))
    request.refresh_from_db()
    assert request.state == State.WITHDRAWN


def test_others_see_approve_and_reject_and_support_only_looks(
    second: Desk, new_operator: Operator, ann: Person, unique: Named
) -> None:
    request = ask_to_raise(new_operator, ann, max_bet=20_000)
    page = second.get(page_address(request))
    assert [step["title"] for step in page.context["actions_detail"]] == ["Approve", "Reject"]
    support = Desk(person(unique("support"), role=Role.SUPPORT).user)
    shown = support.get(page_address(request))
    assert shown.status_code == 200
    assert shown.context["actions_detail"] == []
    assert "approval_not_permitted" in told(
        support.client.post(page_address(request, "approve"), {"reason": "why not", "confirmation": new_operator.slug})
    )
    rejected = second.take(page_address(request, "reject"), reason="Not on this licence")
    assert "Rejected" in told(rejected)
    assert "approval_not_open" in told(second.get(page_address(request, "approve")))


def test_a_page_says_that_what_it_changes_has_changed(second: Desk, new_operator: Operator, ann: Person) -> None:
    request = ask_to_raise(new_operator, ann, max_bet=20_000)
    assert "Approving it would fail" not in second.get(page_address(request)).content.decode()
    Operator.objects.filter(pk=new_operator.pk).update(max_bet=15_000)
    page = second.get(page_address(request)).content.decode()
    assert "Approving it would fail" in page
    assert "highest stake" in page
    answer = second.take(page_address(request, "approve"), reason="Checked", confirmation=new_operator.slug)
    assert "could not be done" in told(answer)


def test_an_operators_page_saves_what_tightens_and_asks_for_what_loosens(
    first: Desk, second: Desk, new_operator: Operator
) -> None:
    address = page_address(new_operator)
    changed = terms_of(new_operator, min_bet="2.00", max_bet="500.00", jurisdiction="default")
    silent = first.client.post(address, changed | {"reason": ""})
    assert "Say why" in silent.content.decode()
    answer = first.client.post(address, changed)
    request = latest()
    assert (answer.status_code, answer["Location"]) == (302, page_address(request))
    now = get_operator(operator_id=new_operator.pk)
    assert (now.min_bet, now.max_bet) == (200, 10_000)
    assert (request.action, request.payload) == ("operators.raise_limits", {"max_bet": 50_000})
    second.take(page_address(request, "approve"), reason="Checked", confirmation=new_operator.slug)
    assert get_operator(operator_id=new_operator.pk).max_bet == 50_000

    lowered = first.client.post(address, terms_of(new_operator, min_bet="2.00", max_bet="50.00", reason=""))
    assert lowered["Location"] == list_address(Operator)
    assert get_operator(operator_id=new_operator.pk).max_bet == 5_000
    too_soon = first.client.post(address, terms_of(new_operator, min_bet="60.00", max_bet="80.00"))
    assert "as long as a higher one is not approved" in too_soon.content.decode()


def test_what_was_asked_for_already_is_said_and_the_rest_is_saved(
    first: Desk, new_operator: Operator, ann: Person
) -> None:
    ask_to_raise(new_operator, ann, max_bet=20_000)
    answer = first.client.post(page_address(new_operator), terms_of(new_operator, min_bet="3.00", max_bet="500.00"))
    assert "approval_already_asked" in told(answer)
    now = get_operator(operator_id=new_operator.pk)
    assert (now.min_bet, now.max_bet) == (300, 10_000)


def test_a_country_that_is_taken_off_the_list_needs_two_and_one_that_is_added_does_not(
    first: Desk, new_operator: Operator
) -> None:
    address = page_address(new_operator)
    first.client.post(address, terms_of(new_operator, region_restrictions="US,FR", reason=""))
    assert get_operator(operator_id=new_operator.pk).region_restrictions == ["US", "FR"]
    first.client.post(address, terms_of(new_operator, region_restrictions="US"))
    assert get_operator(operator_id=new_operator.pk).region_restrictions == ["US", "FR"]
    assert latest().payload == {"region_restrictions": ["US"]}


def test_a_jurisdictions_page_asks_for_a_change_of_rules(first: Desk, second: Desk, unique: Named) -> None:
    profile = Jurisdiction.objects.create(code=unique("j")[-16:], name="Land")
    form: dict[str, Any] = {
        "name": "Land",
        "minimum_age": "16",
        "record_retention_days": "1825",
        "game_start_min_ms": "0",
        "loosening_hours": "24",
        "cool_off_hours": "24,168,720",
        "exclusion_days": "180,365,1825",
        **dict.fromkeys(("bet_cancellation", "autobet_allowed", "turbo_allowed", "exclusion_forever"), "on"),
        **dict.fromkeys(("show_rtp", "show_net_position", "show_elapsed"), "on"),
    }
    assert "Say why" in first.client.post(page_address(profile), form).content.decode()
    answer = first.client.post(page_address(profile), form | {"reason": "A new law"})
    request = latest()
    assert answer["Location"] == page_address(request)
    assert request.payload == {"minimum_age": 16}
    profile.refresh_from_db()
    assert profile.minimum_age == 18
    second.take(page_address(request, "approve"), reason="Read it", confirmation=profile.code)
    profile.refresh_from_db()
    assert profile.minimum_age == 16


def test_the_list_shows_what_waits_and_who_asked(second: Desk, new_operator: Operator, ann: Person) -> None:
    request = ask_to_raise(new_operator, ann, max_bet=20_000)
    page = second.get(list_address(Request), f"q={request.pk}").content.decode()
    for shown in ("Raise an operator&#x27;s limits", new_operator.name, ann.name, "open"):
        assert shown in page, shown
    services.withdraw(request_id=request.pk, person=ann)


def test_nobody_adds_changes_or_deletes_a_request(second: Desk, new_operator: Operator, ann: Person) -> None:
    request = ask_to_raise(new_operator, ann, max_bet=20_000)
    assert second.client.post(list_address(Request) + "add/", {}).status_code == 403
    assert second.client.post(page_address(request), {"state": "approved"}).status_code == 403
    assert second.client.post(page_address(request, "delete"), {"post": "yes"}).status_code == 403
    request.refresh_from_db()
    assert request.state == State.OPEN


def test_what_a_request_says_is_never_markup(second: Desk, ann: Person, new_operator: Operator) -> None:
    evil = "<script>alert(1)</script>"
    Operator.objects.filter(pk=new_operator.pk).update(name=evil)
    request = services.ask(
        action="operators.raise_limits",
        subject=new_operator.slug,
        operator_id=new_operator.pk,
        payload={"max_bet": 20_000},
        person=ann,
        reason=evil,
    )
    page = second.get(page_address(request)).content.decode()
    assert evil not in page
    assert "&lt;script&gt;" in page


def test_a_step_without_a_picked_operator_leads_to_the_picker_and_asks_nothing(first: Desk) -> None:
    before = Request.objects.count()
    answer = first.get(list_address(Paytable) + "0190a000-0000-7000-8000-000000000000/activate/")
    assert answer["Location"].startswith(reverse("admin:operators_pick"))
    assert Request.objects.count() == before
