"""
Comparing an operator's list with our books: both as tables of what each transaction did, joined in full.

What counts on either side is the effect. A debit that was rolled back is like one that never was; an id that stands
twice has both amounts. Everything happens in temporary tables of one connection: rows stream in, and memory is
bounded by the database's own.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg import sql

from operators.models import Operator, WalletMode
from reconciliation.models import ReconciliationRun, Result
from reconciliation.operator_files import Row
from wallet.horizon import archived, complete_since

FOUND_MAX = 100_000
"""So many differences are kept with a run; all are counted."""
CROSSING = ("deposit", "withdrawal")
"""What passes between the operator and the transfer wallet. Stakes, payouts and refunds are compared where listed."""
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many transactions got each result, and the sums of all amounts on either side (minor units)."""

    rows_there: int
    matched: int
    missing_here: int
    missing_there: int
    different_amount: int
    in_doubt: int
    total_here: int
    total_there: int


def compare(
    operator: Operator,
    run: ReconciliationRun,
    parts: Iterable[Iterable[Row]],
    *,
    tell: Tell = lambda phase: None,
) -> Counts:
    """
    Compare, inside the operator's schema and a transaction, and keep the first FOUND_MAX differences with the run.

    `tell` hears what is done next. Whatever `parts` raise comes through, and nothing is kept then.

    :raises Archived: the transfer wallet's movements of that time are not online. Calls at a seamless one always are.
    """
    given = {"since": run.since, "until": run.until, "run": run.pk, "operator": operator.pk, "max": FOUND_MAX}
    given["currency"] = operator.currency_code
    with connection.cursor() as cursor:

        def execute(statement: str) -> None:
            cursor.execute(sql.SQL(statement).format(s=sql.Identifier(operator.schema_name)).as_string(None), given)

        execute(_TABLES)
        listed = _copy(cursor, parts)
        if operator.wallet_mode != WalletMode.SEAMLESS:
            _require_online(cursor, run)
        tell("adding up the operator's rows")
        execute(_THEIRS)
        if operator.wallet_mode == WalletMode.SEAMLESS:
            kinds, ours = ["debit", "credit"], _OUR_CALLS
        else:
            cursor.execute("SELECT DISTINCT kind FROM pg_temp.theirs WHERE kind IN ('stake', 'payout', 'refund')")
            kinds, ours = [*CROSSING, *(row[0] for row in cursor.fetchall())], _OUR_MOVEMENTS
        given["kinds"] = kinds
        tell("reading our books")
        execute(f"{_INTO_OURS} {ours} {_IN_PERIOD}")
        execute(f"{_INTO_OURS} {ours} {_IN_THEIR_LIST} ON CONFLICT DO NOTHING")
        tell("comparing")
        execute("ANALYZE pg_temp.ours; ANALYZE pg_temp.theirs")
        execute(_VERDICTS)
        execute(_KEEP)
        return _count(cursor, listed)


def _require_online(cursor: Any, run: ReconciliationRun) -> None:
    """Compared with days that are in the archive, the operator's rows would all be missing here."""
    cursor.execute("SELECT min(at) FROM pg_temp.listed")
    began = [moment for moment in (run.since, cursor.fetchone()[0]) if moment is not None]
    if began and min(began) < complete_since():
        raise archived()


def _copy(cursor: Any, parts: Iterable[Iterable[Row]]) -> int:
    listed = 0
    for rows in parts:  # where they are taken from may be this very connection, but not while it copies
        with cursor.copy("COPY pg_temp.listed FROM STDIN") as copy:
            for row in rows:
                copy.write_row(
                    (row.transaction_id, row.kind, row.effect, row.minor, row.currency, row.player_token, row.at)
                )
                listed += 1
    return listed


def _count(cursor: Any, listed: int) -> Counts:
    cursor.execute(
        "SELECT result, count(*), coalesce(sum(here), 0), coalesce(sum(there), 0) FROM pg_temp.verdicts GROUP BY 1"
    )
    found = {result: (count, here, there) for result, count, here, there in cursor.fetchall()}
    counts = {result: found.get(result, (0, 0, 0))[0] for result in ("matched", *Result.values)}
    totals = [sum(int(one[side]) for one in found.values()) for side in (1, 2)]
    return Counts(rows_there=listed, total_here=totals[0], total_there=totals[1], **counts)


_TABLES = """
    SET LOCAL work_mem = '64MB';
    DROP TABLE IF EXISTS pg_temp.listed, pg_temp.theirs, pg_temp.ours, pg_temp.verdicts;
    CREATE TEMP TABLE listed (id uuid, kind text, effect text, minor bigint, currency text, token text, at timestamptz)
        ON COMMIT DROP;
    CREATE TEMP TABLE ours (id uuid PRIMARY KEY, kind text, minor bigint, standing text, state text, bet_id uuid,
        round_id bigint, token text, at timestamptz) ON COMMIT DROP;
"""

