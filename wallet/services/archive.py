"""What stays here of a day's movements when the day goes to the archive."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection

from wallet.models import ArchivedDay


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """Counts and sums (minor units) of a day's files; `slips` are the idempotency keys that stay online."""

    bets: int
    slips: int
    stakes: int
    winners: int
    payouts: int
    movements: int
    moved: int


def carry_day(
    *, day: date, low: UUID, high: UUID, figures: DayFigures, directory: str, manifest_sha256: bytes
) -> ArchivedDay:
    """
    In the caller's transaction: what the day's movements come to for each account and kind, and the day itself. When
    this commits, the day is archived, wherever its rows still are.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CARRY_BALANCES, {"day": day, "low": low, "high": high})
        cursor.execute(_CARRY_KINDS, {"day": day, "low": low, "high": high})
        cursor.execute(_LAST_AT, {"low": low, "high": high})
        [last_at] = cursor.fetchone()
    return ArchivedDay.objects.create(
        day=day,
        upper=high,
        bets=figures.bets,
        slips=figures.slips,
        stakes=figures.stakes,
        winners=figures.winners,
        payouts=figures.payouts,
        movements=figures.movements,
        moved=figures.moved,
        last_at=last_at,
        directory=directory,
        manifest_sha256=manifest_sha256,
    )


_CARRY_BALANCES = """
    INSERT INTO wallet_carriedbalance (day, account_id, movements, amount)
    SELECT %(day)s, account_id, count(*), sum(amount) FROM wallet_transaction
    WHERE id >= %(low)s AND id < %(high)s GROUP BY account_id ORDER BY account_id
"""
_CARRY_KINDS = """
    INSERT INTO wallet_carriedkind (day, kind, movements, amount)
    SELECT %(day)s, kind, count(*), sum(amount) FROM wallet_transaction
    WHERE id >= %(low)s AND id < %(high)s GROUP BY kind ORDER BY kind
"""
_LAST_AT = """
    SELECT greatest(
        (SELECT max(created_at) FROM wallet_transaction WHERE id >= %(low)s AND id < %(high)s),
        (SELECT max(finished_at) FROM wallet_walletcall WHERE id >= %(low)s AND id < %(high)s))
"""
