"""What must always hold of reports: their figures are those of the books, and what was made is on record."""

from keno_platform.core.invariants import Invariant, Scope
from reports.catalogue.figures import BOOKED

_ALL_TIME = {"%(since)s": "'-infinity'", "%(until)s": "'infinity'", "%(game)s": "''", "{s}.": ""}
_REPORTED = BOOKED
for _given, _always in _ALL_TIME.items():
    _REPORTED = _REPORTED.replace(_given, _always)

# Movements of archived days by what was carried forward of them, as in wallet.invariants.
_MOVED = """
    SELECT coalesce(-sum(amount) FILTER (WHERE kind = 1), 0) AS stakes,
           coalesce(sum(amount) FILTER (WHERE kind = 2), 0) AS payouts,
           coalesce(sum(amount) FILTER (WHERE kind = 3), 0) AS refunds
    FROM (SELECT kind, amount FROM wallet_transaction WHERE id >= (SELECT archive_horizon()) AND kind <= 3
          UNION ALL SELECT kind, amount FROM wallet_carriedkind WHERE kind <= 3) m
"""
_PENDING = """
    SELECT coalesce(sum(b.stake), 0) AS stakes FROM bets_bet b
    WHERE b.id >= (SELECT archive_horizon())
      AND NOT EXISTS (SELECT 1 FROM bets_settlement s WHERE s.round_id = b.round_id)
      AND NOT EXISTS (SELECT 1 FROM bets_cancellation c WHERE c.bet_id = b.id)
"""

INVARIANTS = (
    Invariant(
        code="I58-reports-are-the-books",
        claim="What reports say was staked, paid and given back is what moved, and what is staked on rounds to come",
        scope=Scope.OPERATOR,
        violations=f"""
            WITH reported AS (
                SELECT coalesce(sum(stakes + void_stakes + cancelled_stakes), 0) AS stakes,
                       coalesce(sum(payouts), 0) AS payouts, coalesce(sum(void_stakes + cancelled_stakes), 0) AS refunds
                FROM ({_REPORTED}) AS r (day, game, rounds, bets, stakes, winners, payouts, void_rounds, void_bets,
                                         void_stakes, cancelled_bets, cancelled_stakes)
            ), moved AS ({_MOVED}), pending AS ({_PENDING})
            SELECT 'stakes: ' || r.stakes || ' reported, ' || p.stakes || ' pending, ' || m.stakes || ' moved'
            FROM reported r, moved m, pending p WHERE r.stakes + p.stakes <> m.stakes
            UNION ALL
            SELECT 'payouts: ' || r.payouts || ' reported, ' || m.payouts || ' moved'
            FROM reported r, moved m WHERE r.payouts <> m.payouts
            UNION ALL
            SELECT 'refunds: ' || r.refunds || ' reported, ' || m.refunds || ' moved'
            FROM reported r, moved m WHERE r.refunds <> m.refunds""",
    ),
    Invariant(
        code="I59-reports-are-on-record",
        claim="Every report that was made is on record as it is, none is lost, and the feed's numbers have no gap",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT r.id::text FROM public.reports_reportrun r
            WHERE r.state IN ('done', 'expired') AND NOT EXISTS (
                SELECT 1 FROM public.audit_auditentry e
                WHERE e.event_type = 'report.made' AND e.created_at BETWEEN r.finished_at - interval '1 hour'
                      AND r.finished_at + interval '1 hour'
                  AND e.after ->> 'run' = r.id::text AND e.after ->> 'sha256' = encode(r.file_sha256, 'hex')
                  AND e.after ->> 'rows_sha256' = encode(r.rows_sha256, 'hex') AND e.after ->> 'rows' = r.rows::text)
            UNION ALL
            SELECT r.id::text || ' is running and silent' FROM public.reports_reportrun r
            WHERE r.state = 'running' AND r.seen_at < clock_timestamp() - interval '30 minutes'
            UNION ALL
            SELECT r.id::text || ' waits' FROM public.reports_reportrun r
            WHERE r.state = 'asked' AND r.created_at < clock_timestamp() - interval '1 day'
            UNION ALL
            SELECT 'feed at ' || m.first FROM (
                SELECT first, first - 1 - coalesce(lag(first + entries - 1) OVER (ORDER BY checkpoint), 0) AS gap
                FROM public.reports_feedmark) m
            WHERE m.gap <> 0""",
    ),
)
