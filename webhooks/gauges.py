"""What a scrape asks of webhooks."""

from keno_platform.core.gauges import Gauge

GAUGES = (
    Gauge(
        name="keno_webhook_outbox_age_seconds",
        meaning="How long ago the oldest event happened that has no number yet.",
        query="""
            SELECT coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)
            FROM public.webhooks_event WHERE sequence IS NULL""",
    ),
    Gauge(
        name="keno_webhook_deliveries_due",
        meaning="Deliveries to active endpoints that are due and not under way.",
        query="""
            SELECT count(*) FROM public.webhooks_delivery d JOIN public.webhooks_endpoint e ON e.id = d.endpoint_id
            WHERE e.state = 'active' AND d.due_at <= clock_timestamp()""",
    ),
    Gauge(
        name="keno_webhook_endpoints",
        meaning="Endpoints by state; a disabled one has failed for long.",
        labels=("state",),
        query="""
            SELECT known.state, count(e.id) FROM unnest(ARRAY['active', 'paused', 'disabled']) known (state)
            LEFT JOIN public.webhooks_endpoint e ON e.state = known.state GROUP BY 1""",
    ),
)
