"""Replays: an event goes to an endpoint once more because somebody asked. They plan no retries of their own."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from audit import services as audit
from keno_platform.core.errors import Kind, NotFound, Refusal, Retry
from operators.models import Operator
from webhooks.models import Delivery, EndpointState
from webhooks.services.endings import lock_endpoints
from webhooks.services.endpoints import require_active


class WebhookDeliveryInFlight(Refusal):
    """An attempt of this delivery is running at this moment; its end comes within a minute."""

    code = "webhook_delivery_in_flight"
    kind = Kind.CONFLICT
    title = "This delivery is being sent just now"
    retry = Retry.NEW_KEY


_REPLAY = """
    UPDATE public.webhooks_delivery d
    SET resume_at = CASE WHEN d.manual THEN d.resume_at WHEN d.state = 'pending' THEN d.due_at END,
        due_at = clock_timestamp(), manual = true, claim = NULL
    FROM public.webhooks_event e
    WHERE e.id = d.event_id AND (d.claim IS NULL OR d.due_at <= clock_timestamp())
"""


@transaction.atomic
def replay_delivery(*, delivery: Delivery, actor: str) -> None:
    """
    One attempt more, at once, whatever became of the delivery before.

    If it fails the delivery is what it was: a ladder that still runs goes on at its own time.

    :raises WebhookEndpointNotActive: nothing is sent to its endpoint now.
    :raises WebhookDeliveryInFlight: an attempt is running.
    """
    _require_active_endpoint(delivery.endpoint_id)
    if _replay("AND d.id = %s", [delivery.pk]) == 0:
        raise WebhookDeliveryInFlight()
    _record(delivery.operator_id, actor, {"delivery": str(delivery.pk), "endpoint": str(delivery.endpoint_id)})


@transaction.atomic
def replay_failed(
    *, operator: Operator, endpoint_id: UUID, since: datetime, until: datetime | None = None, actor: str
) -> int:
    """
    One attempt more for everything that has failed at this endpoint, of events since a time; returns how many.

    :raises WebhookEndpointNotActive: nothing is sent to it now.
    """
    _require_active_endpoint(endpoint_id)
    count = _replay(
        "AND d.endpoint_id = %s AND d.state = 'failed' AND NOT d.manual AND e.created_at >= %s"
        " AND e.created_at < coalesce(%s, 'infinity'::timestamptz)",
        [endpoint_id, since, until],
    )
    _record(operator.pk, actor, {"endpoint": str(endpoint_id), "since": since.isoformat(), "deliveries": count})
    return count


def _require_active_endpoint(endpoint_id: UUID) -> None:
    [endpoint] = lock_endpoints([endpoint_id])
    if endpoint.state == EndpointState.DELETED:
        raise NotFound("This endpoint was deleted.")
    require_active(endpoint)


def _replay(condition: str, values: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_REPLAY + condition, values)
        return int(cursor.rowcount)


def _record(operator_id: UUID, actor: str, after: dict[str, object]) -> None:
    audit.record(
        "webhook.replayed", description="webhooks: sent again", actor=actor, operator_id=operator_id, after=after
    )
