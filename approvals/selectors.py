"""Reading requests: what waits, and who could decide it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet

from approvals.actions import Action, get_action
from approvals.models import Request, State
from approvals.ports import ports
from approvals.shapes import Case
from keno_platform.core.errors import NotFound


def case_of(request: Request) -> Case:
    """What a request asks for."""
    return Case(subject=request.subject, operator_id=request.operator_id, payload=request.payload)


def get_request(request_id: UUID) -> Request:
    """:raises NotFound: there is no such request."""
    found = Request.objects.select_related("decision").filter(pk=request_id).first()
    if found is None:
        raise NotFound()
    return found


def open_requests() -> "QuerySet[Request]":
    """What waits for a decision, the oldest first. One that is past its time and not swept yet is among them."""
    return Request.objects.filter(state=State.OPEN).order_by("id")


def find_open(*, action: str, subject: str, operator_id: UUID | None = None) -> Request | None:
    """The request about this subject that waits, if there is one."""
    return open_requests().filter(action=action, subject=subject, operator_id=operator_id).first()


def waiting_for(user: User) -> list[Request]:
    """Those open requests that this member of staff could decide."""
    return [one for one in open_requests() if may_decide(one, user)]


def may_decide(request: Request, user: User) -> bool:
    """Whether somebody may decide a request: another person than the one who asked, with the action's permission."""
    try:
        permission = get_action(request.action).permission
    except NotFound:
        return False
    if user.pk == request.asked_by_user_id or not ports.may_act(user, permission, request.operator_id):
        return False
    return not ports.may_be_one_person(user, request.asked_by_user)


def others_who_may_decide(request: Request) -> list[User]:
    """Every member of staff who could decide it, by name."""
    staff = User.objects.filter(is_active=True, is_staff=True).order_by("username")
    return [user for user in staff if may_decide(request, user)]


def facts_of(action: Action, case: Case) -> dict[str, Any]:
    """What a change rests on now, as JSON keeps it."""
    facts: dict[str, Any] = json.loads(json.dumps(dict(action.fingerprint(case)), sort_keys=True))
    return facts


def fingerprint_of(facts: Mapping[str, Any]) -> bytes:
    """SHA-256 of facts: the same for the same facts, in whatever order they come."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).digest()


def changed_facts(request: Request, now: Mapping[str, Any]) -> list[str]:
    """The names of those facts that are not as they were when it was asked."""
    before = request.rests_on
    return sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
