"""The register of roots for staff."""

from django.contrib import admin

from anchors.models import Root
from keno_platform.staff.columns import exact_utc, hexed, utc
from keno_platform.staff.pages import RecordAdmin, UncountedPages


@admin.register(Root)
class RootAdmin(RecordAdmin):
    """Every root in the order in which it goes to the chain, newest first."""

    paginator = UncountedPages
    list_display = ("seq", "kind", hexed("root", short=True), "size", utc("created_at"))
    search_exactly = ("seq",)
    search_help_text = "An exact sequence number."
    fields = ("seq", "kind", hexed("root"), "size", exact_utc("created_at"))
