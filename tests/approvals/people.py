"""Members of staff who ask and decide, and an operator whose limits they are about."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from django.contrib.auth.models import User

from access.models import Role
from access.services import appoint
from approvals import actions, services
from approvals.actions import Action
from approvals.models import Request
from approvals.services import Person
from approvals.shapes import Case, Description, Line, Parties
from keno_platform.database.connecting import parameters
from keno_platform.local.postgres import SUPERUSER
from operators.approvals import RAISE
from operators.models import Operator

Named = Callable[[str], str]


def person(name: str, *, role: Role = Role.SUPER_ADMIN, operator_id: UUID | None = None) -> Person:
    """A new member of staff of this name."""
    user = User.objects.create_user(name, is_staff=True, is_superuser=role == Role.SUPER_ADMIN)
    appoint(user=user, role=role, operator_id=operator_id, actor="test")
    return Person(user=user, address="192.0.2.7")


def again(one: Person) -> Person:
    """The same person as the database has them now."""
    return Person(user=User.objects.get(pk=one.user.pk), address=one.address)


def ask_to_raise(operator: Operator, by: Person, *, max_bet: int) -> Request:
    """A request to raise an operator's highest stake."""
    return services.ask(
        action=RAISE,
        subject=operator.slug,
        operator_id=operator.pk,
        payload={"max_bet": max_bet},
        person=by,
        reason="A new licence",
    )


def approve(request: Request, by: Person, **changed: Any) -> Request:
    """Approve it, and type what has to be typed."""
    terms = {"reason": "Checked the licence", "confirmation": request.description["confirm"]} | changed
    return services.approve(request_id=request.pk, person=by, **terms)


@contextmanager
def an_action(
    code: str,
    *,
    carry_out: Callable[[Case, Parties], str],
    facts: Callable[[Case], dict[str, Any]] = lambda _: {},
    lifetime: timedelta | None = None,
) -> Iterator[Action]:
    """An action of the test's own, known to everybody as long as this lasts."""
    action = Action(
        code=code,
        title="A test",
        permission="operators.change_operator",
        describe=lambda case: Description(
            subject=case.subject,
            lines=(Line(name="it", before="before", after="after"),),
            consequence="It is done.",
            confirm="yes",
        ),
        fingerprint=facts,
        carry_out=carry_out,
        lifetime=lifetime,
    )
    actions.register(action)
    try:
        yield action
    finally:
        del actions._actions[code]


def ask_for(action: Action, by: Person, *, subject: str = "a thing") -> Request:
    """A request of an action of the test's own."""
    return services.ask(action=action.code, subject=subject, person=by, reason="Because")


@contextmanager
def as_superuser() -> "Iterator[psycopg.Cursor[Any]]":
    """The database's superuser with every trigger switched off, foreign keys' too. What is done is undone."""
    with (
        psycopg.connect(**parameters("superuser") | {"user": SUPERUSER}) as own,
        own.transaction(force_rollback=True),
        own.cursor() as cursor,
    ):
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield cursor
