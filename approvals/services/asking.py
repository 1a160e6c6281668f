"""Asking for a change, taking a request back, and the end of what nobody decided."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from approvals.actions import Action, effect_of, get_action
from approvals.models import Request, State
from approvals.ports import ports
from approvals.selectors import facts_of, find_open, fingerprint_of
from approvals.services.people import NotPermitted, Person, close, held, record, require_permission
from approvals.shapes import Case, plain
from keno_platform.core.errors import Kind, Refusal, Retry

LIFETIME = timedelta(hours=72)
EXPIRED_MAX = 500


class AlreadyAsked(Refusal):
    """One request at a time about one subject; the one that waits has to come to its end first."""

    code = "approval_already_asked"
    kind = Kind.CONFLICT
    title = "This was asked for already and waits for a decision"
    retry = Retry.NEVER


@transaction.atomic
def ask(
    *,
    action: str,
    subject: str,
    person: Person,
    reason: str,
    operator_id: UUID | None = None,
    payload: Mapping[str, Any] | None = None,
) -> Request:
    """
    Ask for a change that somebody else decides. Nothing is changed by it.

    :raises NotPermitted: the person could not do it either. :raises AlreadyAsked: such a request waits.
    :raises Refusal: as the action says: there is nothing to change, or it must not be.
    """
    what = get_action(action)
    require_permission(what.permission_to_ask or what.permission, person, operator_id)
    case = Case(subject=subject, operator_id=operator_id, payload=dict(payload or {}))
    expire()
    if waiting := find_open(action=action, subject=subject, operator_id=operator_id):
        raise AlreadyAsked(request_id=str(waiting.pk))
    request = _made(what, case, person, reason)
    record(request, "requested", person, said=f"{what.title}: asked for")
    return request


def _made(action: Action, case: Case, person: Person, reason: str) -> Request:
    description = action.describe(case)
    facts = facts_of(action, case)
    asked, made = Request.objects.get_or_create(
        action=action.code,
        subject=case.subject,
        operator_id=case.operator_id,
        state=State.OPEN,
        defaults={
            "payload": case.payload,
            "description": plain(description),
            "effect": plain(effect_of(action, case)),
            "rests_on": facts,
            "fingerprint": fingerprint_of(facts),
            "reason": reason,
            "asked_by": person.name,
            "asked_by_user": person.user,
            "expires_at": Now() + _lifetime(action),
        },
    )
    if not made:  # somebody else was a moment earlier
        raise AlreadyAsked(request_id=str(asked.pk))
    asked.refresh_from_db()
    return asked


def _lifetime(action: Action) -> timedelta:
    return action.lifetime or (ports.lifetime() if ports.lifetime else LIFETIME)


@transaction.atomic
def withdraw(*, request_id: UUID, person: Person) -> Request:
    """
    Take one's own request back.

    :raises NotOpen: it has come to its end. :raises NotPermitted: somebody else asked for it.
    """
    request = held(request_id)
    if request.asked_by_user_id != person.user.pk:
        raise NotPermitted("Only the person who asked can take a request back.")
    close(request, State.WITHDRAWN, "Taken back by the person who asked.")
    record(request, "withdrawn", person, said="taken back")
    return request


@transaction.atomic
def expire() -> int:
    """Close what nobody decided in time, by the database's clock. What is being decided just now is left alone."""
    late = Request.objects.select_for_update(skip_locked=True).filter(state=State.OPEN, expires_at__lte=Now())
    closed = list(late.order_by("expires_at")[:EXPIRED_MAX])
    for request in closed:
        close(request, State.EXPIRED, "Nobody decided it in time.")
        record(request, "expired", None, said="nobody decided it in time")
    return len(closed)