# Of a debit: what was applied, less what rollbacks took back beyond the rows that say so themselves. A rollback of
# what is not listed took nothing back.
_THEIRS = """
    CREATE TEMP TABLE theirs ON COMMIT DROP AS
    SELECT d.id, d.kind, d.rows, d.currency, d.token, d.at, d.applied - CASE
               WHEN d.kind = 'debit' THEN greatest(coalesce(r.taken_back, 0) - d.reversed, 0) ELSE 0 END AS minor
    FROM (SELECT id, kind, count(*) AS rows, min(at) AS at, min(token) AS token,
                 CASE WHEN min(currency) = max(currency) THEN min(currency) ELSE '???' END AS currency,
                 coalesce(sum(minor) FILTER (WHERE effect = 'applied'), 0) AS applied,
                 coalesce(sum(minor) FILTER (WHERE effect = 'reversed'), 0) AS reversed
          FROM pg_temp.listed WHERE kind <> 'rollback' GROUP BY id, kind) d
    LEFT JOIN (SELECT (left(id::text, 35) || '6')::uuid AS id, sum(minor) AS taken_back
               FROM pg_temp.listed WHERE kind = 'rollback' AND effect = 'applied' GROUP BY 1) r ON r.id = d.id;
    DELETE FROM pg_temp.theirs WHERE minor = 0;
"""
_INTO_OURS = "INSERT INTO pg_temp.ours (id, kind, minor, standing, state, bet_id, round_id, token, at)"
_OUR_MOVEMENTS = """
    SELECT o.id, k.kind, abs(o.amount), 'done', 'ok', b.id, b.round_id, p.token, o.created_at
    FROM {s}.wallet_transaction o
    JOIN (VALUES (1, 'stake'), (2, 'payout'), (3, 'refund'), (4, 'deposit'), (5, 'withdrawal')) AS k (number, kind)
      ON k.number = o.kind AND k.kind = ANY (%(kinds)s)
    JOIN {s}.wallet_account a ON a.id = o.account_id
    JOIN {s}.players_player p ON p.id = a.player_id
    LEFT JOIN {s}.bets_bet b ON o.kind <= 3 AND b.id = (left(o.id::text, 35) || '0')::uuid
"""
_OUR_CALLS = """
    SELECT o.id, k.kind, o.amount,
           CASE WHEN o.state IN ('refused', 'rolled_back') OR o.amount = 0 THEN 'nothing'
                WHEN o.state <> 'ok' OR o.kind = 6 AND EXISTS (
                    SELECT 1 FROM {s}.wallet_walletcall r
                    WHERE r.id = (left(o.id::text, 35) || '8')::uuid AND r.state <> 'ok') THEN 'open'
                ELSE 'done' END,
           o.state, o.bet_id, o.round_id, p.token, o.created_at
    FROM {s}.wallet_walletcall o
    JOIN (VALUES (6, 'debit'), (7, 'credit')) AS k (number, kind) ON k.number = o.kind AND k.kind = ANY (%(kinds)s)
    JOIN {s}.players_player p ON p.id = o.player_id
"""
_IN_PERIOD = """
    WHERE (%(since)s::timestamptz IS NULL OR o.created_at >= %(since)s)
      AND (%(until)s::timestamptz IS NULL OR o.created_at < %(until)s)
"""
_IN_THEIR_LIST = "WHERE o.id IN (SELECT id FROM pg_temp.theirs)"

# In a period is what either side has made in it, so that two clocks which differ a little part no pair.
_VERDICTS = """
    CREATE TEMP TABLE verdicts ON COMMIT DROP AS
    SELECT coalesce(o.id, t.id) AS id, coalesce(o.kind, t.kind) AS kind,
           CASE WHEN o.standing = 'open' AND NOT (o.state = 'resolved' AND o.minor = t.minor) THEN 'in_doubt'
                WHEN t.id IS NULL THEN 'missing_there'
                WHEN o.id IS NULL OR o.standing = 'nothing' THEN 'missing_here'
                WHEN o.minor <> t.minor OR t.currency <> %(currency)s THEN 'different_amount'
                ELSE 'matched' END AS result,
           CASE WHEN o.standing <> 'nothing' THEN o.minor END AS here, t.minor AS there, t.currency, t.rows,
           o.state, o.bet_id, o.round_id, coalesce(o.token, t.token) AS token, coalesce(o.at, t.at) AS at
    FROM pg_temp.ours o FULL JOIN pg_temp.theirs t ON t.id = o.id AND t.kind = o.kind
    WHERE NOT (t.id IS NULL AND o.standing = 'nothing')
      AND (coalesce((%(since)s::timestamptz IS NULL OR o.at >= %(since)s)
                    AND (%(until)s::timestamptz IS NULL OR o.at < %(until)s), false)
           OR t.id IS NOT NULL AND coalesce((%(since)s::timestamptz IS NULL OR t.at >= %(since)s)
                    AND (%(until)s::timestamptz IS NULL OR t.at < %(until)s), o.id IS NULL))
"""
_KEEP = """
    INSERT INTO public.reconciliation_difference (run_id, operator_id, result, transaction_id, kind, bet_id, round_id,
        player_token, minor_here, minor_there, currency_there, state_here, rows_there, at, resolution, resolved_by)
    SELECT %(run)s, %(operator)s, result, id, kind, bet_id, round_id, coalesce(token, ''), here, there,
           coalesce(currency, ''), coalesce(state, ''), coalesce(rows, 0), at, '', ''
    FROM pg_temp.verdicts WHERE result <> 'matched' ORDER BY result = 'in_doubt', id LIMIT %(max)s
"""
