"""
An operator whose tables have grown: rows that are as real ones to the planner, written in bulk, and gone afterwards.

All of it happens in one transaction that is rolled back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection, transaction

from bets.services.partitions import TABLES
from keno_platform.core import clock
from operators.models import Operator
from operators.partitions import Partition
from operators.tenancy import tenant_context

PLAYERS = 40_000
BETS_A_ROUND = 20
FIRST_ROUND = 10**12


@contextmanager
def rolled_back() -> Iterator[None]:
    """A transaction as around a test of Django's: services may begin theirs inside, and nothing stays."""
    atomic = transaction.atomic()
    atomic._from_testcase = True  # type: ignore[attr-defined]
    with atomic:
        try:
            yield
        finally:
            transaction.set_rollback(True)


def grow(operator: Operator, *, bets: int, days: int = 2) -> None:
    """So many bets with all that belongs to them, up to now, in the partitions of the last days."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    with tenant_context(operator), connection.cursor() as cursor:
        cursor.execute(_PLAYERS, {"players": PLAYERS, "currency": operator.currency_code})
        cursor.execute(_ROUNDS, {"rounds": bets // BETS_A_ROUND, "first": FIRST_ROUND})
        for n in range(days):
            day = today - timedelta(days=n)
            _grow_day(bets // days, day, n, operator)


def _grow_day(bets: int, day: datetime, n: int, operator: Operator) -> None:
    asked = {
        "bets": bets,
        "start": int(day.timestamp() * 1000),
        "step": 80_000_000 // bets,
        "first": FIRST_ROUND + n * bets,
        "each": BETS_A_ROUND,
        "operator": operator.pk,
    }
    with connection.cursor() as cursor:
        for statement in (_BETS, _SLIPS, _STAKES, _PAYOUTS, _SETTLEMENTS, _PARTICIPATIONS):
            cursor.execute(statement, asked)


def analyse(operator: Operator, *, days: int = 2) -> None:
    """As the platform and the server do it: the days that have grown, and never one that is empty."""
    today = clock.now().date()
    names = [Partition("", table, today - timedelta(days=n)).name for table in TABLES for n in range(days)]
    with tenant_context(operator), connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(names)}")
        cursor.execute("ANALYZE bets_slip, bets_settlement, wallet_account, players_player")
        cursor.execute("ANALYZE public.rounds_participation, public.rounds_round")


_PLAYERS = """
    WITH made AS (INSERT INTO players_player (token, currency_code, blocked, created_at)
        SELECT 'grown-' || n, %(currency)s, false, now() FROM generate_series(1, %(players)s) n RETURNING id)
    INSERT INTO wallet_account (player_id, balance) SELECT id, 0 FROM made
"""
# Rounds like the last one that has ended. Only as the owner of the table may one write history.
_ROUNDS = """
    SET CONSTRAINTS ALL IMMEDIATE;
    ALTER TABLE public.rounds_round DISABLE TRIGGER USER;
    INSERT INTO public.rounds_round
    SELECT made.* FROM generate_series(1, %(rounds)s) n
    JOIN public.rounds_round r ON r.id = (SELECT max(id) FROM public.rounds_round WHERE status = 'revealed')
    CROSS JOIN LATERAL jsonb_populate_record(r, jsonb_build_object(
        'id', %(first)s + n, 'number', 10^9 + n, 'leaf_index', 10^6 + n,
        'created_at', r.created_at - n * interval '10 s',
        'opens_at', r.opens_at - n * interval '10 s', 'closes_at', r.closes_at - n * interval '10 s')) made;
    ALTER TABLE public.rounds_round ENABLE TRIGGER USER;
"""
# A UUIDv7 of a moment of the day, with the number of the bet where others have random bits.
_ID = (
    """(lpad(to_hex(%(start)s + n::bigint * %(step)s), 12, '0') || '70008' || lpad(to_hex(n), 14, '0') || '0')::uuid"""
)
_BETS = f"""
    INSERT INTO bets_bet (id, round_id, player_id, paytable_id, picks, pick_count, stake, potential_max_win, blind,
                          leaf_hash, created_at)
    SELECT {_ID}, %(first)s + n / %(each)s, p.low + n %% (p.high - p.low + 1), t.id, B'111'::bit(80), 3, 100, 10000,
           '\\x00', '\\x00', to_timestamp(%(start)s / 1000.0)
    FROM generate_series(1, %(bets)s) n, (SELECT min(id) AS low, max(id) AS high FROM players_player) p,
         (SELECT id FROM bets_paytable WHERE active) t
"""
_SLIPS = f"""
    INSERT INTO bets_slip (key, fingerprint, first_bet_id, created_at)
    SELECT 'o:' || md5(n::text || '-' || %(first)s), '\\x00', {_ID}, now() FROM generate_series(1, %(bets)s) n
"""
_STAKES = f"""
    INSERT INTO wallet_transaction (id, account_id, kind, amount, balance_after, created_at)
    SELECT movement_id({_ID}, 1), p.low + n %% (p.high - p.low + 1), 1, -100, 0, to_timestamp(%(start)s / 1000.0 + n)
    FROM generate_series(1, %(bets)s) n, (SELECT min(id) AS low, max(id) AS high FROM wallet_account) p
"""
_PAYOUTS = f"""
    INSERT INTO bets_payout (bet_id, round_id, hits, multiplier_hundredths, amount)
    SELECT {_ID}, %(first)s + n / %(each)s, 2, 100, 100 FROM generate_series(1, %(bets)s, 7) n
"""
_SETTLEMENTS = """
    INSERT INTO bets_settlement (round_id, outcome, bets, stakes, winners, payouts)
    SELECT %(first)s + n, 'drawn', %(each)s, 2000, 3, 300 FROM generate_series(0, %(bets)s / %(each)s) n
"""
_PARTICIPATIONS = """
    INSERT INTO public.rounds_participation (round_id, operator_id, created_at, settled_at)
    SELECT %(first)s + n, %(operator)s, now(), now() FROM generate_series(0, %(bets)s / %(each)s) n
"""
