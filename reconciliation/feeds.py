"""
Feeds for an operator's backend, forward in time: what has become definite since the reader's last place.

The place is a cursor that a reader keeps and comes back with; following it misses nothing and repeats nothing.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import sql

from keno_platform.http.parsing import ParameterInvalid
from operators.models import Operator, WalletMode
from operators.tenancy import tenant_context
from reconciliation.horizon import settled_until
from reconciliation.transactions import FIRST_ID, Fact, complete_until, facts_after
from wallet.horizon import archived, complete_since

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A part of a feed: its items, the place behind them, whether more are there now, and how far it is complete."""

    items: Sequence[Any]
    after: str
    more: bool
    complete_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRound:
    """A round that has ended, and what this operator had in it; sums in minor units. Refunds are of a void round."""

    round_id: int
    ended_at: datetime
    bets: int
    stakes: int
    winners: int
    payouts: int
    refunds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCall:
    """A call at the operator's wallet that is not definite yet. Amount in minor units."""

    transaction_id: UUID
    kind: str
    state: str
    reason: str
    bet_id: UUID
    round_id: int
    player_token: str
    amount: int
    attempts: int
    error: str
    created_at: datetime
    next_attempt_at: datetime | None


def transactions(operator: Operator, *, after: str | None, limit: int) -> Slice:
    """
    The next definite transactions of an operator; without a place, from the oldest that is online.

    :raises ParameterInvalid: a cursor that is not from here. :raises Archived: what follows it is no longer online.
    """
    at, key = _read(after)
    try:
        place = at, UUID(key) if key else FIRST_ID
    except ValueError as error:
        raise _not_ours() from error
    with tenant_context(operator):
        if after is not None and at < complete_since():
            raise archived()
    until = complete_until(operator)
    found: list[Fact] = facts_after(operator, place, until=until, limit=limit + 1)
    items = found[:limit]
    last = _write(items[-1].finished_at, items[-1].transaction_id) if items else after or _write(EPOCH, FIRST_ID)
    return Slice(items=items, after=last, more=len(found) > limit, complete_until=until)


def finished_rounds(operator: Operator, *, after: str | None, limit: int) -> Slice:
    """
    The next rounds of an operator's games that are revealed or void, with its own figures in them.

    A void round whose stakes are not returned yet holds back itself and what ended later.

    :raises ParameterInvalid: a cursor that is not from here.
    """
    at, key = _read(after)
    if key and not (key.isascii() and key.isdigit() and len(key) < 19):
        raise _not_ours()
    until = settled_until(["public.reconciliation_roundend"])
    query = sql.SQL(_ROUNDS).format(s=sql.Identifier(operator.schema_name))
    given = {"at": at, "id": int(key or 0), "until": until, "limit": limit + 1, "operator": operator.pk}
    with connection.cursor() as cursor:
        cursor.execute(_UNRETURNED, given)
        unreturned = cursor.fetchone()[0]
        given["until"] = until = min(until, unreturned or until)
        cursor.execute(query.as_string(cursor.connection), given)
        rows = cursor.fetchall()
    names = ("round_id", "ended_at", "bets", "stakes", "winners", "payouts", "refunds")
    found = [FinishedRound(**dict(zip(names, row, strict=True))) for row in rows]
    items = found[:limit]
    last = _write(items[-1].ended_at, items[-1].round_id) if items else after or _write(EPOCH, 0)
    return Slice(items=items, after=last, more=len(found) > limit, complete_until=until)


def in_doubt(operator: Operator, *, after: UUID | None, limit: int) -> tuple[list[OpenCall], bool]:
    """
    The calls at an operator's wallet that are not definite now, by transaction id, and whether more follow.

    On the transfer wallet there are never any.
    """
    if operator.wallet_mode != WalletMode.SEAMLESS:
        return [], False
    query = sql.SQL(_OPEN).format(s=sql.Identifier(operator.schema_name))
    with connection.cursor() as cursor:
        cursor.execute(query.as_string(cursor.connection), {"after": after or FIRST_ID, "limit": limit + 1})
        rows = cursor.fetchall()
    names = (
        *("transaction_id", "kind", "state", "reason", "bet_id", "round_id", "player_token", "amount"),
        *("attempts", "error", "created_at", "next_attempt_at"),
    )
    found = [OpenCall(**dict(zip(names, row, strict=True))) for row in rows]
    return found[:limit], len(found) > limit


def _write(at: datetime, key: object) -> str:
    text = f"{(at - EPOCH) // MICROSECOND}.{key}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str | None) -> tuple[datetime, str]:
    if cursor is None:
        return EPOCH, ""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
        micros, _, key = text.partition(".")
        if not (micros.isdigit() and len(micros) < 18 and key):
            raise ValueError(text)
        return EPOCH + int(micros) * MICROSECOND, key
    except (binascii.Error, ValueError, OverflowError) as error:
        raise _not_ours() from error


def _not_ours() -> ParameterInvalid:
    return ParameterInvalid("after is not a place that this feed has told.")


_UNRETURNED = """
    SELECT min(e.ended_at)
    FROM public.rounds_participation p JOIN public.rounds_round r ON r.id = p.round_id
    JOIN public.reconciliation_roundend e ON e.round_id = r.id
    WHERE p.operator_id = %(operator)s AND p.settled_at IS NULL AND r.status = 'void'
"""
_ROUNDS = """
    SELECT f.round_id, f.ended_at, coalesce(s.bets, 0), coalesce(s.stakes, 0), coalesce(s.winners, 0),
           CASE WHEN s.outcome = 'drawn' THEN s.payouts ELSE 0 END,
           CASE WHEN s.outcome = 'void' THEN s.payouts ELSE 0 END
    FROM (SELECT e.round_id, e.ended_at
          FROM public.reconciliation_roundend e
          JOIN public.rounds_round r ON r.id = e.round_id JOIN public.rounds_game g ON g.id = r.game_id
          WHERE (g.owner_id IS NULL OR g.owner_id = %(operator)s)
            AND (e.ended_at, e.round_id) > (%(at)s, %(id)s) AND e.ended_at < %(until)s
          ORDER BY e.ended_at, e.round_id LIMIT %(limit)s) f
    LEFT JOIN {s}.bets_settlement s ON s.round_id = f.round_id
    ORDER BY f.ended_at, f.round_id
"""
_OPEN = """
    SELECT c.id, CASE c.kind WHEN 6 THEN 'debit' WHEN 7 THEN 'credit' ELSE 'rollback' END, c.state, c.reason, c.bet_id,
           c.round_id, p.token, c.amount, c.attempts, c.error, c.created_at, c.due_at
    FROM {s}.wallet_walletcall c JOIN {s}.players_player p ON p.id = c.player_id
    WHERE c.state IN ('pending', 'in_doubt', 'dead') AND c.id > %(after)s
    ORDER BY c.id LIMIT %(limit)s
"""
