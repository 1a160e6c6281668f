"""What must always hold of events on their way to operators."""

from keno_platform.core.invariants import Invariant, Scope

INVARIANTS = (
    Invariant(
        code="I28-events-get-numbers",
        claim="Every committed event has its sequence number, and with it its deliveries, within a minute",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT id::text FROM public.webhooks_event
            WHERE sequence IS NULL AND created_at < clock_timestamp() - interval '60 s'""",
    ),
    Invariant(
        code="I28-numbers-have-no-gaps",
        claim="The sequence numbers of each operator's events follow one another, and the last is the counter's",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT o.slug FROM public.webhooks_event e
            JOIN public.operators_operator o USING (operator_id)
            JOIN public.webhooks_counter c USING (operator_id)
            WHERE e.sequence IS NOT NULL GROUP BY o.slug, c.last
            HAVING max(e.sequence) - min(e.sequence) + 1 <> count(*) OR max(e.sequence) <> c.last""",
    ),
    Invariant(
        code="I28-what-is-due-is-tried",
        claim="An active endpoint with something due for ten minutes has had an attempt in these ten minutes",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT e.id::text FROM public.webhooks_endpoint e
            WHERE e.state = 'active' AND (e.hold_until IS NULL OR e.hold_until < clock_timestamp() - interval '600 s')
              AND EXISTS (SELECT 1 FROM public.webhooks_delivery d
                          WHERE d.endpoint_id = e.id AND d.due_at < clock_timestamp() - interval '600 s')
              AND NOT EXISTS (SELECT 1 FROM public.webhooks_attempt a
                              JOIN public.webhooks_delivery d ON d.id = a.delivery_id
                              WHERE d.endpoint_id = e.id AND a.started_at > clock_timestamp() - interval '600 s')""",
    ),
    Invariant(
        code="I28-delivered-was-answered",
        claim="Every delivery that counts as delivered has an attempt that was answered with a 2xx",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT d.id::text FROM public.webhooks_delivery d
            WHERE d.state = 'delivered' AND NOT EXISTS (
                SELECT 1 FROM public.webhooks_attempt a
                WHERE a.delivery_id = d.id AND a.outcome = 'delivered' AND a.status BETWEEN 200 AND 299)""",
    ),
)
