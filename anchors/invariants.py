"""What must always hold of roots and of their way to the chain."""

from keno_platform.core.invariants import Invariant, Scope

INVARIANTS = (
    Invariant(
        code="I23-roots-without-gaps",
        claim="Roots are numbered from 1 without a gap",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT seq FROM (SELECT seq, lag(seq, 1, 0::bigint) OVER (ORDER BY seq) AS before
                             FROM public.anchors_root) one
            WHERE seq <> before + 1""",
    ),
    Invariant(
        code="I23-anchored-once",
        claim="A root has at most one transaction that stands for it in a contract",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT t.contract_id || ':' || coalesce(t.seq::text, 'deployment') FROM public.anchors_transaction t
            WHERE t.status NOT IN ('replaced', 'failed')
            GROUP BY t.contract_id, t.seq HAVING count(*) > 1""",
    ),
    Invariant(
        code="I23-anchored-in-order",
        claim="In every contract roots become final one after another, from its first, in blocks that never go back",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT id FROM (
                SELECT t.id, t.seq, t.block_number, t.block_time,
                       lag(t.seq, 1, c.first_seq - 1) OVER w AS before,
                       lag(t.block_number) OVER w AS block_before, lag(t.block_time) OVER w AS time_before
                FROM public.anchors_transaction t JOIN public.anchors_contract c ON c.id = t.contract_id
                WHERE t.status = 'final' AND t.seq IS NOT NULL
                WINDOW w AS (PARTITION BY t.contract_id ORDER BY t.seq)) one
            WHERE seq <> before + 1 OR block_number < block_before OR block_time < time_before""",
    ),
    Invariant(
        code="I23-heads-are-chained",
        claim="Every root goes on from the head of the one before it, in each contract",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT t.id FROM public.anchors_transaction t JOIN public.anchors_contract c ON c.id = t.contract_id
            LEFT JOIN public.anchors_transaction b ON b.contract_id = t.contract_id AND b.seq = t.seq - 1
                                                  AND b.status = 'final'
            WHERE t.status = 'final' AND t.seq IS NOT NULL
              AND t.previous_head IS DISTINCT FROM CASE WHEN t.seq = c.first_seq THEN c.first_head ELSE b.head END""",
    ),
    Invariant(
        code="I23-final-is-complete",
        claim="Every final transaction has its block and its bytes, or was found there; every last event is the status",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT t.id FROM public.anchors_transaction t
            WHERE t.status = 'final'
              AND (t.block_number IS NULL OR t.block_hash IS NULL OR t.block_time IS NULL OR t.hash IS NULL
                   OR t.succeeded IS DISTINCT FROM true
                   OR (t.raw IS NULL AND NOT EXISTS (
                        SELECT 1 FROM public.anchors_transactionevent e
                        WHERE e.transaction_id = t.id AND e.status = 'mined' AND e.note = 'found on the chain')))
            UNION ALL
            SELECT t.id FROM public.anchors_transaction t
            WHERE t.status IS DISTINCT FROM (
                SELECT e.status FROM public.anchors_transactionevent e
                WHERE e.transaction_id = t.id ORDER BY e.id DESC LIMIT 1)""",
    ),
)
