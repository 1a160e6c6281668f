"""Sessions of staff."""

from django.contrib import admin

from access.models import StaffSession
from keno_platform.staff.columns import column, exact_utc, utc
from keno_platform.staff.filters import DayFilter
from keno_platform.staff.pages import RecordAdmin, UncountedPages

STANDING = column(
    lambda one: one.get_ending_display() if one.ending else "open", name="standing", colors={"open": "success"}
)


@admin.register(StaffSession)
class StaffSessionAdmin(RecordAdmin):
    """Every log-in that succeeded, newest first. Those that did not are in the audit log."""

    paginator = UncountedPages
    list_display = (
        "id",
        column(lambda one: one.user.get_username(), name="name"),
        "address",
        STANDING,
        utc("began_at"),
        utc("seen_at", "last seen"),
    )
    list_select_related = ("user",)
    list_filter = (DayFilter, "ending")
    search_exactly = ("id", "user__username")
    search_help_text = "An exact user name, or a session's id."
    fields = (
        "id",
        column(lambda one: one.user.get_username(), name="name"),
        "address",
        "browser",
        STANDING,
        exact_utc("began_at"),
        exact_utc("seen_at", "last seen"),
        exact_utc("confirmed_at", "password and code given at"),
        exact_utc("ended_at"),
    )
