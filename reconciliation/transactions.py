"""
The transactions of an operator as facts that never change: each stands once, at the time when it became definite.

On the transfer wallet that is every movement of a player (the lottery's collectors have statements of their own). On
the seamless wallet it is every call at the operator's wallet that has ended: a debit that was taken stays one when it
is rolled back later, and its rollback is a transaction of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import sql

from operators.models import Operator, WalletMode
from reconciliation.horizon import settled_until

FIRST_ID = UUID(int=0)
BATCH = 5000
COUNTED = ("ok", "resolved")
"""Status of what moved money. A refused or never taken debit did not, nor the rollback of the latter."""
KINDS = {1: "stake", 2: "payout", 3: "refund", 4: "deposit", 5: "withdrawal", 6: "debit", 7: "credit", 8: "rollback"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One transaction. The amount is in minor units and never below zero; `kind` says which way it went."""

    transaction_id: UUID
    kind: str
    bet_id: UUID | None
    round_id: int | None
    player_token: str
    amount: int
    status: str
    operator_reference: str
    created_at: datetime
    finished_at: datetime

    @property
    def place(self) -> tuple[datetime, UUID]:
        """Where it stands in the order of time."""
        return self.finished_at, self.transaction_id


def tables_of(operator: Operator) -> list[str]:
    """The tables that an operator's transactions are read from, qualified."""
    schema = sql.Identifier(operator.schema_name).as_string(None)
    return [f"{schema}.wallet_transaction", f"{schema}.wallet_walletcall"]


def complete_until(operator: Operator) -> datetime:
    """No transaction will come to stand before this time any more."""
    return settled_until(tables_of(operator))


def facts_after(operator: Operator, place: tuple[datetime, UUID], *, until: datetime, limit: int = BATCH) -> list[Fact]:
    """The first transactions behind a place and before a time, in their order. `until` is at most `complete_until`."""
    statement = _SEAMLESS if operator.wallet_mode == WalletMode.SEAMLESS else _TRANSFER
    query = sql.SQL(statement).format(s=sql.Identifier(operator.schema_name))
    with connection.cursor() as cursor:
        parameters: dict[str, Any] = {"at": place[0], "id": place[1], "until": until, "limit": limit}
        cursor.execute(query.as_string(cursor.connection), parameters)
        return [_fact(row) for row in cursor.fetchall()]


def facts_between(operator: Operator, *, since: datetime, until: datetime) -> Iterator[list[Fact]]:
    """All transactions of a period, a batch at a time: neither memory nor a snapshot is held for all of them."""
    place = (since, FIRST_ID)
    while batch := facts_after(operator, place, until=until):
        yield batch
        place = batch[-1].place


def _fact(row: tuple[Any, ...]) -> Fact:
    transaction_id, kind, bet_id, round_id, token, amount, status, reference, created_at, finished_at = row
    return Fact(
        transaction_id=transaction_id,
        kind=KINDS[kind],
        bet_id=bet_id,
        round_id=round_id,
        player_token=token,
        amount=amount,
        status=status,
        operator_reference=reference or "",
        created_at=created_at,
        finished_at=finished_at,
    )


_TRANSFER = """
    SELECT t.id, t.kind, b.id, b.round_id, p.token, abs(t.amount), 'ok', t.reference, t.created_at, t.created_at
    FROM (SELECT * FROM {s}.wallet_transaction
          WHERE (created_at, id) > (%(at)s, %(id)s) AND created_at < %(until)s AND kind <= 8
          ORDER BY created_at, id LIMIT %(limit)s) t
    JOIN {s}.wallet_account a ON a.id = t.account_id
    JOIN {s}.players_player p ON p.id = a.player_id
    LEFT JOIN {s}.bets_bet b ON t.kind <= 3 AND b.id = (left(t.id::text, 35) || '0')::uuid
    ORDER BY t.created_at, t.id
"""

# A debit that was taken is a movement, with the movement's time; the call's own time moves on when it is rolled back.
_SEAMLESS = """
    SELECT f.id, c.kind, c.bet_id, c.round_id, p.token, c.amount, f.status, c.operator_reference, c.created_at, f.at
    FROM (
        (SELECT id, created_at AS at, 'ok' AS status FROM {s}.wallet_transaction
         WHERE (created_at, id) > (%(at)s, %(id)s) AND created_at < %(until)s AND kind = 6
         ORDER BY created_at, id LIMIT %(limit)s)
        UNION ALL
        (SELECT d.id, d.finished_at,
                CASE WHEN d.kind = 8 AND NOT EXISTS (SELECT 1 FROM {s}.wallet_transaction m WHERE m.id = d.id)
                     THEN 'nothing_taken' ELSE d.state END
         FROM {s}.wallet_walletcall d
         WHERE (d.finished_at, d.id) > (%(at)s, %(id)s) AND d.finished_at < %(until)s
           AND (d.kind <> 6 AND d.state IN ('ok', 'resolved') OR d.kind = 6 AND d.state = 'refused'
                OR d.kind = 6 AND d.state = 'rolled_back'
                   AND NOT EXISTS (SELECT 1 FROM {s}.wallet_transaction m WHERE m.id = d.id))
         ORDER BY d.finished_at, d.id LIMIT %(limit)s)
        ORDER BY at, id LIMIT %(limit)s
    ) f
    JOIN {s}.wallet_walletcall c ON c.id = f.id
    JOIN {s}.players_player p ON p.id = c.player_id
    ORDER BY f.at, f.id
"""
