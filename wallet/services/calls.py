"""
The rows of calls to a seamless operator's wallet, inside the operator's schema. Each function is one statement, and the
SQL functions behind them compare before they set: whoever comes second changes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from operators.tenancy import call_function
from wallet.models import CallState, Reason, WalletCall
from wallet.protocol import Order, Outcome, Verdict

LEASE = timedelta(seconds=30)
"""How long a claimed call is left to its caller; longer than any attempt may take."""
STATE_OF = {Outcome.OK: CallState.OK, Outcome.REFUSED: CallState.REFUSED, Outcome.IN_DOUBT: CallState.IN_DOUBT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """What is to be written of an attempt at a credit or rollback. `due_at` only for one that stays pending."""

    call_id: UUID
    state: CallState
    error: str = ""
    reference: str | None = None
    due_at: datetime | None = None


def conclude_debits(verdicts: Sequence[tuple[UUID, Verdict]]) -> set[UUID]:
    """
    Write what these debits' verdicts are, once. Money of successful ones comes onto the accounts; the doubtful ones
    are rolled back. Returns the debits that this call has decided: of the others somebody else has.
    """
    if not verdicts:
        return set()
    parameters = [
        [call_id for call_id, _ in verdicts],
        [STATE_OF[verdict.outcome].value for _, verdict in verdicts],
        [verdict.reference for _, verdict in verdicts],
        ["" if verdict.outcome is Outcome.OK else verdict.detail for _, verdict in verdicts],
    ]
    rows = call_function("conclude_debits", parameters)
    return {row[0] for row in rows}


def order_rollbacks(debits: Iterable[UUID], reason: Reason) -> None:
    """Order the rollback of these successful debits, in the caller's transaction. The second order changes nothing."""
    ids = list(debits)
    if ids:
        call_function("open_rollbacks", [ids, reason.value])


def doubt_lost_debits(limit: int) -> int:
    """Take debits that nobody has concluded in time as in doubt. Returns how many."""
    [(count,)] = call_function("doubt_lost_debits", [limit])
    return int(count)


def claim(limit: int) -> list[WalletCall]:
    """Credits and rollbacks that are due, for this caller alone until the lease runs out."""
    ids = [row[0] for row in call_function("claim_calls", [limit, LEASE])]
    return list(WalletCall.objects.select_related("player").filter(pk__in=ids)) if ids else []


def order_of(call: WalletCall) -> Order:
    """A call as it is asked for."""
    return Order(
        id=call.pk,
        kind=call.kind_of,
        amount=call.amount,
        player_id=call.player_id,
        player_token=call.player.token,
        bet_id=call.bet_id,
        round_id=call.round_id,
        game=call.game,
        ticket_id=call.ticket_id,
        session_id=call.session_id,
        reason=call.reason,
        round_closed=call.round_closed,
        bets=tuple(zip(call.bet_ids or (), call.bet_amounts or (), strict=True)),
    )


def conclude(attempts: Sequence[Attempted]) -> set[UUID]:
    """Write what came of attempts at credits and rollbacks. Returns those that were still pending, and are moved."""
    if not attempts:
        return set()
    parameters = [
        [each.call_id for each in attempts],
        [each.state.value for each in attempts],
        [each.reference for each in attempts],
        [each.error for each in attempts],
        [each.due_at for each in attempts],
    ]
    rows = call_function("conclude_calls", parameters)
    return {row[0] for row in rows}
