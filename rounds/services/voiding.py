"""Voiding: a round that will have no draw. Every stake goes back."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from django.db import connection, transaction

from audit import services as audit
from fairness.messages import VoidCause
from keno_platform.core.errors import Kind, Refusal, Retry
from rounds import announce
from rounds.facts import COLUMNS, RoundFacts
from rounds.models import Round, RoundStatus
from rounds.statements import run

VOIDABLE = (RoundStatus.SCHEDULED, RoundStatus.OPEN, RoundStatus.CLOSED)


class RoundNotVoidable(Refusal):
    """The round is drawn already, or void: its outcome stands."""

    code = "round_not_voidable"
    kind = Kind.CONFLICT
    title = "This round can no longer be voided"
    retry = Retry.NEVER


def void_round(*, round_id: int, reason: str, actor: str) -> Round:
    """
    Void a round that is not drawn yet. Operators' settlement returns the stakes.

    :raises RoundNotVoidable: drawn, finished or void already; or there is no such round.
    """
    with transaction.atomic(durable=True):
        return void_in_transaction(round_id=round_id, reason=reason, actor=actor)


def void_in_transaction(*, round_id: int, reason: str, actor: str) -> Round:
    """
    The same inside the caller's transaction, which holds the round's gate until it ends: make it a short one.

    :raises RoundNotVoidable: drawn, finished or void already; or there is no such round.
    """
    return _void(round_id, cause=VoidCause.STAFF, reason=reason, actor=actor)


class AnyRound(Protocol):
    """A round as a model, or as a row with its id."""

    @property
    def id(self) -> int: ...


def void_for_fault(one: AnyRound, *, cause: VoidCause, reason: str) -> None:
    """Void a round whose draw cannot be made honestly; whoever else drives the rounds may have done it already."""
    with suppress(RoundNotVoidable), transaction.atomic(durable=True):
        _void(one.id, cause=cause, reason=reason, actor=audit.SYSTEM)


@transaction.atomic(durable=True)
def void_unsealed(round_ids: Sequence[int], *, cause: VoidCause, reason: str) -> list[RoundFacts]:
    """
    Void many closed rounds whose bets were never fixed by a CLOSE; those that have one by now are left alone.

    Their gates are shut already, so nobody is waited for: bets are committed and get their stakes back.
    """
    rows = run(_VOID_UNSEALED, [int(cause), reason, list(round_ids)])
    voided, codes = [RoundFacts(*row[:-1]) for row in rows], [row[-1] for row in rows]
    audit.record_many([_event(one, code, cause, reason) for one, code in zip(voided, codes, strict=True)])
    announce.tell("voided", voided)
    if voided:
        announce.payable([one.id for one in voided])
        announce.finished([one.id for one in voided])
    return voided


def _event(one: RoundFacts, code: str, cause: VoidCause, reason: str) -> audit.Event:
    return audit.Event(
        event_type="round.voided",
        description=f"round {one.id} of {code} voided: {reason}",
        round_id=one.id,
        after={"status": RoundStatus.VOID.value, "reason": reason, "cause": int(cause)},
    )


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
    announce.tell("voided", [RoundFacts.of(one)])
    announce.payable([round_id])
    announce.finished([round_id])
    return one


_VOID = """
    UPDATE public.rounds_round
    SET status = 'void', voided_at = public.game_clock(game_id), void_cause = %s, void_reason = %s
    WHERE id = %s AND status = ANY (%s)
"""
# Held in the order of their ids, as everywhere; what somebody else has sealed or voided meanwhile is not found.
_VOID_UNSEALED = f"""
    WITH held AS (
        SELECT %b::smallint AS cause, %b::text AS reason, r.id, g.code
        FROM public.rounds_round r JOIN public.rounds_game g ON g.id = r.game_id
        WHERE r.id = ANY (%b::bigint[]) AND r.status = 'closed' AND r.close_message IS NULL
        ORDER BY r.id FOR UPDATE OF r
    )
    UPDATE public.rounds_round r
    SET status = 'void', voided_at = greatest(public.rounds_own_time(r.sandbox, r.game_id), r.closed_at),
        void_cause = held.cause, void_reason = held.reason
    FROM held WHERE r.id = held.id RETURNING {COLUMNS}, held.code
"""
