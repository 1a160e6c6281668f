"""What came of phases: the numbers under four eyes, settlements, statements and corrections."""

from typing import Any

from django.contrib import admin

from banker.admin.members import commission, member_link
from banker.admin.slips import phase_link
from banker.models import Correction, ResultEntry, Settlement, Statement
from keno_platform.staff.columns import NOTHING, column, record_link, utc
from operators.bound import TenantRecordAdmin, amount


def _who(field: str) -> Any:
    def show(entry: ResultEntry) -> Any:
        return record_link("banker.member", getattr(entry, f"{field}_id"), getattr(entry, field))

    return column(show, name=field)


number = column(
    lambda entry: NOTHING if entry.decided_at is None else entry.number, name="shown_number", title="number"
)
"""Hidden until it is decided: who confirms it types it without having seen it, and hears it from nobody here."""
ENTRY = (
    phase_link,
    number,
    "correction",
    "reason",
    _who("entered_by"),
    utc("entered_at"),
    _who("decided_by"),
    utc("decided_at"),
    "confirmed",
)
FIGURES = (
    "slips",
    "bets",
    "winners",
    amount("total_in", "in"),
    amount("total_out", "out"),
    amount("net_profit"),
    amount("commission_total", "commission"),
)
ACCOUNT = (
    phase_link,
    member_link,
    "slips",
    amount("total_in", "in"),
    amount("total_out", "out"),
    commission("commission_rate"),
    amount("commission_amount", "commission"),
)
CHANGE = (
    phase_link,
    "number_before",
    "number_after",
    amount("reversed_amount", "taken back"),
    amount("paid_amount", "paid"),
    utc("created_at"),
)


class PhaseRecordAdmin(TenantRecordAdmin):
    """Records of phases, found by the phase."""

    list_select_related: tuple[str, ...] = ("phase",)
    list_filter = (("phase", admin.RelatedOnlyFieldListFilter),)
    search_exactly: tuple[str, ...] = ("phase__name",)
    search_help_text = "The exact name of a phase."


@admin.register(ResultEntry)
class ResultEntryAdmin(PhaseRecordAdmin):
    """Numbers as one admin entered them and another decided."""

    list_display = ("phase", *ENTRY[1:])  # the first cell leads to the record itself
    list_select_related = ("phase", "entered_by", "decided_by")
    fields = ENTRY


@admin.register(Settlement)
class SettlementAdmin(PhaseRecordAdmin):
    """What each phase took and paid, once."""

    list_display = ("phase", *FIGURES, utc("settled_at"))
    fields = (phase_link, *FIGURES, utc("settled_at"))


@admin.register(Statement)
class StatementAdmin(PhaseRecordAdmin):
    """Collectors' accounts of phases."""

    list_display = ("phase", *ACCOUNT[1:])  # the first cell leads to the record itself
    list_select_related = ("phase", "member")
    search_exactly = ("phase__name", "member__username")
    search_help_text = "The exact name of a phase or of a collector."
    fields = ACCOUNT


@admin.register(Correction)
class CorrectionAdmin(PhaseRecordAdmin):
    """Settled phases' other numbers, by reversal."""

    list_display = ("phase", *CHANGE[1:])  # the first cell leads to the record itself
    list_select_related = ("phase", "entry")
    fields = (*CHANGE, column(lambda one: one.entry.reason, name="reason"))
