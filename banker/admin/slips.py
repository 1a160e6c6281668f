"""Slips as they were taken."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from banker import selectors
from banker.admin.members import member_link
from banker.models import Slip
from banker.services.slips import check_code
from keno_platform.staff.columns import code, column, exact_utc, record_link
from keno_platform.staff.filters import DayFilter
from keno_platform.staff.pages import UncountedPages
from operators.bound import TenantRecordAdmin, amount, bound_operator

phase_link = column(
    lambda record: record_link("banker.phase", record.phase_id, record.phase), name="phase_link", title="phase"
)


def _check_code(slip: Slip) -> Any:
    operator = bound_operator()
    return code(check_code(operator, slip)) if operator else "–"


cancelled = column(lambda slip: "yes" if slip.is_cancelled else "", name="cancelled")


@admin.register(Slip)
class SlipAdmin(TenantRecordAdmin):
    """Slips of all collectors, newest first."""

    list_display = (
        "id",
        phase_link,
        member_link,
        "bets",
        amount("total_amount", "total"),
        cancelled,
        amount("won"),
        exact_utc("created_at"),
    )
    list_filter = (DayFilter,)
    paginator = UncountedPages
    search_exactly = ("id", "member__username")
    search_help_text = "An exact id, or a collector's exact name."
    fields = (
        "id",
        phase_link,
        member_link,
        column(lambda slip: format_html('<pre class="call-body">{}</pre>', slip.text), name="lines"),
        "bets",
        amount("asked"),
        amount("total_amount", "total"),
        "partial",
        cancelled,
        amount("won", "won by now"),
        column(_check_code, name="check_code"),
        exact_utc("created_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Slip]:
        return selectors.slips()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        own = ("phase__id__exact", "member__id__exact")
        return lookup in own or super().lookup_allowed(lookup, value, request)
