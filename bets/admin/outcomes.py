"""What became of bets, for staff: payouts, settlements and cancellations. Nobody changes them here."""

from django.contrib import admin

from bets.admin.bets import bet_link, round_link, shown_multiplier
from bets.models import Cancellation, Outcome, Payout, Settlement
from keno_platform.staff.columns import column, exact_utc, list_link, state, utc
from keno_platform.staff.filters import DayFilter
from keno_platform.staff.pages import UncountedPages
from operators.bound import TenantRecordAdmin, amount

OUTCOME_COLORS = {Outcome.DRAWN: "success", Outcome.VOID: "danger"}


@admin.register(Payout)
class PayoutAdmin(TenantRecordAdmin):
    """Every winning bet's prize, newest bet first."""

    paginator = UncountedPages
    list_display = (
        "bet_id",
        round_link,
        "hits",
        column(shown_multiplier, name="multiplier"),
        amount("amount"),
        utc("created_at"),
    )
    list_filter = (DayFilter,)
    search_exactly = ("bet_id", "round_id")
    search_help_text = "An exact bet id or round id."
    fields = (
        bet_link,
        round_link,
        "hits",
        column(shown_multiplier, name="multiplier"),
        amount("amount"),
        exact_utc("created_at"),
    )


@admin.register(Settlement)
class SettlementAdmin(TenantRecordAdmin):
    """One row for every round in which this operator had a bet."""

    paginator = UncountedPages
    list_display = (
        "round_id",
        state("outcome", OUTCOME_COLORS),
        "bets",
        amount("stakes"),
        "winners",
        amount("payouts"),
        utc("settled_at"),
    )
    search_exactly = ("round_id",)
    search_help_text = "An exact round id."
    fields = (
        round_link,
        state("outcome", OUTCOME_COLORS),
        "bets",
        amount("stakes"),
        "winners",
        amount("payouts", "payouts, or stakes returned"),
        exact_utc("settled_at"),
        column(lambda one: list_link("bets.betstate", "its bets", f"q={one.pk}"), name="see_also"),
    )


@admin.register(Cancellation)
class CancellationAdmin(TenantRecordAdmin):
    """Bets taken back while their round was open."""

    paginator = UncountedPages
    list_display = ("bet_id", round_link, utc("created_at"))
    search_exactly = ("bet_id", "round_id")
    search_help_text = "An exact bet id or round id."
    fields = (bet_link, round_link, exact_utc("created_at"))
