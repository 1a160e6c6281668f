"""Events, deliveries and attempts for staff: nobody changes them; a delivery can be sent once more."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join

from keno_platform.staff import steps
from keno_platform.staff.columns import NOTHING, code, column, exact_utc, in_utc, record_link, state, utc
from keno_platform.staff.filters import DayFilter
from keno_platform.staff.pages import RecordAdmin, UncountedPages
from keno_platform.staff.steps import Step, offered
from webhooks import message, selectors
from webhooks.catalogue import SHAPES
from webhooks.models import Attempt, Delivery, DeliveryState, Event, Outcome
from webhooks.services import replaying

STATE_COLORS = {DeliveryState.DELIVERED: "success", DeliveryState.PENDING: "info", DeliveryState.FAILED: "danger"}
OUTCOME_COLORS = {Outcome.DELIVERED: "success", Outcome.STARTED: "warning", Outcome.FAILED: "danger"}
BODY = column(lambda event: code(message.body_of(event).decode()), name="body", title="message")
REPLAY = Step(
    title="Send once more",
    consequence="One attempt more, at once. If it fails, no retries follow beyond those that are planned already.",
    button="Send",
)


class TypeFilter(admin.SimpleListFilter):
    """By the event's type; the table itself is never searched for the types that there are."""

    title = "event"
    parameter_name = "event"
    path = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in SHAPES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.path: self.value()}) if self.value() else queryset


class DeliveryTypeFilter(TypeFilter):
    """The same of a delivery's event."""

    path = "event__type"


def endpoint_link(delivery: Delivery) -> Any:
    return record_link("webhooks.endpoint", delivery.endpoint_id, delivery.endpoint.url)


def event_link(delivery: Delivery) -> Any:
    return record_link("webhooks.event", delivery.event_id, delivery.event)


def _deliveries(event: Event) -> Any:
    rows = event.deliveries.select_related("endpoint").order_by("pk")
    shown = (
        (record_link("webhooks.delivery", one.pk, f"{one.endpoint.url} ({one.get_state_display()})"),) for one in rows
    )
    return format_html_join(" · ", "{}", shown) or NOTHING


@admin.register(Event)
class EventAdmin(RecordAdmin):
    """What happened of which an operator wanted to be told, newest first."""

    paginator = UncountedPages
    list_display = ("id", "sequence", "type", "operator", utc("created_at"))
    list_select_related = ("operator",)
    list_filter = (DayFilter, TypeFilter, "operator")
    search_exactly = ("id",)
    search_help_text = "An event's id: the webhook-id of its messages."
    fields = (
        *("id", "sequence", "type", "operator", exact_utc("created_at"), "key"),
        *(BODY, column(_deliveries, name="deliveries")),
    )


def _attempts(delivery: Delivery) -> Any:
    rows = format_html_join(
        "",
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        (
            (
                record_link("webhooks.attempt", one.pk, one.number),
                in_utc(one.started_at),
                one.get_outcome_display(),
                one.status or one.error or NOTHING,
                NOTHING if one.duration_ms is None else f"{one.duration_ms} ms",
                in_utc(one.next_attempt_at),
            )
            for one in selectors.attempts_of(delivery)
        ),
    )
    head = "<th>Attempt</th><th>At</th><th>Outcome</th><th>Answer</th><th>Duration</th><th>Next</th>"
    return format_html('<table class="plain-table"><tr>' + head + "</tr>{}</table>", rows)


@admin.register(Delivery)
class DeliveryAdmin(RecordAdmin):
    """Each event on its way to each endpoint, newest first."""

    paginator = UncountedPages
    list_display = (
        "id",
        column(event_link, name="event"),
        column(endpoint_link, name="endpoint"),
        state("state", STATE_COLORS),
        "attempts",
        "error",
        utc("due_at", "next attempt"),
        utc("created_at"),
    )
    list_select_related = ("event", "endpoint")
    list_filter = (DayFilter, "state", DeliveryTypeFilter, "endpoint")
    search_exactly = ("id", "event_id")
    search_help_text = "A delivery's id, or its event's."
    fields = (
        *("id", column(event_link, name="event"), column(endpoint_link, name="endpoint")),
        *(state("state", STATE_COLORS), "attempts", "error", exact_utc("due_at", "next attempt")),
        *(exact_utc("created_at"), exact_utc("finished_at")),
        column(lambda delivery: code(message.body_of(delivery.event).decode()), name="body", title="message"),
        column(_attempts, name="attempt_log", title="attempts so far"),
    )
    actions_detail = ("replay",)

    def has_manage_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may send messages again."""
        return bool(request.user.has_perm("webhooks.change_endpoint"))

    @offered(title="Send once more", permission="manage", icon="replay")
    def replay(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """One attempt more."""
        delivery = steps.found(self, request, object_id)
        if not isinstance(delivery, Delivery):
            return steps.gone(self, request, object_id)

        def perform(asked: dict[str, Any]) -> str:
            replaying.replay_delivery(delivery=delivery, actor=steps.actor_of(request))
            self.log_change(request, delivery, "sent once more")
            return "The message is on its way."

        return steps.take(self, request, delivery, REPLAY, perform)


def _headers(attempt: Attempt) -> Any:
    lines = ((f"{name}: {value}",) for name, value in attempt.headers.items())
    return code(format_html_join("", "{}\n", lines)) or NOTHING


@admin.register(Attempt)
class AttemptAdmin(RecordAdmin):
    """Every try: what was sent, and what came back."""

    paginator = UncountedPages
    list_display = (
        "id",
        utc("started_at"),
        "url",
        "number",
        "manual",
        state("outcome", OUTCOME_COLORS),
        "status",
        "error",
        "duration_ms",
    )
    list_filter = (DayFilter, "outcome", "manual")
    search_exactly = ("id", "delivery_id")
    search_help_text = "An attempt's id, or its delivery's."
    fields = (
        *("id", "url", "number", "manual", state("outcome", OUTCOME_COLORS), exact_utc("started_at")),
        *(column(_headers, name="sent_headers", title="headers sent"), "status", "error", "answer", "duration_ms"),
        exact_utc("next_attempt_at"),
        column(lambda attempt: record_link("webhooks.delivery", attempt.delivery_id), name="delivery_link"),
    )
