"""Events as the tests need them, and time that passes by moving rows."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from operators.models import Operator
from webhooks.catalogue import BET_SETTLED, EXAMPLES
from webhooks.models import Delivery, Endpoint, Event
from webhooks.services import emit, numbering


def settled(**changed: Any) -> dict[str, Any]:
    """The data of a `bet.settled` for a bet of its own."""
    return {**EXAMPLES[BET_SETTLED], "bet_id": str(uuid4()), **changed}


def tell(operator: Operator, *, count: int = 1) -> list[Event]:
    """So many settled bets, committed and numbered; the events in their order."""
    bets = [settled() for _ in range(count)]
    with transaction.atomic():
        for data in bets:
            emit(operator=operator, event=BET_SETTLED, data=data, key=data["bet_id"])
    numbering.number_events()
    keys = [data["bet_id"] for data in bets]
    return list(Event.objects.filter(operator=operator, key__in=keys).order_by("sequence"))


def delivery_of(event: Event, endpoint: Endpoint) -> Delivery:
    """The delivery of this event to this endpoint, as it stands now."""
    return Delivery.objects.select_related("event", "endpoint").get(event=event, endpoint=endpoint)


def pass_time(*deliveries: Delivery) -> None:
    """As if what these deliveries wait for had come: their next attempt, or the end of a dead worker's claim."""
    Delivery.objects.filter(pk__in=[one.pk for one in deliveries]).update(due_at=Now() - timedelta(seconds=1))


def earlier(endpoint: Endpoint, *, by: timedelta) -> None:
    """As if so much time had passed for an endpoint's pause and for its old secret."""
    Endpoint.objects.filter(pk=endpoint.pk).update(
        hold_until=F("hold_until") - by, previous_until=F("previous_until") - by
    )
