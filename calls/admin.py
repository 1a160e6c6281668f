"""The request log for staff: one search box for any id, each call with its bodies, and errors grouped."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from calls import lines, selectors
from calls.models import Call, Direction
from calls.rows import normal_id
from calls.selectors import ErrorGroup
from keno_platform.core import clock
from keno_platform.staff.columns import NOTHING, column, exact_utc, in_utc, record_link, state, utc
from keno_platform.staff.filters import DayFilter
from keno_platform.staff.pages import RecordAdmin, UncountedPages
from keno_platform.staff.steps import list_of, show
from operators.bound import bound_operator

ERRORS_DAYS = 7
DIRECTION_COLORS = {Direction.IN: "info", Direction.OUT: "warning"}
ID_MAX = 200


def _block(text: str) -> SafeString | str:
    return format_html('<pre class="call-body"><code class="break-all">{}</code></pre>', text) if text else NOTHING


def _shown(body: str, size: int) -> Any:
    cut = f"\n… of {size} bytes" if len(body.encode()) < size else ""
    return _block(lines.pretty(body) + cut)


def _duration(call: Call) -> str:
    return f"{call.duration_us / 1000:.1f} ms"


operator_link = column(
    lambda call: record_link("operators.operator", call.operator_id), name="operator_link", title="operator"
)


@admin.register(Call)
class CallAdmin(RecordAdmin):
    """Every call of 30 days, newest first. One box finds whatever id was named in it."""

    paginator = UncountedPages
    list_before_template = "calls/before_list.html"
    list_display = (
        utc("started_at", "at"),
        state("direction", DIRECTION_COLORS),
        "method",
        column(lambda call: call.path[:120], name="shown_path", title="path"),
        "status",
        "code",
        column(_duration, name="took"),
        operator_link,
        "request_id",
    )
    list_display_links = ("shown_path",)
    list_filter = (DayFilter, "direction")
    search_exactly = ("id",)
    search_help_text = (
        "Any id: of a call, request, bet, round, transaction, player, an operator's own reference, a key."
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "id",
                    exact_utc("started_at"),
                    state("direction", DIRECTION_COLORS),
                    "method",
                    "path",
                    "endpoint",
                    "status",
                    "code",
                    column(_duration, name="took"),
                    "error",
                    operator_link,
                    "key_hint",
                    "request_id",
                )
            },
        ),
        (
            "Request",
            {
                "fields": (
                    column(lambda call: _block(str(call.headers or "")), name="shown_headers", title="headers"),
                    column(lambda call: _shown(call.request, call.request_bytes), name="shown_request", title="body"),
                )
            },
        ),
        (
            "Response",
            {
                "fields": (
                    column(
                        lambda call: _shown(call.response, call.response_bytes), name="shown_response", title="body"
                    ),
                )
            },
        ),
        (
            "The same call again",
            {
                "fields": (
                    column(lambda call: _block(lines.as_curl(call, settings.BASE_URL)), name="curl"),
                    column(lambda call: _block(lines.as_httpie(call, settings.BASE_URL)), name="httpie"),
                    column(lines.can_repeat, name="exactly_the_same", title="exactly the same"),
                )
            },
        ),
        ("Found by", {"fields": (column(lambda call: _block("\n".join(call.ids)), name="shown_ids", title="ids"),)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Call]:
        return Call.objects.all().order_by("-pk")

    def matches(self, term: str) -> list[Q]:
        if "\x00" in term or len(term) > ID_MAX:
            return []
        return [*super().matches(term), Q(ids__contains=[normal_id(term)])]

    def get_urls(self) -> list[URLPattern]:
        own = path("errors/", self.admin_site.admin_view(self.errors), name="calls_call_errors")
        return [own, *super().get_urls()]

    def errors(self, request: HttpRequest) -> HttpResponse:
        """What went wrong in the last days, for the picked operator or for all."""
        if not self.has_view_permission(request):
            raise Http404
        operator, since = bound_operator(), clock.now() - timedelta(days=ERRORS_DAYS)
        groups = selectors.group_errors(operators=[operator.pk] if operator else None, since=since)
        return show(
            self,
            request,
            "calls/errors.html",
            title="Errors by code and endpoint",
            whose=f"Calls of {operator.name}" if operator else "Calls of every operator",
            since=in_utc(since),
            list=list_of(self),
            groups=[_row(group) for group in groups],
        )


def _row(group: ErrorGroup) -> dict[str, Any]:
    return {
        "code": group.code,
        "direction": group.direction,
        "method": group.method,
        "endpoint": group.endpoint,
        "status": group.status or NOTHING,
        "count": group.count,
        "first": in_utc(group.first_at),
        "last": in_utc(group.last_at),
        "example": record_link("calls.call", group.example, group.example_request_id or "call"),
    }
