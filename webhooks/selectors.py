"""Reading webhooks: who subscribes to what, what happened, and what was tried."""

import time
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from keno_platform.core.errors import NotFound
from operators.models import Operator
from webhooks.catalogue import SHAPES
from webhooks.models import Attempt, Delivery, Endpoint, EndpointState, Event

WANTS_S = 1.0
"""How long a process believes what it has read about subscriptions."""
_known: dict[UUID, tuple[float, frozenset[str]]] = {}


def wants(operator_id: UUID, event: str) -> bool:
    """
    Whether any endpoint of this operator subscribes to an event; asked of the database at most once in a second.

    Disabled endpoints count: what they miss can be pulled, and replayed when they are back.
    """
    until, events = _known.get(operator_id, (0.0, frozenset()))
    if time.monotonic() >= until:
        events = _subscribed(operator_id)
        _known[operator_id] = (time.monotonic() + WANTS_S, events)
    return event in events


def subscribers(event: str) -> list[UUID]:
    """The operators with an endpoint that subscribes to an event."""
    rows = Endpoint.objects.filter(events__contains=[event]).exclude(state=EndpointState.DELETED)
    return list(rows.values_list("operator_id", flat=True).distinct())


def forget_wants(operator_id: UUID) -> None:
    """Ask the database again: the subscriptions of this operator have changed."""
    _known.pop(operator_id, None)


def _subscribed(operator_id: UUID) -> frozenset[str]:
    rows = list_endpoints(operator_id).values_list("events", flat=True)
    return frozenset(name for events in rows for name in events)


def list_endpoints(operator_id: UUID) -> "QuerySet[Endpoint]":
    """An operator's endpoints, without those that it has deleted."""
    return Endpoint.objects.filter(operator_id=operator_id).exclude(state=EndpointState.DELETED)


def get_endpoint(*, operator: Operator, endpoint_id: UUID) -> Endpoint:
    """
    One endpoint of this operator.

    :raises NotFound: there is none, or it is another operator's.
    """
    found = list_endpoints(operator.pk).filter(pk=endpoint_id).first()
    if found is None:
        raise NotFound("There is no such endpoint.")
    return found


def events_after(
    *, operator: Operator, after: int, limit: int, event: str | None = None, since: datetime | None = None
) -> list[Event]:
    """What happened, in the order of its sequence numbers: those above `after`, at most `limit` of them."""
    found = Event.objects.filter(operator=operator, sequence__gt=after)
    if event is not None:
        found = found.filter(type=event)
    if since is not None:
        found = found.filter(created_at__gte=since)
    return list(found.order_by("sequence")[:limit])


def get_event(*, operator: Operator, event_id: UUID) -> Event:
    """
    One event of this operator.

    :raises NotFound: there is none, it is another operator's, or it has no number yet.
    """
    found = Event.objects.filter(operator=operator, pk=event_id, sequence__isnull=False).first()
    if found is None:
        raise NotFound("There is no such event.")
    return found


def list_deliveries(operator: Operator) -> "QuerySet[Delivery]":
    """This operator's deliveries with their events."""
    return Delivery.objects.select_related("event").filter(operator=operator)


def get_delivery(*, operator: Operator, delivery_id: UUID) -> Delivery:
    """
    One delivery of this operator.

    :raises NotFound: there is none, or it is another operator's.
    """
    found = Delivery.objects.select_related("event", "endpoint").filter(operator=operator, pk=delivery_id).first()
    if found is None:
        raise NotFound("There is no such delivery.")
    return found


def attempts_of(delivery: Delivery) -> "QuerySet[Attempt]":
    """Every try of this delivery, the first one first."""
    return Attempt.objects.filter(delivery=delivery).order_by("number")


def deliveries_about(operator: Operator, keys: Iterable[str]) -> list[Delivery]:
    """What was sent, or is on its way, to this operator about things with these keys: bets, rounds, transactions."""
    events = Event.objects.filter(operator=operator, type__in=list(SHAPES), key__in=list(keys))
    pks = list(events.values_list("pk", flat=True))
    found = Delivery.objects.select_related("event", "endpoint").filter(event__in=pks)
    return list(found.order_by("pk"))


def disabled_endpoints() -> "QuerySet[Endpoint]":
    """Endpoints of all operators that were given up: what happens since is not told there."""
    return Endpoint.objects.select_related("operator").filter(state=EndpointState.DISABLED).order_by("pk")
