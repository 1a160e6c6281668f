"""What an operator's backend calls about events and their deliveries: to pull, to look, and once more."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from keno_platform.core import clock
from keno_platform.http.openapi import Problem, query_parameters
from keno_platform.http.pagination import PAGE_MAX, Page, PageQuery, paginate
from keno_platform.http.parsing import Ask, ParameterInvalid, read_query
from operators.authentication import CallerView
from webhooks import message, selectors
from webhooks.models import Attempt, Delivery, Event
from webhooks.services import replaying

EVENTS_DEFAULT = 100
SEQUENCE_MAX = 2**63 - 1


class EventOutput(msgspec.Struct, frozen=True, kw_only=True):
    """An event with the members of its message; `event_id` is the `webhook-id` of the message."""

    event_id: UUID
    sequence: int
    type: str
    timestamp: str
    data: dict[str, Any]


class EventsOutput(msgspec.Struct, frozen=True, kw_only=True):
    """Events in the order of their numbers. Ask again with `after=next_after`; `more` says that some wait already."""

    results: list[EventOutput]
    next_after: int
    more: bool


class DeliveryOutput(msgspec.Struct, frozen=True, kw_only=True):
    """One event on its way to one endpoint."""

    delivery_id: UUID
    endpoint_id: UUID
    event_id: UUID
    sequence: int | None
    type: str
    state: str
    attempts: int
    in_flight: bool
    next_attempt_at: str | None
    error: str
    created_at: str
    finished_at: str | None


class AttemptOutput(msgspec.Struct, frozen=True, kw_only=True):
    """One try: what was sent beside the body, what came back (its beginning), and when the next one was planned."""

    attempt_id: UUID
    number: int
    manual: bool
    outcome: str
    started_at: str
    url: str
    headers: dict[str, str]
    status: int | None
    error: str
    answer: str
    duration_ms: int | None
    next_attempt_at: str | None


class DeliveryDetail(DeliveryOutput, frozen=True, kw_only=True):
    """A delivery with the body that is sent, and every attempt."""

    body: str
    log: list[AttemptOutput]


class EventsQuery(Ask, frozen=True, kw_only=True):
    """Where to go on reading, and how much; optionally events of one type, or since a time."""

    after: int = 0
    limit: int = EVENTS_DEFAULT
    type: str | None = None
    since: str | None = msgspec.field(default=None, name="from")


class DeliveriesQuery(PageQuery, frozen=True, kw_only=True):
    """Filters of the list of deliveries; `from` is an RFC 3339 time."""

    endpoint_id: UUID | None = None
    event_id: UUID | None = None
    state: Literal["pending", "delivered", "failed"] | None = None
    type: str | None = None
    since: str | None = msgspec.field(default=None, name="from")


def shown_time(moment: datetime | None) -> str | None:
    """A time as the API prints it, where there is one."""
    return clock.to_text(moment) if moment else None


def show_event(event: Event) -> EventOutput:
    return EventOutput(
        event_id=event.pk,
        sequence=event.sequence or 0,
        type=event.type,
        timestamp=clock.to_text(event.created_at),
        data=msgspec.json.decode(event.data),
    )


def show_delivery(delivery: Delivery) -> DeliveryOutput:
    return DeliveryOutput(**_delivery_members(delivery))


def _delivery_members(delivery: Delivery) -> dict[str, Any]:
    flying = delivery.claim is not None
    return {
        "delivery_id": delivery.pk,
        "endpoint_id": delivery.endpoint_id,
        "event_id": delivery.event_id,
        "sequence": delivery.event.sequence,
        "type": delivery.event.type,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "in_flight": flying,
        "next_attempt_at": None if flying else shown_time(delivery.due_at),
        "error": delivery.error,
        "created_at": clock.to_text(delivery.created_at),
        "finished_at": shown_time(delivery.finished_at),
    }


def show_detail(delivery: Delivery) -> DeliveryDetail:
    log = [show_attempt(one) for one in selectors.attempts_of(delivery)]
    return DeliveryDetail(**_delivery_members(delivery), body=message.body_of(delivery.event).decode(), log=log)


def show_attempt(attempt: Attempt) -> AttemptOutput:
    return AttemptOutput(
        attempt_id=attempt.pk,
        number=attempt.number,
        manual=attempt.manual,
        outcome=attempt.outcome,
        started_at=clock.to_text(attempt.started_at),
        url=attempt.url,
        headers=attempt.headers,
        status=attempt.status,
        error=attempt.error,
        answer=attempt.answer,
        duration_ms=attempt.duration_ms,
        next_attempt_at=shown_time(attempt.next_attempt_at),
    )


class EventsView(CallerView):
    """What happened, to be pulled: the way round a receiver that was away."""

    @extend_schema(
        operation_id="list_events",
        parameters=query_parameters(EventsQuery),
        responses={200: EventsOutput, 401: Problem, 422: Problem},
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, EventsQuery)
        if not 1 <= query.limit <= PAGE_MAX or not 0 <= query.after <= SEQUENCE_MAX:
            raise ParameterInvalid(f"limit must be 1 to {PAGE_MAX}, and after 0 or more.")
        found = selectors.events_after(
            operator=self.operator,
            after=query.after,
            limit=query.limit + 1,
            event=query.type,
            since=None if query.since is None else clock.from_text(query.since),
        )
        shown = [show_event(event) for event in found[: query.limit]]
        next_after = shown[-1].sequence if shown else query.after
        return Response(EventsOutput(results=shown, next_after=next_after, more=len(found) > query.limit))


class EventView(CallerView):
    """One event."""

    @extend_schema(operation_id="get_event", responses={200: EventOutput, 404: Problem})
    def get(self, request: Request, event_id: UUID) -> Response:
        return Response(show_event(selectors.get_event(operator=self.operator, event_id=event_id)))


class DeliveriesView(CallerView):
    """Deliveries, newest first."""

    @extend_schema(
        operation_id="list_webhook_deliveries",
        parameters=query_parameters(DeliveriesQuery),
        responses={200: Page, 401: Problem, 422: Problem},
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, DeliveriesQuery)
        wanted = {
            "endpoint_id": query.endpoint_id,
            "event_id": query.event_id,
            "state": query.state,
            "event__type": query.type,
            "event__created_at__gte": None if query.since is None else clock.from_text(query.since),
        }
        given = {name: value for name, value in wanted.items() if value is not None}
        return Response(
            paginate(request, query, selectors.list_deliveries(self.operator).filter(**given), show_delivery)
        )


class DeliveryView(CallerView):
    """One delivery with its attempts."""

    @extend_schema(operation_id="get_webhook_delivery", responses={200: DeliveryDetail, 404: Problem})
    def get(self, request: Request, delivery_id: UUID) -> Response:
        return Response(show_detail(selectors.get_delivery(operator=self.operator, delivery_id=delivery_id)))


class ReplayView(CallerView):
    """One delivery is sent once more, whatever became of it."""

    @extend_schema(
        operation_id="replay_webhook_delivery",
        request=None,
        responses={202: DeliveryOutput, 404: Problem, 409: Problem},
    )
    def post(self, request: Request, delivery_id: UUID) -> Response:
        delivery = selectors.get_delivery(operator=self.operator, delivery_id=delivery_id)
        replaying.replay_delivery(delivery=delivery, actor=self.caller.actor)
        again = selectors.get_delivery(operator=self.operator, delivery_id=delivery_id)
        return Response(show_delivery(again), status=202)
