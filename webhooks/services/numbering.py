"""
Numbering: an operator's committed events get the next numbers, without gaps, and their deliveries are made.

It happens after the commit and for one operator at a time, under the lock of its counter: whoever reads numbers up
to n has seen every event that will ever have one of them. Events of one transaction keep the order in which they
were emitted; otherwise it is the order in which they became visible.
"""

from uuid import UUID

from django.db import connection, transaction

from keno_platform.core import ids
from webhooks.models import Endpoint, EndpointState
from webhooks.selectors import list_endpoints
from webhooks.services.endings import ENDED

CHUNK = 5_000
_WITH_NEW = """
    SELECT o.operator_id FROM public.operators_operator o
    WHERE EXISTS (SELECT 1 FROM public.webhooks_event e WHERE e.operator_id = o.operator_id AND e.sequence IS NULL)
"""
_MAKE_COUNTER = "INSERT INTO public.webhooks_counter (operator_id, last) VALUES (%s, 0) ON CONFLICT DO NOTHING"
_LOCK = "SELECT last FROM public.webhooks_counter WHERE operator_id = %s FOR UPDATE"
_NUMBER = """
    WITH fresh AS (
        SELECT id, row_number() OVER (ORDER BY id) AS place FROM (
            SELECT id FROM public.webhooks_event
            WHERE operator_id = %s AND sequence IS NULL ORDER BY id LIMIT %s) one),
    numbered AS (
        UPDATE public.webhooks_event e SET sequence = %s + fresh.place FROM fresh WHERE e.id = fresh.id
        RETURNING e.id, e.type, e.endpoint_id, e.sequence),
    counted AS (
        UPDATE public.webhooks_counter SET last = last + (SELECT count(*) FROM numbered) WHERE operator_id = %s)
    SELECT id, type, endpoint_id FROM numbered ORDER BY sequence
"""
_DELIVER = """
    INSERT INTO public.webhooks_delivery (
        id, operator_id, event_id, endpoint_id, state, retries, attempts, manual, error, due_at, finished_at)
    SELECT one.id, %s, one.event_id, %s, %s, 0, 0, false, %s,
           CASE WHEN %s THEN clock_timestamp() END, CASE WHEN %s THEN NULL ELSE clock_timestamp() END
    FROM unnest(%s::uuid[], %s::uuid[]) AS one (id, event_id)
    ON CONFLICT (event_id, endpoint_id) DO NOTHING
"""
Fresh = tuple[UUID, str, UUID | None]
"""An event's id, its type, and the endpoint that it is for alone."""


def number_events() -> int:
    """Number what is new of every operator that nobody else is numbering; returns how many events got one."""
    with connection.cursor() as cursor:
        cursor.execute(_WITH_NEW)
        operators = [row[0] for row in cursor.fetchall()]
    return sum(_number_all(operator_id) for operator_id in operators)


def _number_all(operator_id: UUID) -> int:
    total = 0
    while (done := number_chunk(operator_id, wait=False)) > 0:
        total += done
        if done < CHUNK:
            break
    return total


@transaction.atomic
def number_chunk(operator_id: UUID, *, wait: bool = True) -> int:
    """Number at most CHUNK events of one operator. Without `wait` it is 0 while somebody else is at it."""
    with connection.cursor() as cursor:
        cursor.execute(_MAKE_COUNTER, [operator_id])
        cursor.execute(_LOCK + ("" if wait else " SKIP LOCKED"), [operator_id])
        locked = cursor.fetchone()
        if locked is None:
            return 0
        cursor.execute(_NUMBER, [operator_id, CHUNK, locked[0], operator_id])
        fresh: list[Fresh] = cursor.fetchall()
    # Locked, so that none ends in between: what waits for an ended endpoint would wait for ever.
    for endpoint in list_endpoints(operator_id).order_by("pk").select_for_update(no_key=True) if fresh else ():
        _make_deliveries(endpoint, [event_id for event_id, kind, only in fresh if _goes_to(endpoint, kind, only)])
    return len(fresh)


def _goes_to(endpoint: Endpoint, kind: str, only: UUID | None) -> bool:
    return kind in endpoint.events if only is None else only == endpoint.pk


def _make_deliveries(endpoint: Endpoint, event_ids: list[UUID]) -> None:
    if not event_ids:
        return
    goes_out = endpoint.state != EndpointState.DISABLED
    state, error = ("pending", "") if goes_out else ("failed", ENDED)
    keys = [ids.uuid7() for _ in event_ids]
    with connection.cursor() as cursor:
        cursor.execute(_DELIVER, [endpoint.operator_id, endpoint.pk, state, error, goes_out, goes_out, keys, event_ids])
