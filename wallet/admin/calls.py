"""Calls to the operator's wallet for staff: what is still open, dead letters, and how they were resolved."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.widgets import UnfoldAdminSelectWidget

from approvals.staff import Asked, ask_for
from keno_platform.staff import steps
from keno_platform.staff.columns import column, exact_utc, list_link, record_link, utc
from keno_platform.staff.filters import DayFilter
from keno_platform.staff.pages import UncountedPages
from keno_platform.staff.steps import ReasonForm, offered
from operators.bound import TenantRecordAdmin, amount
from players.admin import player_link
from wallet.approvals import RESOLVE
from wallet.models import CallState, Remedy, Resolution, WalletCall

STATE_COLORS = {
    "ok": "success",
    "resolved": "success",
    "refused": "info",
    "rolled back": "info",
    "pending": "warning",
    "in doubt": "warning",
    "dead letter": "danger",
}
STATE = column(lambda call: call.get_state_display(), name="state", colors=STATE_COLORS)
KIND = column(lambda call: call.get_kind_display(), name="kind")
BET = column(lambda call: record_link("bets.betstate", call.bet_id), name="bet_link", title="bet")


class RemedyForm(ReasonForm):
    """What to do about a dead letter, and why."""

    remedy = forms.ChoiceField(choices=Remedy.choices, widget=UnfoldAdminSelectWidget)
    field_order = ("remedy", "reason")


@admin.register(WalletCall)
class WalletCallAdmin(TenantRecordAdmin):
    """Every transaction at the operator's wallet, newest first."""

    paginator = UncountedPages
    list_display = ("id", KIND, STATE, player_link(), amount("amount"), "attempts", "error", utc("created_at"))
    list_select_related = ("player",)
    list_filter = (DayFilter, "state", "kind", "reason")
    search_exactly = ("id", "bet_id", "round_id", "player__token", "operator_reference")
    search_help_text = "An exact transaction, bet or round id, player token, or the operator's own reference."
    fields = (
        "id",
        KIND,
        STATE,
        "reason",
        player_link(),
        amount("amount"),
        BET,
        column(lambda call: record_link("rounds.round", call.round_id), name="round_link", title="round"),
        "round_closed",
        "attempts",
        utc("due_at", "next attempt"),
        "error",
        "operator_reference",
        exact_utc("created_at"),
        utc("finished_at"),
        column(lambda call: list_link("calls.call", "every attempt", f"q={call.pk}"), name="see_also"),
    )
    actions_detail = ("propose",)
    actions_row = ("propose",)

    def offers(self, step: str, record: WalletCall) -> bool:
        return record.state == CallState.DEAD

    def has_propose_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may ask for dead letters' remedies."""
        return bool(request.user.has_perm("wallet.add_resolution"))

    @offered(title="Resolve", permission="propose", icon="healing")
    def propose(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a dead letter's remedy; somebody else decides."""
        call = steps.found(self, request, object_id)
        if not isinstance(call, WalletCall):
            return steps.gone(self, request, object_id)
        if call.state != CallState.DEAD:
            return steps.refused(self, request, call, "This call is not a dead letter.")
        asked = Asked(
            action=RESOLVE,
            subject=str(call.pk),
            operator_id=self.operator.pk,
            title=f"Resolve {call}",
            consequence=(
                f"It is about {self.operator.money(call.amount)} {self.operator.currency_code} for {call.player}."
            ),
        )
        return ask_for(self, request, call, asked, form=RemedyForm)


def standing(resolution: Resolution) -> str:
    """Where a proposal is."""
    if resolution.approved is None:
        return "waits"
    return "approved" if resolution.approved else "declined"


STANDING = column(standing, name="standing", colors={"waits": "warning", "approved": "success", "declined": "info"})


@admin.register(Resolution)
class ResolutionAdmin(TenantRecordAdmin):
    """How dead letters were resolved, each by two people. Requests that wait stand among the approvals."""

    list_display = (
        "id",
        column(lambda one: record_link("wallet.walletcall", one.call_id), name="call_link", title="call"),
        "remedy",
        STANDING,
        "requested_by",
        "decided_by",
        utc("requested_at"),
    )
    search_exactly = ("id", "call_id")
    search_help_text = "An exact transaction id."
    fields = (
        column(lambda one: record_link("wallet.walletcall", one.call_id), name="call_link", title="call"),
        "remedy",
        "reason",
        STANDING,
        "requested_by",
        utc("requested_at"),
        "decided_by",
        utc("decided_at"),
    )
