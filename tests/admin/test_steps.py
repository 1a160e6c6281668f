"""What staff do: each step goes through its service, is recorded with who and why, and shows refusals."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from audit.models import AuditEntry
from bets.models import Paytable
from bets.paytables import K88
from bets.selectors import active_paytable, multipliers
from operators.jurisdictions import Jurisdiction
from operators.models import ApiKey, Domain, Operator, OperatorStatus
from operators.selectors import find_valid_key, get_operator
from operators.services import issue_key
from operators.tenancy import tenant_context
from players.models import Session
from players.services import open_session
from rounds.models import Round
from tests.admin.desk import Desk, last_entry, list_address, page_address, told
from tests.support.bets import new_player, place, reload

pytestmark = pytest.mark.usefixtures("committed")
SECRET = re.compile(r'id="secret">([^<]+)<')
AMOUNTS = {"min_bet": "1.50", "max_bet": "250.00", "max_win_per_ticket": "1000000.00"}


def operator_form(slug: str, **changed: str) -> dict[str, str]:
    return {
        "name": slug.title(),
        "slug": slug,
        "domain": f"{slug}.localhost",
        "currency_code": "KES",
        "default_language": "sw",
        "primary_color": "#0a7f3f",
        "jurisdiction": "default",
        "region_restrictions": "US, FR",
        **AMOUNTS,
    } | changed


def secret_on(answer: Any) -> str:
    [secret] = SECRET.findall(answer.content.decode())
    return str(secret)


# --- operators ---


@pytest.mark.parametrize("picked", [False, True], ids=["in no operator", "while another operator is picked"])
def test_an_operator_is_created_whole_and_its_key_is_shown_once(
    picked: bool, desk: Desk, operator_a: Operator, unique: Callable[[str], str]
) -> None:
    slug = unique("made")
    desk.pick(operator_a if picked else None)
    answer = desk.take(list_address(Operator) + "add/", **operator_form(slug))
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    secret = secret_on(answer)

    made = get_operator(slug=slug)
    assert (made.min_bet, made.max_bet, made.max_win_per_ticket) == (150, 25_000, 100_000_000)
    assert (made.default_language, made.region_restrictions) == ("sw", ["US", "FR"])
    assert Domain.objects.get(tenant=made).domain == f"{slug}.localhost"
    with tenant_context(made):
        assert multipliers(active_paytable()) == K88
    key = find_valid_key(secret)
    assert key is not None
    assert key.operator == made
    entry = last_entry("operator.created")
    assert (entry.actor, entry.operator_id) == (f"staff:{desk.user.username}", made.pk)

    shown = [
        page_address(made),
        list_address(Operator),
        page_address(key),
        list_address(ApiKey),
        reverse("admin:index"),
    ]
    assert not [page for page in shown if secret in desk.get(page).content.decode()]
    assert secret not in str(dict(desk.client.session.items()))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"slug": "alpha"}, "An operator with this slug exists."),
        ({"domain": "ALPHA.localhost"}, "This domain belongs to an operator."),
        ({"domain": "https://x.example/"}, "without scheme"),
        ({"slug": "Not A Slug"}, "The slug must be"),
        ({"currency_code": "XXZ"}, "is not an ISO 4217 currency code"),
        ({"currency_code": "XOF"}, "more decimals than its currency"),
        ({"min_bet": "-1"}, "not a plain decimal number"),
        ({"min_bet": "300.00"}, "0 &lt; min_bet"),
        ({"primary_color": "#12345"}, "A colour like"),
        ({"region_restrictions": "Kenya"}, "Country codes like"),
    ],
    ids=lambda value: next(iter(value.items())) if isinstance(value, dict) else "",
)
def test_a_bad_description_of_an_operator_makes_nothing_and_is_kept(
    changed: dict[str, str], said: str, desk: Desk, unique: Callable[[str], str]
) -> None:
    before = Operator.objects.count()
    name = unique("Bad Name")
    answer = desk.take(list_address(Operator) + "add/", **(operator_form(unique("bad"), name=name) | changed))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert said in page
    assert f'value="{name}"' in page
    assert Operator.objects.count() == before


def test_suspending_needs_a_reason_stops_bets_at_once_and_is_recorded(
    desk: Desk, colleague: Desk, new_operator: Operator, standing_rounds: list[Round]
) -> None:
    address = page_address(new_operator, "suspend")
    player = new_player(new_operator, money=100_000)
    place(new_operator, player, round_id=standing_rounds[0].pk)
    for no_reason in ("", "   ", "x"):
        assert desk.take(address, reason=no_reason).status_code == 200
        assert get_operator(slug=new_operator.slug).status == OperatorStatus.ACTIVE

    answer = desk.take(address, reason="Licence under review")
    assert answer.status_code == 302
    assert "is suspended now" in told(answer)
    assert get_operator(slug=new_operator.slug).status == OperatorStatus.SUSPENDED
    entry = last_entry("operator.suspended")
    assert entry.actor == f"staff:{desk.user.username}"
    assert entry.operator_id == new_operator.pk
    assert entry.before == {"status": "active"}
    assert entry.after == {"status": "suspended", "reason": "Licence under review"}
    with pytest.raises(AssertionError, match="operator_suspended"):
        place(new_operator, player, round_id=standing_rounds[0].pk)

    assert desk.take(page_address(new_operator, "resume"), reason="Review ended").status_code == 302
    assert get_operator(slug=new_operator.slug).status == OperatorStatus.SUSPENDED, "somebody else has to agree"
    approved = colleague.approve_newest(confirmation=new_operator.slug)
    assert "is active now" in told(approved)
    assert last_entry("operator.resumed").after == {"status": "active", "reason": "Review ended"}
    place(new_operator, player, round_id=standing_rounds[0].pk)


def test_an_operator_is_not_suspended_twice(desk: Desk, new_operator: Operator) -> None:
    address = page_address(new_operator, "suspend")
    desk.take(address, reason="Once")
    answer = desk.client.post(address, {"reason": "Twice"})
    assert "suspended already" in told(answer)
    assert AuditEntry.objects.filter(event_type="operator.suspended", operator_id=new_operator.pk).count() == 1


def test_limits_are_edited_as_decimals_and_recorded(desk: Desk, new_operator: Operator, operator_a: Operator) -> None:
    address = page_address(new_operator)
    form = {
        "min_bet": "2.00",
        "max_bet": "100.00",
        "max_win_per_ticket": "10000.00",
        "region_restrictions": "US,FR",
        "jurisdiction": "default",
    }
    fixed = {
        "name": "A New Name",  # what players see has a step of its own
        "primary_color": "#102030",
        "slug": "other",
        "currency_code": "USD",
        "currency_exponent": "0",
        "status": "suspended",
        "schema_name": "x",
    }
    answer = desk.pick(operator_a).client.post(address, form | fixed)
    assert answer.status_code == 302, answer.context["errors"]
    now = get_operator(operator_id=new_operator.pk)
    assert (now.min_bet, now.max_bet, now.region_restrictions) == (200, 10_000, ["US", "FR"])
    assert (now.name, now.primary_color) == (new_operator.name, "#1f6feb")
    assert (now.slug, now.currency_code, now.currency_exponent) == (new_operator.slug, "KES", 2)
    assert (now.status, now.schema_name) == ("active", new_operator.schema_name)
    entry = last_entry("operator.changed")
    assert (entry.actor, entry.operator_id) == (f"staff:{desk.user.username}", new_operator.pk)
    assert (entry.before or {})["min_bet"] == "1.00"
    assert (entry.after or {})["min_bet"] == "2.00"
    assert "max_bet" not in (entry.after or {})
    for bad in (
        {"min_bet": "2.001"},
        {"min_bet": "101.00"},
        {"region_restrictions": "Kenya"},
    ):
        assert desk.client.post(address, form | bad).status_code == 200
    assert desk.client.post(page_address(new_operator, "delete"), {"post": "yes"}).status_code == 403


RULES = {
    "name": "Land",
    "record_retention_days": "1825",
    "game_start_min_ms": "0",
    "loosening_hours": "24",
    "cool_off_hours": "24,168",
    "exclusion_days": "180",
}


def test_a_jurisdictions_rules_are_edited_by_two_and_recorded(
    desk: Desk, colleague: Desk, unique: Callable[[str], str]
) -> None:
    code = unique("j")[:16]
    made = desk.client.post(list_address(Jurisdiction) + "add/", RULES | {"code": code, "minimum_age": "21"})
    assert made.status_code == 302
    assert last_entry("jurisdiction.created").actor == f"staff:{desk.user.username}"
    profile = Jurisdiction.objects.get(code=code)
    edited = RULES | {"code": "else", "minimum_age": "18", "bet_cancellation": "on", "reason": "A new law"}
    assert desk.client.post(page_address(profile), edited).status_code == 302
    profile.refresh_from_db()
    assert profile.minimum_age == 21, "somebody else has to agree"
    colleague.approve_newest(confirmation=code)
    profile.refresh_from_db()
    assert (profile.code, profile.minimum_age, profile.bet_cancellation) == (code, 18, True)
    before = last_entry("jurisdiction.changed").before or {}
    assert (before["bet_cancellation"], before["minimum_age"]) == (False, 21)
    assert "name" not in before


# --- keys ---


def test_a_key_is_issued_rotated_and_revoked_and_every_secret_is_shown_once(desk: Desk, operator_a: Operator) -> None:
    first = secret_on(desk.take(list_address(ApiKey) + "add/", operator=str(operator_a.pk), label="backend"))
    key = find_valid_key(first)
    assert key is not None
    second = secret_on(desk.take(page_address(key, "rotate"), overlap_hours="1"))
    successor = find_valid_key(second)
    assert successor is not None
    assert find_valid_key(first) is not None, "both are valid in the overlap"
    assert last_entry("operator.key_rotated").actor == f"staff:{desk.user.username}"

    assert desk.take(page_address(successor, "revoke"), reason="Seen in a log").status_code == 302
    assert find_valid_key(second) is None
    assert (last_entry("operator.key_revoked").after or {})["reason"] == "Seen in a log"
    for page in (page_address(key), page_address(successor), list_address(ApiKey), list_address(AuditEntry)):
        shown = desk.get(page).content.decode()
        assert first not in shown
        assert second not in shown


def test_a_rotation_without_overlap_ends_the_old_key_at_once(desk: Desk, operator_a: Operator) -> None:
    key, old = issue_key(operator=operator_a, label="short", actor="test")
    desk.take(page_address(key, "rotate"), overlap_hours="0")
    assert find_valid_key(old) is None
    refused = desk.client.post(page_address(key, "rotate"), {"overlap_hours": "0"})
    assert "issue a new one" in told(refused)


def test_only_a_superuser_deals_in_the_providers_own_keys(unique: Callable[[str], str], operator_a: Operator) -> None:
    clerk = User.objects.create_user(unique("clerk"), is_staff=True)
    for right in ("add_apikey", "change_apikey", "view_apikey"):
        clerk.user_permissions.add(Permission.objects.get(codename=right))
    desk = Desk(clerk)
    key, secret = issue_key(operator=None, label="provider", actor="test")
    assert desk.take(list_address(ApiKey) + "add/", operator="", label="mine").status_code == 403
    assert desk.client.post(page_address(key, "rotate"), {"overlap_hours": "1"}).status_code == 403
    assert desk.client.post(page_address(key, "revoke"), {"reason": "no more"}).status_code == 403
    assert find_valid_key(secret) is not None
    assert secret_on(desk.take(list_address(ApiKey) + "add/", operator=str(operator_a.pk), label="theirs"))


# --- what belongs to one operator ---


def test_a_player_is_blocked_and_unblocked(desk: Desk, operator_a: Operator) -> None:
    player = new_player(operator_a)
    desk.pick(operator_a)
    assert desk.take(page_address(player, "block")).status_code == 302
    assert reload(operator_a, player).blocked
    entry = last_entry("player.blocked")
    assert (entry.actor, entry.operator_id) == (f"staff:{desk.user.username}", operator_a.pk)
    assert "blocked already" in told(desk.get(page_address(player, "block")))
    assert desk.take(page_address(player, "unblock")).status_code == 302
    assert not reload(operator_a, player).blocked


def test_a_step_that_was_begun_in_one_operator_does_nothing_in_another(
    desk: Desk, operator_a: Operator, operator_b: Operator
) -> None:
    players = {operator.pk: new_player(operator) for operator in (operator_a, operator_b)}
    while players[operator_a.pk].pk != players[operator_b.pk].pk:  # until both have the same number in their tables
        behind = min((operator_a, operator_b), key=lambda operator: players[operator.pk].pk)
        players[behind.pk] = new_player(behind)
    player, twin = players[operator_a.pk], players[operator_b.pk]
    address = page_address(player, "block")
    form = desk.pick(operator_a).begin(address)
    answer = desk.pick(operator_b).client.post(address, form)
    assert "Another operator was picked" in answer.content.decode()
    assert not reload(operator_b, twin).blocked
    assert not reload(operator_a, player).blocked


def test_a_session_is_revoked_and_recorded(desk: Desk, operator_a: Operator) -> None:
    player = new_player(operator_a)
    with tenant_context(operator_a):
        session, launch = open_session(operator=operator_a, player=player, language="en", country="")
    desk.pick(operator_a)
    assert launch.partition(".")[2] not in desk.get(page_address(session)).content.decode()
    assert desk.take(page_address(session, "revoke")).status_code == 302
    with tenant_context(operator_a):
        assert Session.objects.get(pk=session.pk).revoked_at is not None
    assert (last_entry("session.revoked").after or {})["session_id"] == str(session.pk)


def test_a_paytable_is_created_shown_with_its_exact_return_and_activated(
    desk: Desk, colleague: Desk, new_operator: Operator
) -> None:
    desk.pick(new_operator)
    address = list_address(Paytable) + "add/"
    begun = desk.get(address).content.decode()
    assert "4: 2=1 3=6 4=135" in begun
    assert desk.take(address, name="One pick", table="1: 1=3.5\n\n2: 1=1 2=8.4").status_code == 302
    with tenant_context(new_operator):
        made = Paytable.objects.get(version=2)
    page = desk.get(page_address(made)).content.decode()
    assert "7/8" in page
    assert "87.5000 %" in page
    assert "699/790" in page
    assert desk.take(page_address(made, "activate"), reason="Agreed with the brand").status_code == 302
    colleague.approve_newest(confirmation=f"{new_operator.slug} 2")
    with tenant_context(new_operator):
        assert active_paytable() == made
        assert multipliers(active_paytable()) == {1: {1: 350}, 2: {1: 100, 2: 840}}
    assert last_entry("paytable.activated").actor == f"staff:{colleague.user.username}"
    assert "active already" in told(desk.get(page_address(made, "activate")))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("1: 1=3.57", "house_edge_too_low"),
        ("1: 1=3.555", "is not a multiplier"),
        ("1: 2=1", "paytable_invalid"),
        ("11: 1=1", "paytable_invalid"),
        ("1: 1=1\n1: 1=2", "not a line of its own"),
        ("1: 1=1 1=2", "not a prize of its own"),
        ("1 = 3", "not a line of its own"),
        ("1:", "paytable_invalid"),
        ("1: 1=0", "paytable_invalid"),
    ],
)
def test_a_paytable_that_may_not_be_is_refused_with_the_reason(
    table: str, said: str, desk: Desk, operator_a: Operator
) -> None:
    answer = desk.pick(operator_a).take(list_address(Paytable) + "add/", name="Bad", table=table)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    with tenant_context(operator_a):
        assert Paytable.objects.count() == 1


def test_a_forged_step_is_refused(operator_a: Operator, superuser: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(superuser)
    answer = client.post(page_address(operator_a, "suspend"), {"reason": "from another site"})
    assert answer.status_code == 403
    assert get_operator(slug=operator_a.slug).status == OperatorStatus.ACTIVE
