"""Who acts, whether they may, and the request that they act on."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models.functions import Now

from approvals.models import Request, State
from approvals.ports import ports
from approvals.shapes import description_of
from audit import services as audit
from keno_platform.core.errors import Kind, NotFound, Refusal, Retry

_OUTCOME_MAX = 400


class NotPermitted(Refusal):
    """The caller has not the permission that this action needs, for this operator."""

    code = "approval_not_permitted"
    kind = Kind.FORBIDDEN
    title = "You may not ask for this, nor decide it"


class NotOpen(Refusal):
    """Nobody can decide a request twice, nor one whose time is over."""

    code = "approval_not_open"
    kind = Kind.CONFLICT
    title = "This request is decided, withdrawn or expired already"
    retry = Retry.NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member of staff, and from where they act."""

    user: User
    address: str | None = None

    @property
    def name(self) -> str:
        """As the record names staff."""
        return f"staff:{self.user.get_username()}"


def require_permission(permission: str, person: Person, operator_id: UUID | None) -> None:
    """:raises NotPermitted: this person has not what the action needs."""
    if not ports.may_act(person.user, permission, operator_id):
        raise NotPermitted(permission=permission)


def held(request_id: UUID) -> Request:
    """
    An open request, which nobody else can move until the transaction ends.

    :raises NotFound: there is none. :raises NotOpen: it has come to its end.
    """
    found = Request.objects.select_for_update().filter(pk=request_id).first()
    if found is None:
        raise NotFound()
    if found.state != State.OPEN:
        raise NotOpen(state=found.state)
    return found


def close(request: Request, state: State, outcome: str) -> Request:
    """Bring a request that is held to its end."""
    Request.objects.filter(pk=request.pk).update(state=state, closed_at=Now(), outcome=outcome[:_OUTCOME_MAX])
    request.refresh_from_db()
    return request


def record(request: Request, event: str, person: Person | None, *, said: str) -> None:
    """What happened to a request, with everything that it asks for, in the operator's own log where it has one."""
    shown = description_of(request.description)
    audit.record(
        f"approval.{event}",
        description=f"{shown.subject}: {said}",
        actor=person.name if person else audit.SYSTEM,
        address=person.address if person else None,
        operator_id=request.operator_id,
        round_id=shown.round_id,
        bet_id=shown.bet_id,
        before={line.name: line.before for line in shown.lines},
        after={
            **{line.name: line.after for line in shown.lines},
            "request_id": str(request.pk),
            "action": request.action,
            "asked_by": request.asked_by,
            "reason": request.reason,
        },
    )
