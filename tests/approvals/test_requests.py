"""Asking changes nothing, another person's yes changes it in one transaction, and nobody's own yes ever does."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from access.models import Role
from approvals import services
from approvals.models import Decision, Request, State
from approvals.services import Person
from approvals.shapes import Case, Parties
from audit.models import AuditEntry
from keno_platform.core.errors import NotFound
from operators.models import Operator
from operators.selectors import get_operator
from operators.services import change_terms
from tests.approvals.people import Named, again, an_action, approve, ask_for, ask_to_raise, person

pytestmark = pytest.mark.django_db


def highest_stake(operator: Operator) -> int:
    return get_operator(operator_id=operator.pk).max_bet


def entries(request: Request) -> list[AuditEntry]:
    found = AuditEntry.objects.filter(event_type__startswith="approval.", after__request_id=str(request.pk))
    return list(found.order_by("pk"))


def test_asking_changes_nothing_and_is_on_record(brand: Operator, ann: Person) -> None:
    request = ask_to_raise(brand, ann, max_bet=200_000)
    assert highest_stake(brand) == 100_000
    assert (request.state, request.asked_by) == (State.OPEN, ann.name)
    [entry] = entries(request)
    assert (entry.event_type, entry.actor, entry.address) == ("approval.requested", ann.name, "192.0.2.7")
    assert entry.operator_id == brand.pk
    assert (entry.before, (entry.after or {})["highest stake"]) == ({"highest stake": "1000.00 KES"}, "2000.00 KES")


def test_another_persons_approval_carries_it_out_in_its_own_transaction(
    brand: Operator, ann: Person, ben: Person
) -> None:
    done = approve(ask_to_raise(brand, ann, max_bet=200_000), ben)
    assert (done.state, highest_stake(brand)) == (State.APPROVED, 200_000)
    assert (done.decision.decided_by, done.decision.verdict) == (ben.name, "approve")
    _, approved = entries(done)
    changed = AuditEntry.objects.filter(event_type="operator.terms_changed").latest("pk")
    assert changed.transaction_number == approved.transaction_number
    assert (changed.actor, (changed.after or {})["reason"]) == (ben.name, "A new licence")


def test_nobody_approves_or_rejects_what_they_asked_for_however_mighty(brand: Operator, ann: Person) -> None:
    request = ask_to_raise(brand, ann, max_bet=200_000)
    assert ann.user.is_superuser
    with pytest.raises(services.SamePerson):
        approve(request, ann)
    with pytest.raises(services.SamePerson):
        services.reject(request_id=request.pk, person=ann, reason="No, after all")
    assert highest_stake(brand) == 100_000
    assert not Decision.objects.filter(request=request).exists()


def test_a_new_name_does_not_make_another_person(brand: Operator, ann: Person, unique: Named) -> None:
    request = ask_to_raise(brand, ann, max_bet=200_000)
    type(ann.user).objects.filter(pk=ann.user.pk).update(username=unique("zoe"))
    with pytest.raises(services.SamePerson):
        approve(request, again(ann))


def test_a_name_in_other_letters_is_the_same_person(brand: Operator, ann: Person) -> None:
    request = ask_to_raise(brand, ann, max_bet=200_000)
    with pytest.raises(services.SamePerson):
        approve(request, person(ann.user.username.upper()))


def test_a_rejection_changes_nothing_and_can_be_asked_again(brand: Operator, ann: Person, ben: Person) -> None:
    request = ask_to_raise(brand, ann, max_bet=200_000)
    rejected = services.reject(request_id=request.pk, person=ben, reason="Not on this licence")
    assert (rejected.state, rejected.outcome, highest_stake(brand)) == (State.REJECTED, "Not on this licence", 100_000)
    assert [one.event_type for one in entries(request)] == ["approval.requested", "approval.rejected"]
    assert ask_to_raise(brand, ann, max_bet=200_000).pk != request.pk


def test_what_changes_meanwhile_makes_the_approval_fail_and_says_what(
    brand: Operator, ann: Person, ben: Person
) -> None:
    request = ask_to_raise(brand, ann, max_bet=200_000)
    change_terms(operator_id=brand.pk, wanted={"max_bet": 150_000}, actor="test", reason="meanwhile")
    failed = approve(request, ben)
    assert (failed.state, highest_stake(brand)) == (State.FAILED, 150_000)
    assert "changed since it was asked (highest stake)" in failed.outcome
    assert [one.event_type for one in entries(request)] == ["approval.requested", "approval.failed"]


def test_what_changes_and_changes_back_does_not_matter(brand: Operator, ann: Person, ben: Person) -> None:
    request = ask_to_raise(brand, ann, max_bet=200_000)
    for max_bet in (150_000, 100_000):
        change_terms(operator_id=brand.pk, wanted={"max_bet": max_bet}, actor="test", reason="meanwhile")
    assert approve(request, ben).state == State.APPROVED


def test_a_refusal_undoes_what_was_done_and_fails_the_request(
    brand: Operator, ann: Person, ben: Person, unique: Named
) -> None:
    def half(case: Case, parties: Parties) -> str:
        change_terms(operator_id=brand.pk, wanted={"max_bet": 999_999}, actor="test", reason="half of it")
        raise NotFound("the other half is refused")

    with an_action(unique("tests.half"), carry_out=half) as action:
        failed = approve(ask_for(action, ann), ben)
    assert (failed.state, highest_stake(brand)) == (State.FAILED, 100_000)
    assert "the other half is refused" in failed.outcome


def test_one_request_at_a_time_about_one_thing(brand: Operator, operator_b: Operator, ann: Person, ben: Person) -> None:
    first = ask_to_raise(brand, ann, max_bet=200_000)
    with pytest.raises(services.AlreadyAsked) as refused:
        ask_to_raise(brand, ben, max_bet=300_000)
    assert refused.value.params == {"request_id": str(first.pk)}
    assert ask_to_raise(operator_b, ben, max_bet=300_000).state == State.OPEN


def test_only_who_asked_takes_a_request_back(brand: Operator, ann: Person, ben: Person) -> None:
    request = ask_to_raise(brand, ann, max_bet=200_000)
    with pytest.raises(services.NotPermitted):
        services.withdraw(request_id=request.pk, person=ben)
    assert services.withdraw(request_id=request.pk, person=ann).state == State.WITHDRAWN
    for late in (lambda: approve(request, ben), lambda: services.withdraw(request_id=request.pk, person=ann)):
        with pytest.raises(services.NotOpen):
            late()
    assert highest_stake(brand) == 100_000


def test_what_is_decided_is_decided(brand: Operator, ann: Person, ben: Person, unique: Named) -> None:
    request = ask_to_raise(brand, ann, max_bet=200_000)
    approve(request, ben)
    with pytest.raises(services.NotOpen):
        services.reject(request_id=request.pk, person=person(unique("cid")), reason="Too late")
    assert highest_stake(brand) == 200_000


@pytest.mark.parametrize("typed", ["", "ALPHA", "alph", "alpha alpha"])
def test_an_approval_has_to_be_typed(typed: str, brand: Operator, ann: Person, ben: Person) -> None:
    request = ask_to_raise(brand, ann, max_bet=200_000)
    with pytest.raises(services.NotConfirmed):
        approve(request, ben, confirmation=typed)
    assert highest_stake(brand) == 100_000
    assert approve(request, ben, confirmation=" alpha ").state == State.APPROVED


def test_whoever_may_not_do_it_neither_asks_nor_decides(brand: Operator, ann: Person, unique: Named) -> None:
    support = person(unique("support"), role=Role.SUPPORT)
    with pytest.raises(services.NotPermitted):
        ask_to_raise(brand, support, max_bet=200_000)
    request = ask_to_raise(brand, ann, max_bet=200_000)
    for decide in (
        lambda: approve(request, support),
        lambda: services.reject(request_id=request.pk, person=support, reason="No"),
    ):
        with pytest.raises(services.NotPermitted):
            decide()


def test_who_left_decides_nothing(brand: Operator, ann: Person, ben: Person) -> None:
    request = ask_to_raise(brand, ann, max_bet=200_000)
    type(ben.user).objects.filter(pk=ben.user.pk).update(is_active=False)
    with pytest.raises(services.NotPermitted):
        approve(request, again(ben))


def test_nobody_asks_for_what_nobody_registered(ann: Person) -> None:
    with pytest.raises(NotFound):
        services.ask(action="tests.unknown", subject="x", person=ann, reason="Because")


# --- time ---


def soon_over(request: Request) -> None:
    """Until the database's clock is past the request's time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep_until(%s)", [request.expires_at + timedelta(milliseconds=1)])


