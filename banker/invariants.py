"""What must always hold of the three-digit lottery. Movements of archived days count by what was carried forward."""

from keno_platform.core.invariants import Invariant, Scope

_H = "(SELECT archive_horizon())"
_MOVEMENTS = f"(SELECT * FROM wallet_transaction WHERE id >= {_H})"
_STANDING = "(SELECT s.* FROM banker_slip s WHERE s.id NOT IN (SELECT c.slip_id FROM banker_cancellation c))"
_ACCOUNT = """(SELECT a.id FROM wallet_account a JOIN banker_member m ON m.holder_id = a.player_id
                   WHERE m.id = {member})"""

INVARIANTS = (
    Invariant(
        code="I40-exposures-are-sums",
        claim="What is kept of each number is the sum of its standing bets, for all of them once a phase was open",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT coalesce(e.phase_id, b.phase_id)::text || ' ' || coalesce(e.number, b.number)
            FROM (SELECT * FROM banker_exposure WHERE total_amount > 0 OR bets > 0) e
            FULL JOIN (SELECT b.phase_id, b.number, sum(b.amount) AS amount, count(*) AS bets
                       FROM banker_bet b JOIN {_STANDING} s ON s.id = b.slip_id GROUP BY 1, 2) b
              ON b.phase_id = e.phase_id AND b.number = e.number
            WHERE (e.total_amount, e.bets) IS DISTINCT FROM (b.amount, b.bets)
            UNION ALL
            SELECT p.name FROM banker_phase p WHERE p.status <> 'draft'
              AND (SELECT count(*) FROM banker_exposure e WHERE e.phase_id = p.id) <> 1000""",
    ),
    Invariant(
        code="I41-slips-are-their-bets",
        claim="Every slip has its bets and comes to their sum, and every bet is of its slip's phase and collector",
        scope=Scope.OPERATOR,
        violations="""
            SELECT coalesce(s.id, b.slip_id)::text FROM banker_slip s
            FULL JOIN (SELECT slip_id, sum(amount) AS amount, count(*) AS bets FROM banker_bet GROUP BY 1) b
              ON b.slip_id = s.id
            WHERE (s.total_amount, s.bets) IS DISTINCT FROM (b.amount, b.bets)
            UNION ALL
            SELECT b.id::text FROM banker_bet b JOIN banker_slip s ON s.id = b.slip_id
            WHERE (b.phase_id, b.member_id) <> (s.phase_id, s.member_id)
               OR left(b.id::text, 28) <> left(s.id::text, 28)""",
    ),
    Invariant(
        code="I42-slips-are-paid",
        claim="Every slip was paid once by its collector, every cancelled one given back once, and nothing else was",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT coalesce(s.id, t.id)::text FROM (SELECT * FROM banker_slip WHERE id >= {_H}) s
            FULL JOIN (SELECT * FROM {_MOVEMENTS} m WHERE kind = 9) t ON t.id = movement_id(s.id, 9)
            WHERE s.id IS NULL OR t.id IS NULL OR t.amount <> -s.total_amount
               OR t.account_id <> {_ACCOUNT.format(member="s.member_id")}
            UNION ALL
            SELECT coalesce(s.id, t.id)::text
            FROM (SELECT s.* FROM banker_slip s JOIN banker_cancellation c ON c.slip_id = s.id WHERE s.id >= {_H}) s
            FULL JOIN (SELECT * FROM {_MOVEMENTS} m WHERE kind = 11) t ON t.id = movement_id(s.id, 11)
            WHERE s.id IS NULL OR t.id IS NULL OR t.amount <> s.total_amount
               OR t.account_id <> {_ACCOUNT.format(member="s.member_id")}""",
    ),
    Invariant(
        code="I43-no-slip-after-the-close",
        claim="Slips were taken, and taken back, while their phase was open",
        scope=Scope.OPERATOR,
        violations="""
            SELECT s.id::text FROM banker_slip s JOIN banker_phase p ON p.id = s.phase_id
            LEFT JOIN banker_cancellation c ON c.slip_id = s.id
            WHERE s.created_at < p.starts_at OR p.status = 'draft'
               OR greatest(s.created_at, c.created_at) >= least(p.ends_at, p.closed_at)""",
    ),
    Invariant(
        code="I44-prizes-by-the-number",
        claim="Each winning bet of a settled phase has its prize, and nothing else has",
        scope=Scope.OPERATOR,
        violations="""
            SELECT coalesce(w.bet_id, z.bet_id)::text
            FROM (SELECT w.* FROM banker_phase p CROSS JOIN LATERAL banker_winners(p.id, p.winning_number) w
                  WHERE p.status = 'settled') w
            FULL JOIN banker_prize z ON z.bet_id = w.bet_id
            WHERE (w.rank, w.multiplier, w.amount) IS DISTINCT FROM (z.rank, z.multiplier::int, z.amount)""",
    ),
    Invariant(
        code="I45-prizes-are-paid",
        claim="Each slip's prizes, and what a correction paid it, are credited once to its collector, nothing else is",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT coalesce(w.cause, t.id)::text FROM (
                SELECT z.slip_id AS cause, s.member_id, sum(z.amount) AS amount
                FROM banker_prize z JOIN banker_slip s ON s.id = z.slip_id WHERE z.slip_id >= {_H} GROUP BY 1, 2
                UNION ALL
                SELECT l.id, s.member_id, l.paid_amount
                FROM banker_correctionline l JOIN banker_slip s ON s.id = l.slip_id
                WHERE l.paid_amount > 0 AND l.id >= {_H}) w
            FULL JOIN (SELECT * FROM {_MOVEMENTS} m WHERE kind = 10) t ON t.id = movement_id(w.cause, 10)
            WHERE w.cause IS NULL OR t.id IS NULL OR t.amount <> w.amount
               OR t.account_id <> {_ACCOUNT.format(member="w.member_id")}
            UNION ALL
            SELECT coalesce(l.id, t.id)::text
            FROM (SELECT * FROM banker_correctionline WHERE reversed_amount > 0 AND id >= {_H}) l
            FULL JOIN (SELECT * FROM {_MOVEMENTS} m WHERE kind = 15) t ON t.id = movement_id(l.id, 15)
            WHERE l.id IS NULL OR t.id IS NULL OR t.amount <> -l.reversed_amount""",
    ),
    Invariant(
        code="I46-commissions-are-paid",
        claim="Each statement's commission is credited once, and nothing else is",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT coalesce(s.id, t.id)::text
            FROM (SELECT * FROM banker_statement WHERE commission_amount > 0 AND id >= {_H}) s
            FULL JOIN (SELECT * FROM {_MOVEMENTS} m WHERE kind = 14) t ON t.id = movement_id(s.id, 14)
            WHERE s.id IS NULL OR t.id IS NULL OR t.amount <> s.commission_amount
               OR t.account_id <> {_ACCOUNT.format(member="s.member_id")}""",
    ),
    Invariant(
        code="I47-settled-once",
        claim="A settled phase has one settlement, which is the sum of its standing slips, prizes and statements",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT coalesce(p.id, t.phase_id)::text FROM (SELECT * FROM banker_phase WHERE status = 'settled') p
            FULL JOIN banker_settlement t ON t.phase_id = p.id
            WHERE p.id IS NULL OR t.phase_id IS NULL OR (t.slips, t.bets, t.total_in, t.winners, t.total_out) <> (
                (SELECT count(*) FROM {_STANDING} s WHERE s.phase_id = p.id),
                (SELECT coalesce(sum(s.bets), 0) FROM {_STANDING} s WHERE s.phase_id = p.id),
                (SELECT coalesce(sum(s.total_amount), 0) FROM {_STANDING} s WHERE s.phase_id = p.id),
                (SELECT count(*) FROM banker_prize z WHERE z.phase_id = p.id),
                (SELECT coalesce(sum(z.amount), 0) FROM banker_prize z WHERE z.phase_id = p.id))
               OR (t.total_in, t.total_out, t.commission_total) <> (
                SELECT coalesce(sum(x.total_in), 0), coalesce(sum(x.total_out), 0),
                       coalesce(sum(x.commission_amount), 0)
                FROM banker_statement x WHERE x.phase_id = p.id)""",
    ),
    Invariant(
        code="I48-four-eyes",
        claim="Every number that counts was entered by one admin and confirmed by another",
        scope=Scope.OPERATOR,
        violations="""
            SELECT p.name FROM banker_phase p WHERE p.winning_number IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM banker_resultentry e WHERE e.phase_id = p.id AND e.confirmed AND NOT e.correction
                AND e.number = p.winning_number AND e.decided_by_id <> e.entered_by_id)
            UNION ALL
            SELECT c.entry_id::text FROM banker_correction c JOIN banker_resultentry e ON e.id = c.entry_id
            WHERE NOT coalesce(e.confirmed, false) OR NOT e.correction OR e.number <> c.number_after
               OR e.decided_by_id = e.entered_by_id""",
    ),
    Invariant(
        code="I49-history-is-append-only",
        claim="Slips, bets, prizes, settlements, statements and corrections refuse every change",
        scope=Scope.OPERATOR,
        violations="""
            SELECT c.relname::text FROM pg_class c
            WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
              AND c.relname ~ '^banker_(slip|bet|cancellation|prize|settlement|statement|correction|correctionline)$'
              AND NOT EXISTS (SELECT 1 FROM pg_trigger t
                              WHERE t.tgrelid = c.oid AND t.tgname = 'append_only' AND t.tgenabled <> 'D')""",
    ),
)
