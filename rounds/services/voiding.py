"""Voiding: a round that will have no draw. Every stake goes back."""

from contextlib import suppress

from django.db import connection, transaction

from audit import services as audit
from fairness.messages import VoidCause
from keno_platform.core.errors import Kind, Refusal
from rounds import announce
from rounds.models import Round, RoundStatus

VOIDABLE = (RoundStatus.SCHEDULED, RoundStatus.OPEN, RoundStatus.CLOSED)


class RoundNotVoidable(Refusal):
    """The round is drawn already, or void: its outcome stands."""

    code = "round_not_voidable"
    kind = Kind.CONFLICT
    title = "This round can no longer be voided"


def void_round(*, round_id: int, reason: str, actor: str) -> Round:
    """
    Void a round that is not drawn yet. Operators' settlement returns the stakes.

    :raises RoundNotVoidable: drawn, finished or void already; or there is no such round.
    """
    return _void(round_id, cause=VoidCause.STAFF, reason=reason, actor=actor)


def void_for_fault(one: Round, *, cause: VoidCause, reason: str) -> None:
    """Void a round whose draw cannot be made honestly; whoever else drives the rounds may have done it already."""
    with suppress(RoundNotVoidable):
        _void(one.pk, cause=cause, reason=reason, actor=audit.SYSTEM)


@transaction.atomic(durable=True)
def _void(round_id: int, *, cause: VoidCause, reason: str, actor: str) -> Round:
    with connection.cursor() as cursor:
        # Exclusive, as at the close: a bet is committed and gets its stake back, or finds the round void.
        cursor.execute("SELECT public.rounds_shut(%s)", [[round_id]])
        cursor.execute(_VOID, [int(cause), reason, round_id, list(VOIDABLE)])
        if cursor.rowcount != 1:
            raise RoundNotVoidable(round_id=round_id)
    one = Round.objects.select_related("game").get(pk=round_id)
    audit.record(
        "round.voided",
        description=f"round {round_id} of {one.game.code} voided: {reason}",
        actor=actor,
        round_id=round_id,
        after={"status": RoundStatus.VOID.value, "reason": reason, "cause": int(cause)},
    )
    announce.tell("voided", [one])
    announce.payable([round_id])
    return one


_VOID = """
    UPDATE public.rounds_round
    SET status = 'void', voided_at = clock_timestamp(), void_cause = %s, void_reason = %s
    WHERE id = %s AND status = ANY (%s)
"""
