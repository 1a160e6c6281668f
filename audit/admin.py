"""The audit log for staff."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from audit.models import AuditEntry
from audit.titles import title_of
from keno_platform.staff.columns import column, exact_utc, record_link, utc
from keno_platform.staff.filters import DayFilter
from keno_platform.staff.pages import RecordAdmin, UncountedPages

operator_link = column(
    lambda entry: record_link("operators.operator", entry.operator_id), name="operator_link", title="operator"
)
round_link = column(lambda entry: record_link("rounds.round", entry.round_id), name="round_link", title="round")
title = column(lambda entry: title_of(entry.event_type), name="title", title="what happened")


@admin.register(AuditEntry)
class AuditEntryAdmin(RecordAdmin):
    """What happened and who did it, newest first."""

    paginator = UncountedPages
    list_display = (utc("created_at", "at"), title, "event_type", "actor", "description", operator_link, round_link)
    list_display_links = ("title",)
    list_filter = (DayFilter,)
    search_exactly = ("id", "event_type", "operator_id", "round_id")
    search_help_text = "An exact event (operator.suspended), entry id, operator id or round id."
    fields = (
        "id",
        exact_utc("created_at", "at"),
        title,
        "event_type",
        "actor",
        "address",
        "description",
        operator_link,
        round_link,
        "bet_id",
        "before",
        "after",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        return AuditEntry.objects.all().order_by("-pk")
