"""What stays here of a day's bets when the day goes to the archive."""

from datetime import date
from uuid import UUID

from django.db import connection

REASONS_MAX = 5


def unfinished(*, low: UUID, high: UUID) -> list[str]:
    """Why the bets from one id to before another cannot be archived yet; empty when all is over with them."""
    with connection.cursor() as cursor:
        cursor.execute(_UNFINISHED, {"low": low, "high": high, "max": REASONS_MAX})
        return [reason for (reason,) in cursor.fetchall()]


def carry_bets(*, day: date, low: UUID, high: UUID) -> None:
    """In the caller's transaction: what the day's bets were in each round, and the stakes of the cancelled ones."""
    with connection.cursor() as cursor:
        cursor.execute(_CARRY_ROUNDS, {"day": day, "low": low, "high": high})
        cursor.execute(_CARRY_CANCELLATIONS, {"low": low, "high": high})


def count_slips(*, low: UUID, high: UUID) -> int:
    """How many idempotency keys became bets of these ids."""
    with connection.cursor() as cursor:
        cursor.execute(_SLIPS, {"low": low, "high": high})
        return int(cursor.fetchone()[0])


_UNFINISHED = """
    (SELECT format('round %%s is %%s and %%s', b.round_id, coalesce(r.status, 'unknown'),
                   CASE WHEN s.round_id IS NULL THEN 'not settled' ELSE 'settled' END)
     FROM (SELECT DISTINCT round_id FROM bets_bet WHERE id >= %(low)s AND id < %(high)s) b
     LEFT JOIN public.rounds_round r ON r.id = b.round_id
     LEFT JOIN bets_settlement s ON s.round_id = b.round_id
     WHERE s.round_id IS NULL OR r.status IS NULL OR r.status NOT IN ('settled', 'revealed', 'void')
     ORDER BY b.round_id LIMIT %(max)s)
    UNION ALL
    (SELECT format('call %%s at the wallet is %%s', c.id, c.state) FROM wallet_walletcall c
     WHERE c.id >= %(low)s AND c.id < %(high)s AND c.state IN ('pending', 'in_doubt', 'dead')
     ORDER BY c.id LIMIT %(max)s)
"""
_CARRY_ROUNDS = """
    INSERT INTO bets_carriedround (day, round_id, bets, stakes, winners, payouts)
    SELECT %(day)s, b.round_id, count(*), sum(b.stake), count(p.bet_id), coalesce(sum(p.amount), 0)
    FROM bets_bet b
    LEFT JOIN bets_payout p ON p.bet_id = b.id AND p.bet_id >= %(low)s AND p.bet_id < %(high)s
    WHERE b.id >= %(low)s AND b.id < %(high)s
      AND NOT EXISTS (SELECT 1 FROM bets_cancellation c WHERE c.bet_id = b.id)
    GROUP BY b.round_id ORDER BY b.round_id
"""
_CARRY_CANCELLATIONS = """
    INSERT INTO bets_carriedcancellation (bet_id, stake)
    SELECT b.id, b.stake FROM bets_cancellation c JOIN bets_bet b ON b.id = c.bet_id
    WHERE c.bet_id >= %(low)s AND c.bet_id < %(high)s AND b.id >= %(low)s AND b.id < %(high)s
"""
_SLIPS = "SELECT count(*) FROM bets_slip WHERE first_bet_id >= %(low)s AND first_bet_id < %(high)s"