def test_a_request_expires_by_the_databases_clock_and_is_closed_on_record(ann: Person, unique: Named) -> None:
    with an_action(unique("tests.short"), carry_out=_done, lifetime=timedelta(milliseconds=50)) as action:
        request = ask_for(action, ann)
        soon_over(request)
        assert services.expire() >= 1
    request.refresh_from_db()
    assert request.state == State.EXPIRED
    assert [one.event_type for one in entries(request)] == ["approval.requested", "approval.expired"]
    assert entries(request)[1].actor == "system"


def test_nothing_is_approved_after_its_time_though_nobody_swept_it(ann: Person, ben: Person, unique: Named) -> None:
    with an_action(unique("tests.late"), carry_out=_done, lifetime=timedelta(milliseconds=50)) as action:
        request = ask_for(action, ann)
        soon_over(request)
        with pytest.raises(services.NotOpen):
            approve(request, ben)


def test_what_is_over_its_time_does_not_keep_others_from_asking(ann: Person, ben: Person, unique: Named) -> None:
    with an_action(unique("tests.again"), carry_out=_done, lifetime=timedelta(milliseconds=50)) as action:
        first = ask_for(action, ann)
        soon_over(first)
        second = ask_for(action, ben)
    first.refresh_from_db()
    assert (first.state, second.state) == (State.EXPIRED, State.OPEN)


def test_a_request_stays_open_as_long_as_the_configuration_says(brand: Operator, ann: Person) -> None:
    request = ask_to_raise(brand, ann, max_bet=200_000)
    assert request.expires_at - request.asked_at == timedelta(hours=72)


def _done(case: Case, parties: Parties) -> str:
    return "done"


def test_a_member_within_an_operator_has_no_part_in_anothers_requests(
    brand: Operator, operator_b: Operator, ann: Person, unique: Named
) -> None:
    own = person(unique("own"), role=Role.OPERATOR_STAFF, operator_id=operator_b.pk)
    request = ask_to_raise(brand, ann, max_bet=200_000)
    with pytest.raises(services.NotPermitted):
        approve(request, own)


def test_the_fingerprint_is_the_same_for_the_same_facts_in_another_order() -> None:
    from approvals.selectors import fingerprint_of

    one: dict[str, Any] = {"a": 1, "b": [2, None]}
    assert fingerprint_of(one) == fingerprint_of(dict(reversed(one.items())))
    assert fingerprint_of(one) != fingerprint_of(one | {"a": "1"})
