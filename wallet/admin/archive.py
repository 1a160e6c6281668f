"""The archived days of the picked operator."""

from django.contrib import admin

from keno_platform.staff.columns import code, column, exact_utc, hexed, utc
from keno_platform.staff.pages import UncountedPages
from operators.bound import TenantRecordAdmin, amount
from wallet.models import ArchivedDay

FIGURES = (
    "bets",
    amount("stakes"),
    "winners",
    amount("payouts"),
    "movements",
)


@admin.register(ArchivedDay)
class ArchivedDayAdmin(TenantRecordAdmin):
    """What is in the archive, and where. `manage.py restore_day` reads a day back."""

    paginator = UncountedPages
    list_display = ("day", *FIGURES, utc("created_at", "archived"))
    search_exactly = ("day",)
    search_help_text = "An exact day, as in 2026-11-21."
    fields = (
        "day",
        *FIGURES,
        amount("moved"),
        "slips",
        "upper",
        exact_utc("last_at"),
        column(lambda row: code(row.directory), name="directory_shown", title="directory"),
        hexed("manifest_sha256", "SHA-256 of the manifest"),
        exact_utc("created_at", "archived"),
    )
