"""Filters by day that a big table can bear: they become ranges of its time-ordered keys."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from keno_platform.core import clock, ids

ANY, HOUR, WEEK = "any", "hour", "week"
DAYS_OFFERED = 14
_LENGTHS = {HOUR: timedelta(hours=1), WEEK: timedelta(days=7)}
SEARCH_PARAMETER = "q"

Period = tuple[datetime, datetime | None]
"""From, and before; without an end up to whatever is newest."""


class DayFilter(admin.SimpleListFilter):
    """
    When, in UTC days. Without a choice it is the last seven days, so that no list begins with a walk through
    years; a search looks everywhere.
    """

    title = "day (UTC)"
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        today = clock.now().date()
        days = [today - timedelta(days=back) for back in range(DAYS_OFFERED)]
        return [(HOUR, "Last hour"), *((day.isoformat(), day.isoformat()) for day in days), (ANY, "Any time")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": "Last 7 days"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen == ANY or (chosen is None and request.GET.get(SEARCH_PARAMETER)):
            return queryset
        period = period_of(chosen or WEEK)
        return self.within(queryset, period) if period else queryset.none()

    def within(self, queryset: QuerySet[Any], period: Period) -> QuerySet[Any]:
        """The rows of this period. Here by the time inside their UUIDv7 keys, so that partitions are left out."""
        since, until = period
        newer = queryset.filter(pk__gte=ids.uuid7_floor(since))
        return newer.filter(pk__lt=ids.uuid7_floor(until)) if until else newer


def period_of(chosen: str) -> Period | None:
    """What a choice of the filter means now; None when it means nothing."""
    if chosen in _LENGTHS:
        return clock.now() - _LENGTHS[chosen], None
    try:
        day = datetime.combine(date.fromisoformat(chosen), time(), UTC)
        return day, day + timedelta(days=1)
    except (ValueError, OverflowError):
        return None
