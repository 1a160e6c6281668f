"""
What must always hold of bets, their stakes and their settlement. Days below the horizon are in the archive: what they
were in each round was carried forward, and what stays of them (keys, settlements, calls) is counted against it.
"""

from keno_platform.core.invariants import Invariant, Scope

_H = "(SELECT archive_horizon())"
_BETS = f"(SELECT * FROM bets_bet WHERE id >= {_H})"
_PAYOUTS = f"(SELECT * FROM bets_payout WHERE bet_id >= {_H})"
_MOVEMENTS = f"(SELECT * FROM wallet_transaction WHERE id >= {_H})"
_CARRIED = """(SELECT round_id, sum(bets) AS bets, sum(stakes) AS stakes, sum(winners) AS winners,
                      sum(payouts) AS payouts FROM bets_carriedround GROUP BY 1)"""

_HITS = "bit_count(b.picks & (SELECT bit_or(('1'::bit(80) >> (n - 1))) FROM unnest(r.numbers_drawn) n))"
_SEAMLESS = """EXISTS (SELECT 1 FROM public.operators_operator o
                WHERE o.schema_name = current_schema() AND o.wallet_mode = 'seamless')"""
_OWN = "(SELECT o.operator_id FROM public.operators_operator o WHERE o.schema_name = current_schema())"
# A minute after thresholds were last set, since when all that was being written by the old ones has ended.
_THRESHOLDS_SET = f"""(
    SELECT greatest(
        (SELECT max(m.applied) FROM public.django_migrations m
         WHERE m.app = 'operators' AND m.name = '0008_large_amounts'),
        (SELECT max(e.created_at) FROM public.audit_auditentry e WHERE e.operator_id = {_OWN}
         AND e.event_type IN ('operator.created', 'operator.terms_changed', 'operator.changed')),
        (SELECT max(c.created_at) FROM public.configuration_change c WHERE starts_with(c.key, 'events.large'))
    ) + interval '1 minute')"""

