"""
Dead letters, resolved by two people: one asks for a remedy with a reason, another approves it (see `wallet.approvals`).
The database refuses one person in both parts.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from audit import services as audit
from keno_platform.core.errors import Kind as Refused
from keno_platform.core.errors import NotFound, Refusal, Retry
from operators.models import Operator
from operators.tenancy import tenant_context
from wallet.models import CallState, Kind, Remedy, Resolution, WalletCall
from wallet.services.books import post_movements


class NotDead(Refusal):
    """Only a dead letter is resolved by hand."""

    code = "not_a_dead_letter"
    kind = Refused.CONFLICT
    title = "This call is not a dead letter, or is being resolved already"
    retry = Retry.NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What two people have agreed on."""

    remedy: Remedy
    reason: str
    requested_by: str
    decided_by: str


@transaction.atomic
def resolve(*, operator: Operator, call_id: UUID, agreed: Agreed) -> Resolution:
    """
    Carry the remedy of a dead letter out, in the caller's transaction.

    `RETRY` sends the credit again for a day. `BY_HAND` books it here as delivered: the operator has paid the player
    in another way, and says so.

    :raises NotFound: no such call. :raises NotDead: it is not dead.
    """
    with tenant_context(operator):
        call = held_call(call_id)
        if call.state != CallState.DEAD:
            raise NotDead()
        resolution = Resolution.objects.create(
            call_id=call_id,
            remedy=agreed.remedy,
            reason=agreed.reason,
            requested_by=agreed.requested_by,
            decided_by=agreed.decided_by,
            decided_at=Now(),
            approved=True,
        )
        _carry_out(call, agreed.remedy)
        _record(operator, call, agreed)
        return resolution


def _carry_out(call: WalletCall, remedy: Remedy) -> None:
    rows = WalletCall.objects.filter(pk=call.pk, state=CallState.DEAD)
    if remedy is Remedy.RETRY:
        rows.update(state=CallState.PENDING, due_at=Now(), attempts=0)
        return
    rows.update(state=CallState.RESOLVED, finished_at=Now())
    if call.amount:
        post_movements(Kind.CREDIT, causes=[call.pk], players=[call.player_id], amounts=[-call.amount])


def held_call(call_id: UUID) -> WalletCall:
    """A call that nobody else changes until the transaction ends. :raises NotFound: there is none."""
    call = WalletCall.objects.select_for_update().filter(pk=call_id).first()
    if call is None:
        raise NotFound()
    return call


def _record(operator: Operator, call: WalletCall, agreed: Agreed) -> None:
    audit.record(
        "wallet.dead_letter_resolved",
        description=f"{operator.name}: a dead letter of {operator.money(call.amount)} {operator.currency_code}",
        actor=agreed.decided_by,
        operator_id=operator.pk,
        round_id=call.round_id,
        bet_id=call.bet_id,
        after={
            "transaction_id": str(call.pk),
            "remedy": agreed.remedy.value,
            "reason": agreed.reason,
            "requested_by": agreed.requested_by,
        },
    )
