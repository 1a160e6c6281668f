"""The database itself refuses one person in both parts, and a history that is other than it was."""

from contextlib import AbstractContextManager

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from approvals.models import Decision, Request
from approvals.services import Person
from operators.models import Operator
from tests.approvals.people import Named, approve, ask_to_raise, person

pytestmark = pytest.mark.django_db
INSERT = (
    "INSERT INTO approvals_decision (request_id, verdict, reason, asked_by, asked_by_user_id, decided_by,"
    " decided_by_user_id, effect) VALUES (%s, 'approve', 'mine', %s, %s, %s, %s, '[]')"
)


def refused(what: str = "") -> "AbstractContextManager[pytest.ExceptionInfo[DatabaseError]]":
    return pytest.raises(DatabaseError, match=what)


def insert(request: Request, *, asked_by: Person, decided_by: Person, name: str | None = None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        parameters = [request.pk, asked_by.name, asked_by.user.pk, name or decided_by.name, decided_by.user.pk]
        cursor.execute(INSERT, parameters)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_one_person_in_both_parts_is_refused_whatever_name_they_write(brand: Operator, ann: Person) -> None:
    request = ask_to_raise(brand, ann, max_bet=200_000)
    with refused("approvals_four_eyes"):
        insert(request, asked_by=ann, decided_by=ann)
    with refused("approvals_four_eyes"):
        insert(request, asked_by=ann, decided_by=ann, name="staff:somebody else")


def test_another_row_with_the_askers_name_is_refused(brand: Operator, ann: Person, ben: Person) -> None:
    request = ask_to_raise(brand, ann, max_bet=200_000)
    with refused("approvals_four_eyes_by_name"):
        insert(request, asked_by=ann, decided_by=ben, name=ann.name.upper())


def test_a_decision_cannot_say_that_somebody_else_had_asked(
    brand: Operator, ann: Person, ben: Person, unique: Named
) -> None:
    request = ask_to_raise(brand, ann, max_bet=200_000)
    with refused("approvals_decision_names_who_asked"):
        insert(request, asked_by=ben, decided_by=person(unique("cid")))
    with refused("approvals_decision_names_who_asked"):
        insert(request, asked_by=ben, decided_by=ann)


def test_a_decision_without_what_comes_of_it_is_refused(brand: Operator, ann: Person, ben: Person) -> None:
    request = ask_to_raise(brand, ann, max_bet=200_000)
    with refused("decided and still open"):
        insert(request, asked_by=ann, decided_by=ben)


@pytest.mark.parametrize("state", ["approved", "failed", "rejected"])
def test_no_request_is_closed_as_decided_without_a_decision(state: str, brand: Operator, ann: Person) -> None:
    request = ask_to_raise(brand, ann, max_bet=200_000)
    with refused("its decision is none"), transaction.atomic():
        Request.objects.filter(pk=request.pk).update(state=state, closed_at=request.asked_at)


def test_a_request_does_not_expire_before_its_time(brand: Operator, ann: Person) -> None:
    request = ask_to_raise(brand, ann, max_bet=200_000)
    with refused("has not expired yet"), transaction.atomic():
        Request.objects.filter(pk=request.pk).update(state="expired", closed_at=request.asked_at)


@pytest.mark.parametrize(
    "change",
    [{"payload": {"max_bet": 1}}, {"asked_by": "staff:else"}, {"fingerprint": bytes(32)}, {"reason": "another"}],
    ids=lambda change: next(iter(change)),
)
def test_what_is_asked_for_never_changes(change: dict[str, object], brand: Operator, ann: Person) -> None:
    request = ask_to_raise(brand, ann, max_bet=200_000)
    with refused("it changes once, to its end"), transaction.atomic():
        Request.objects.filter(pk=request.pk).update(**change)


def test_an_end_is_an_end(brand: Operator, ann: Person, ben: Person) -> None:
    request = approve(ask_to_raise(brand, ann, max_bet=200_000), ben)
    with refused("it changes once"), transaction.atomic():
        Request.objects.filter(pk=request.pk).update(state="open", closed_at=None)
    with refused("it changes once"), transaction.atomic():
        Request.objects.filter(pk=request.pk).update(outcome="something nicer")


def test_history_is_neither_changed_nor_removed(brand: Operator, ann: Person, ben: Person) -> None:
    request = approve(ask_to_raise(brand, ann, max_bet=200_000), ben)
    for statement in (
        "UPDATE approvals_decision SET reason = 'better'",
        "DELETE FROM approvals_decision",
        "TRUNCATE approvals_decision",
        "DELETE FROM approvals_request",
        "TRUNCATE approvals_request CASCADE",
    ):
        with refused("append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(statement)
    assert Decision.objects.get(request=request).reason == "Checked the licence"


def test_a_request_begins_open_and_once(brand: Operator, ann: Person) -> None:
    request = ask_to_raise(brand, ann, max_bet=200_000)
    request.pk = "0190a000-0000-7000-8000-00000000f0e5"
    request._state.adding = True
    with pytest.raises(IntegrityError, match="approvals_asked_once_at_a_time"), transaction.atomic():
        request.save(force_insert=True)
    request.state, request.closed_at = "approved", request.asked_at
    with refused("a request begins open"), transaction.atomic():
        request.save(force_insert=True)