INVARIANTS = (
    Invariant(
        code="I4-one-stake-a-bet",
        claim="Each bet has exactly one stake of its amount, and each stake its bet",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT coalesce(b.id, t.id)::text FROM {_BETS} b
            FULL JOIN (SELECT * FROM {_MOVEMENTS} m WHERE kind = 1) t ON t.id = movement_id(b.id, 1)
            WHERE b.id IS NULL OR t.id IS NULL OR t.amount <> -b.stake
               OR t.account_id <> (SELECT a.id FROM wallet_account a WHERE a.player_id = b.player_id)""",
    ),
    Invariant(
        code="I5-settled-once",
        claim="Each bet of a finished round is settled, and settlements count exactly their bets",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT coalesce(b.round_id, s.round_id)::text FROM (
                SELECT round_id, sum(bets) AS bets, sum(stakes) AS stakes FROM (
                    SELECT round_id, count(*) AS bets, sum(stake) AS stakes FROM {_BETS} o
                    WHERE id NOT IN (SELECT bet_id FROM bets_cancellation) GROUP BY round_id
                    UNION ALL SELECT round_id, bets, stakes FROM {_CARRIED} c) a
                GROUP BY round_id) b
            FULL JOIN bets_settlement s ON s.round_id = b.round_id
            LEFT JOIN public.rounds_round r ON r.id = b.round_id
            WHERE (s.round_id IS NULL AND r.status IN ('settled', 'revealed'))
               OR (s.round_id IS NOT NULL AND (coalesce(b.bets, 0), coalesce(b.stakes, 0)) <> (s.bets, s.stakes))
            UNION ALL
            SELECT b.round_id::text FROM bets_bet b WHERE NOT EXISTS (
                SELECT 1 FROM public.rounds_participation p
                WHERE p.round_id = b.round_id AND p.operator_id = {_OWN})""",
    ),
    Invariant(
        code="I6-payouts-by-the-paytable",
        claim="Each payout is stake times multiplier of the bet's own paytable for its hits; no winner is without one",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT e.id::text FROM (
                SELECT b.id, least(b.stake * p.multiplier_hundredths / 100, b.potential_max_win) AS amount,
                       p.multiplier_hundredths
                FROM {_BETS} b JOIN public.rounds_round r ON r.id = b.round_id
                JOIN bets_settlement s ON s.round_id = b.round_id AND s.outcome = 'drawn'
                JOIN bets_paytablerow p ON p.paytable_id = b.paytable_id AND p.pick_count = b.pick_count
                     AND p.hit_count = {_HITS}
                WHERE b.id NOT IN (SELECT bet_id FROM bets_cancellation)) e
            FULL JOIN {_PAYOUTS} w ON w.bet_id = e.id
            WHERE (w.bet_id IS NULL AND e.amount > 0) OR e.id IS NULL OR w.amount <> e.amount""",
    ),
    Invariant(
        code="I6-one-credit-a-payout",
        claim="Each payout is credited exactly once with its amount, and each credit has its payout",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT coalesce(p.bet_id, t.id)::text FROM {_PAYOUTS} p
            FULL JOIN (SELECT * FROM {_MOVEMENTS} m WHERE kind = 2) t ON t.id = movement_id(p.bet_id, 2)
            WHERE p.bet_id IS NULL OR t.id IS NULL OR t.amount <> p.amount""",
    ),
    Invariant(
        code="I7-refunds",
        claim="Cancelled bets and bets of void rounds get their stake back once and no payout; nobody else does",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT coalesce(d.id, t.id)::text FROM (
                SELECT b.id, b.stake FROM {_BETS} b
                LEFT JOIN bets_settlement s ON s.round_id = b.round_id
                WHERE s.outcome = 'void' OR b.id IN (SELECT bet_id FROM bets_cancellation)) d
            FULL JOIN (SELECT * FROM {_MOVEMENTS} m WHERE kind = 3) t ON t.id = movement_id(d.id, 3)
            WHERE d.id IS NULL OR t.id IS NULL OR t.amount <> d.stake
               OR EXISTS (SELECT 1 FROM bets_payout p WHERE p.bet_id = d.id)""",
    ),
    Invariant(
        code="I9-keys-have-their-bets",
        claim="Every idempotency key has the bet that it became, and every bet its key",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT k.key FROM bets_slip k
            WHERE k.first_bet_id >= {_H} AND NOT EXISTS (SELECT 1 FROM bets_bet b WHERE b.id = k.first_bet_id)
            UNION ALL
            SELECT b.id::text FROM {_BETS} b WHERE NOT EXISTS (
                SELECT 1 FROM bets_slip k WHERE k.first_bet_id = coalesce(b.ticket_id, b.id))""",
    ),
    Invariant(
        code="I12-no-bet-after-close",
        claim="Every bet was accepted before the close of its round",
        scope=Scope.OPERATOR,
        violations="""
            SELECT b.id FROM bets_bet b JOIN public.rounds_round r ON r.id = b.round_id
            WHERE b.created_at >= r.closes_at""",
    ),
    Invariant(
        code="I19-no-draw-in-a-void-round",
        claim="A void round is settled as void and a drawn one as drawn",
        scope=Scope.OPERATOR,
        violations="""
            SELECT s.round_id FROM bets_settlement s JOIN public.rounds_round r ON r.id = s.round_id
            WHERE (s.outcome = 'void') <> (r.status = 'void')
               OR r.status IN ('scheduled', 'open', 'closed')""",
    ),
    Invariant(
        code="I20-sums-agree",
        claim="Settlements' stakes and payouts are the sums of their bets, payouts and refunds",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT s.round_id FROM bets_settlement s
            LEFT JOIN (
                SELECT round_id, sum(n) AS n, sum(amount) AS amount FROM (
                    SELECT round_id, count(*) AS n, sum(amount) AS amount FROM {_PAYOUTS} o GROUP BY 1
                    UNION ALL SELECT round_id, winners, payouts FROM {_CARRIED} c) a
                GROUP BY 1) p ON p.round_id = s.round_id
            WHERE s.outcome = 'drawn' AND (s.payouts, s.winners) <> (coalesce(p.amount, 0), coalesce(p.n, 0))
               OR s.outcome = 'void' AND s.payouts <> s.stakes""",
    ),
    Invariant(
        code="I21-paytables-keep-their-edge",
        claim="Every bet names a paytable that offers its picks, and every paytable keeps 11 % for the house",
        scope=Scope.OPERATOR,
        violations="""
            SELECT b.id::text FROM bets_bet b WHERE NOT EXISTS (
                SELECT 1 FROM bets_paytablepick p WHERE p.paytable_id = b.paytable_id AND p.pick_count = b.pick_count)
            UNION ALL
            SELECT p.id::text FROM bets_paytablepick p WHERE p.rtp_numerator * 100 > p.rtp_denominator * 89
            UNION ALL
            SELECT 'no single active paytable' WHERE (SELECT count(*) FROM bets_paytable WHERE active) <> 1""",
    ),
    Invariant(
        code="I4-one-debit-a-bet",
        claim="In seamless mode each bet has one confirmed debit of its stake, and each debit its bet or its rollback",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT b.id::text FROM {_BETS} b LEFT JOIN wallet_walletcall d ON d.id = movement_id(b.id, 6)
            WHERE {_SEAMLESS} AND (d.id IS NULL OR d.amount <> b.stake OR d.state NOT IN ('ok', 'rolled_back')
               OR (d.state = 'rolled_back') AND NOT EXISTS (
                    SELECT 1 FROM wallet_transaction r WHERE r.id = movement_id(b.id, 3)))
            UNION ALL
            SELECT d.id::text FROM wallet_walletcall d
            WHERE d.kind = 6 AND d.state = 'ok' AND d.bet_id >= {_H}
              AND NOT EXISTS (SELECT 1 FROM bets_bet b WHERE b.id = d.bet_id)
              AND NOT EXISTS (SELECT 1 FROM wallet_walletcall r WHERE r.id = movement_id(d.bet_id, 8))""",
    ),
    Invariant(
        code="I6-each-win-is-told-once",
        claim="In seamless mode each payout stands in exactly one credit with its amount",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT coalesce(p.bet_id, c.bet_id)::text
            FROM (SELECT bet_id, amount FROM {_PAYOUTS} o WHERE {_SEAMLESS}) p
            FULL JOIN (
                SELECT u.bet_id, sum(u.amount) AS amount, count(*) AS times
                FROM wallet_walletcall w CROSS JOIN LATERAL unnest(w.bet_ids, w.bet_amounts) AS u (bet_id, amount)
                WHERE w.kind = 7 AND u.amount > 0 AND u.bet_id >= {_H} GROUP BY u.bet_id) c ON c.bet_id = p.bet_id
            WHERE p.bet_id IS NULL OR c.bet_id IS NULL OR c.amount <> p.amount OR c.times <> 1""",
    ),
    Invariant(
        code="I37-archived-bets-add-up",
        claim="What was carried forward of an archived day's bets is what its files hold; keys and credits are as many",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT d.day::text || ': rounds' FROM wallet_archivedday d
            LEFT JOIN (SELECT day, sum(bets) AS bets, sum(stakes) AS stakes, sum(winners) AS winners,
                              sum(payouts) AS payouts FROM bets_carriedround GROUP BY 1) r ON r.day = d.day
            LEFT JOIN (SELECT day_of_id(bet_id) AS day, count(*) AS bets, sum(stake) AS stakes
                       FROM bets_carriedcancellation GROUP BY 1) c ON c.day = d.day
            WHERE (d.bets, d.stakes, d.winners, d.payouts) <> (
                coalesce(r.bets, 0) + coalesce(c.bets, 0), coalesce(r.stakes, 0) + coalesce(c.stakes, 0),
                coalesce(r.winners, 0), coalesce(r.payouts, 0))
            UNION ALL
            SELECT coalesce(k.day, d.day)::text || ': keys'
            FROM (SELECT day_of_id(first_bet_id) AS day, count(*) AS n FROM bets_slip
                  WHERE first_bet_id < {_H} GROUP BY 1) k
            FULL JOIN wallet_archivedday d ON d.day = k.day
            WHERE coalesce(k.n, 0) <> coalesce(d.slips, 0)
            UNION ALL
            SELECT coalesce(t.day, d.day)::text || ': credits'
            FROM (SELECT day_of_id(u.bet_id) AS day, count(*) AS n, sum(u.amount) AS amount
                  FROM wallet_walletcall w CROSS JOIN LATERAL unnest(w.bet_ids, w.bet_amounts) AS u (bet_id, amount)
                  WHERE w.kind = 7 AND u.amount > 0 AND u.bet_id < {_H} GROUP BY 1) t
            FULL JOIN wallet_archivedday d ON d.day = t.day
            WHERE {_SEAMLESS} AND (coalesce(t.n, 0), coalesce(t.amount, 0)) <> (d.winners, d.payouts)""",
    ),
    Invariant(
        code="I60-large-wins-are-on-record",
        claim="Each large win is on record, and what is on record as one was paid",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT p.bet_id::text FROM {_PAYOUTS} p
            WHERE p.amount >= (SELECT o.win_recorded_from FROM public.operators_operator o
                               WHERE o.operator_id = {_OWN})
              AND p.created_at > {_THRESHOLDS_SET} AND NOT EXISTS (
                SELECT 1 FROM public.audit_auditentry e
                WHERE e.operator_id = {_OWN} AND e.event_type = 'large_win.paid' AND e.bet_id = p.bet_id)
            UNION ALL
            SELECT e.bet_id::text FROM public.audit_auditentry e
            WHERE e.operator_id = {_OWN} AND e.event_type = 'large_win.paid' AND e.bet_id >= {_H} AND NOT EXISTS (
                SELECT 1 FROM bets_payout p WHERE p.bet_id = e.bet_id AND p.amount = (e.after->>'won')::bigint)""",
    ),
    Invariant(
        code="I61-large-wagers-are-on-record",
        claim="Each large wager is on record, and what is on record as one was placed",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT w.bet_id::text FROM (
                SELECT coalesce(b.ticket_id, b.id) AS bet_id, sum(b.stake) AS staked, max(b.created_at) AS created_at
                FROM {_BETS} b GROUP BY 1) w
            WHERE w.staked >= (SELECT o.wager_recorded_from FROM public.operators_operator o
                               WHERE o.operator_id = {_OWN})
              AND w.bet_id >= {_H} AND w.created_at > {_THRESHOLDS_SET} AND NOT EXISTS (
                SELECT 1 FROM public.audit_auditentry e
                WHERE e.operator_id = {_OWN} AND e.event_type = 'large_wager.placed' AND e.bet_id = w.bet_id)
            UNION ALL
            SELECT e.bet_id::text FROM public.audit_auditentry e
            WHERE e.operator_id = {_OWN} AND e.event_type = 'large_wager.placed' AND e.bet_id >= {_H} AND NOT EXISTS (
                SELECT 1 FROM bets_bet b WHERE b.id = e.bet_id AND b.stake <= (e.after->>'staked')::bigint)""",
    ),
)
