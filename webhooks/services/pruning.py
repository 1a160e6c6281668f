"""Forgetting what is old, so that the tables of webhooks end somewhere."""

from uuid import UUID

from django.db import connection, transaction

CHUNK = 5_000
_OLD = """
    SELECT id, created_at < clock_timestamp() - make_interval(secs => %s) FROM public.webhooks_event
    WHERE operator_id = %s AND sequence IS NOT NULL ORDER BY sequence LIMIT %s
"""
_FORGET = (
    """
    DELETE FROM public.webhooks_attempt WHERE delivery_id IN (
        SELECT id FROM public.webhooks_delivery WHERE event_id = ANY (%s))
    """,
    "DELETE FROM public.webhooks_delivery WHERE event_id = ANY (%s)",
    "DELETE FROM public.webhooks_event WHERE id = ANY (%s)",
)


def prune(*, older_than_s: float) -> int:
    """
    Forget events that are so old, with their deliveries and attempts, from an operator's lowest number upwards.

    What still waited for an endpoint that was paused all this time goes with them. Returns how many events went.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT operator_id FROM public.webhooks_counter")
        operators = [row[0] for row in cursor.fetchall()]
    return sum(_prune_of(operator_id, older_than_s) for operator_id in operators)


def _prune_of(operator_id: UUID, older_than_s: float) -> int:
    gone = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_OLD, [older_than_s, operator_id, CHUNK])
            old = _leading(cursor.fetchall())
            for statement in _FORGET:
                cursor.execute(statement, [old])
        gone += len(old)
        if len(old) < CHUNK:
            return gone


def _leading(rows: list[tuple[UUID, bool]]) -> list[UUID]:
    """The rows before the first that is young: so no gap is ever made in the middle."""
    first_young = next((place for place, (_, is_old) in enumerate(rows) if not is_old), len(rows))
    return [key for key, _ in rows[:first_young]]
