"""What a scrape asks of the audit record."""

from keno_platform.core.gauges import Gauge

GAUGES = (
    Gauge(
        name="keno_audit_unsealed_seconds",
        meaning="How long ago the oldest entry of the record was written that is not sealed; 0 when all are.",
        query="""
            SELECT coalesce(extract(epoch FROM clock_timestamp() - min(e.created_at)), 0)
            FROM public.audit_auditentry e
            WHERE e.transaction_number >= coalesce(
                    (SELECT ('x' || encode(substr(c.message, 105, 8), 'hex'))::bit(64)::bigint
                     FROM public.audit_checkpoint c ORDER BY c.number DESC LIMIT 1), 0)
              AND NOT EXISTS (SELECT FROM public.audit_leaf l WHERE l.entry_id = e.id)""",
    ),
)
