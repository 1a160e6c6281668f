"""Whether an operator's bets are taken."""

from django.db import transaction

from operators.models import Operator, OperatorStatus
from operators.ports import ports
from operators.services.records import record


def suspend_operator(*, operator: Operator, reason: str, actor: str) -> None:
    """Refuse this operator's bets from now on: placement reads the status inside its own transaction."""
    _set_status(operator, OperatorStatus.SUSPENDED, reason, actor)


def resume_operator(*, operator: Operator, reason: str, actor: str) -> None:
    """Take this operator's bets again; a room above may have a refusal against it."""
    if ports.require_resumable is not None:
        ports.require_resumable(operator)
    _set_status(operator, OperatorStatus.ACTIVE, reason, actor)


@transaction.atomic
def _set_status(operator: Operator, status: OperatorStatus, reason: str, actor: str) -> None:
    before = operator.status
    Operator.objects.filter(pk=operator.pk).update(status=status)
    operator.status = status
    record(
        "operator.suspended" if status == OperatorStatus.SUSPENDED else "operator.resumed",
        operator,
        actor,
        before={"status": str(before)},
        after={"status": str(status), "reason": reason},
    )
    for told in ports.on_status_changed:
        told(operator, str(status))
