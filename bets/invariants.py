"""What must always hold of bets, their stakes and their settlement."""

from keno_platform.core.invariants import Invariant, Scope

_HITS = "bit_count(b.picks & (SELECT bit_or(('1'::bit(80) >> (n - 1))) FROM unnest(r.numbers_drawn) n))"
_OWN = "(SELECT o.operator_id FROM public.operators_operator o WHERE o.schema_name = current_schema())"

INVARIANTS = (
    Invariant(
        code="I4-one-stake-a-bet",
        claim="Each bet has exactly one stake of its amount, and each stake its bet",
        scope=Scope.OPERATOR,
        violations="""
            SELECT coalesce(b.id, t.id)::text FROM bets_bet b
            FULL JOIN (SELECT * FROM wallet_transaction WHERE kind = 1) t ON t.id = movement_id(b.id, 1)
            WHERE b.id IS NULL OR t.id IS NULL OR t.amount <> -b.stake
               OR t.account_id <> (SELECT a.id FROM wallet_account a WHERE a.player_id = b.player_id)""",
    ),
    Invariant(
        code="I5-settled-once",
        claim="Each bet of a finished round is settled, and settlements count exactly their bets",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT coalesce(b.round_id, s.round_id)::text FROM (
                SELECT round_id, count(*) AS bets, sum(stake) AS stakes FROM bets_bet
                WHERE id NOT IN (SELECT bet_id FROM bets_cancellation) GROUP BY round_id) b
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
                FROM bets_bet b JOIN public.rounds_round r ON r.id = b.round_id
                JOIN bets_settlement s ON s.round_id = b.round_id AND s.outcome = 'drawn'
                JOIN bets_paytablerow p ON p.paytable_id = b.paytable_id AND p.pick_count = b.pick_count
                     AND p.hit_count = {_HITS}
                WHERE b.id NOT IN (SELECT bet_id FROM bets_cancellation)) e
            FULL JOIN bets_payout w ON w.bet_id = e.id
            WHERE (w.bet_id IS NULL AND e.amount > 0) OR e.id IS NULL OR w.amount <> e.amount""",
    ),
    Invariant(
        code="I6-one-credit-a-payout",
        claim="Each payout is credited exactly once with its amount, and each credit has its payout",
        scope=Scope.OPERATOR,
        violations="""
            SELECT coalesce(p.bet_id, t.id)::text FROM bets_payout p
            FULL JOIN (SELECT * FROM wallet_transaction WHERE kind = 2) t ON t.id = movement_id(p.bet_id, 2)
            WHERE p.bet_id IS NULL OR t.id IS NULL OR t.amount <> p.amount""",
    ),
    Invariant(
        code="I7-refunds",
        claim="Cancelled bets and bets of void rounds get their stake back once and no payout; nobody else does",
        scope=Scope.OPERATOR,
        violations="""
            SELECT coalesce(d.id, t.id)::text FROM (
                SELECT b.id, b.stake FROM bets_bet b
                LEFT JOIN bets_settlement s ON s.round_id = b.round_id
                WHERE s.outcome = 'void' OR b.id IN (SELECT bet_id FROM bets_cancellation)) d
            FULL JOIN (SELECT * FROM wallet_transaction WHERE kind = 3) t ON t.id = movement_id(d.id, 3)
            WHERE d.id IS NULL OR t.id IS NULL OR t.amount <> d.stake
               OR EXISTS (SELECT 1 FROM bets_payout p WHERE p.bet_id = d.id)""",
    ),
    Invariant(
        code="I9-keys-have-their-bets",
        claim="Every idempotency key has the bet that it became, and every bet its key",
        scope=Scope.OPERATOR,
        violations="""
            SELECT k.key FROM bets_slip k WHERE NOT EXISTS (SELECT 1 FROM bets_bet b WHERE b.id = k.first_bet_id)
            UNION ALL
            SELECT b.id::text FROM bets_bet b WHERE NOT EXISTS (
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
        violations="""
            SELECT s.round_id FROM bets_settlement s
            LEFT JOIN (SELECT round_id, count(*) AS n, sum(amount) AS amount FROM bets_payout GROUP BY 1) p
              ON p.round_id = s.round_id
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
)
