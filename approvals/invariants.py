"""What must always hold of requests and decisions, whoever wrote the rows."""

from keno_platform.core.invariants import Invariant, Scope

INVARIANTS = (
    Invariant(
        code="I50-ends-as-decided",
        claim="A request is approved, failed or rejected by exactly its decision, and otherwise has none",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT r.id FROM public.approvals_request r
            LEFT JOIN public.approvals_decision d ON d.request_id = r.id
            WHERE d.verdict IS DISTINCT FROM CASE WHEN r.state IN ('approved', 'failed') THEN 'approve'
                                                  WHEN r.state = 'rejected' THEN 'reject' END""",
    ),
    Invariant(
        code="I51-four-eyes",
        claim="Nobody has decided what they asked for, and each decision names the one who asked",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT r.id FROM public.approvals_request r JOIN public.approvals_decision d ON d.request_id = r.id
            WHERE d.decided_by_user_id = r.asked_by_user_id OR lower(d.decided_by) = lower(r.asked_by)
               OR (d.asked_by, d.asked_by_user_id) IS DISTINCT FROM (r.asked_by, r.asked_by_user_id)""",
    ),
    Invariant(
        code="I52-none-left-hanging",
        claim="No request stays open for more than five minutes after it should have expired",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT id FROM public.approvals_request
            WHERE state = 'open' AND expires_at < clock_timestamp() - interval '5 minutes'""",
    ),
    Invariant(
        code="I53-on-record",
        claim="That a request was made and how it ended are on record, each once",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT r.id FROM public.approvals_request r
            LEFT JOIN (
                SELECT (after->>'request_id')::uuid AS request_id,
                       count(*) FILTER (WHERE event_type = 'approval.requested') AS asked,
                       count(*) FILTER (WHERE event_type <> 'approval.requested') AS ended,
                       max(event_type) FILTER (WHERE event_type <> 'approval.requested') AS how
                FROM public.audit_auditentry
                WHERE event_type IN ('approval.requested', 'approval.approved', 'approval.rejected', 'approval.expired',
                                     'approval.withdrawn', 'approval.failed')
                GROUP BY 1) e ON e.request_id = r.id
            WHERE e.asked IS DISTINCT FROM 1 OR e.ended IS DISTINCT FROM (r.state <> 'open')::int
               OR e.how IS DISTINCT FROM CASE WHEN r.state <> 'open' THEN 'approval.' || r.state END""",
    ),
)
