"""What must always hold of the record, as far as a query can say it. The rest is said by `audit.verification`."""

from keno_platform.core.invariants import Invariant, Scope

_TABLES = """
    unnest(ARRAY['public.audit_auditentry', 'public.audit_checkpoint', 'public.audit_loghead', 'public.audit_leaf',
                 'public.audit_treenode', 'public.audit_checkpointroot']::regclass[]) one
"""

INVARIANTS = (
    Invariant(
        code="I25-none-passed-over",
        claim="Every entry from before the newest checkpoint's horizon has its place",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT e.id FROM public.audit_auditentry e
            WHERE (e.transaction_number, e.id) <= (
                    SELECT ('x' || encode(substr(c.message, 105, 8), 'hex'))::bit(64)::bigint,
                           encode(substr(c.message, 113, 16), 'hex')::uuid
                    FROM public.audit_checkpoint c ORDER BY c.number DESC LIMIT 1)
              AND NOT EXISTS (SELECT 1 FROM public.audit_leaf l WHERE l.entry_id = e.id)""",
    ),
    Invariant(
        code="I25-places-without-gaps",
        claim="The places of every log are numbered from 0 without a gap, as many as its newest head says",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT coalesce(l.log, h.log) FROM
                (SELECT log, count(*) AS places, min(index) AS first, max(index) AS last
                 FROM public.audit_leaf GROUP BY log) l
                FULL JOIN (SELECT log, max(size) AS size FROM public.audit_loghead GROUP BY log) h ON h.log = l.log
            WHERE l.places IS DISTINCT FROM h.size OR l.first <> 0 OR l.last <> h.size - 1""",
    ),
    Invariant(
        code="I25-checkpoints-in-line",
        claim="Checkpoints are numbered from 1, and each holds the hash of the one before",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT number FROM (
                SELECT number, message, lag(number, 1, 0::bigint) OVER w AS before,
                       coalesce(sha256(lag(message) OVER w), decode(repeat('00', 32), 'hex')) AS digest
                FROM public.audit_checkpoint WINDOW w AS (ORDER BY number)) one
            WHERE number <> before + 1 OR substr(message, 65, 32) <> digest
               OR ('x' || encode(substr(message, 9, 8), 'hex'))::bit(64)::bigint <> number""",
    ),
    Invariant(
        code="I25-anchored-as-sealed",
        claim="What was given to the chain of the record is the root of its checkpoint",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT coalesce(own.anchor_seq, root.seq) FROM public.audit_checkpointroot own
            JOIN public.audit_checkpoint c ON c.number = own.checkpoint_id
            FULL JOIN (SELECT * FROM public.anchors_root WHERE kind = 3) root ON root.seq = own.anchor_seq
            WHERE root.root IS DISTINCT FROM sha256('\\x00'::bytea || c.message) OR root.size <> 1""",
    ),
    Invariant(
        code="I27-record-is-append-only",
        claim="Every table of the record refuses every change by a trigger",
        scope=Scope.INSTALLATION,
        violations=f"""
            SELECT one::text FROM {_TABLES}
            WHERE NOT EXISTS (SELECT 1 FROM pg_trigger t
                              WHERE t.tgrelid = one AND t.tgname = 'append_only' AND t.tgenabled <> 'D')""",
    ),
    Invariant(
        code="I27-record-is-guarded",
        claim="Where the record belongs to a role of its own, the platform's role has no right to change it",
        scope=Scope.INSTALLATION,
        violations=f"""
            SELECT one::text FROM {_TABLES} JOIN pg_class c ON c.oid = one
            WHERE NOT pg_has_role(c.relowner, 'MEMBER')
              AND has_table_privilege(one, 'UPDATE, DELETE, TRUNCATE, TRIGGER')""",
    ),
)
