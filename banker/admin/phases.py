"""Phases and limits. They are made by the lottery's own admins, or through the API."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from banker import risk, services
from banker.models import NumberLimit, Phase, PhaseStatus
from keno_platform.staff import steps
from keno_platform.staff.columns import NOTHING, column, list_link, record_link, state, utc
from keno_platform.staff.steps import Step, offered
from operators.bound import TenantRecordAdmin, amount, shown_amount

STATUS_COLORS = {PhaseStatus.OPEN: "success", PhaseStatus.CLOSED: "warning", PhaseStatus.SETTLED: "info"}


SHOWN = 10
"""So many outcomes stand on a phase's page."""


def _liabilities(phase: Phase) -> SafeString | str:
    """What the house would pay if one of these numbers won, the dearest first."""
    found = [one for one in risk.worst(phase, risk.heat_map(phase), SHOWN) if one.payout]
    if not found:
        return NOTHING
    rows = format_html_join(
        "",
        '<tr><td>{}</td><td class="number">{}</td><td class="number">{}</td></tr>',
        ((one.number, shown_amount(one.payout), shown_amount(one.net)) for one in found),
    )
    head = "<th>Number</th><th>Would be paid</th><th>Would be kept</th>"
    return format_html('<table class="plain-table"><tr>' + head + "</tr>{}</table>", rows)


def _see_also(phase: Phase) -> SafeString:
    links = {
        "its limits": "banker.numberlimit",
        "its slips": "banker.slip",
        "its statements": "banker.statement",
        "its numbers": "banker.resultentry",
    }
    shown = ((list_link(model, text, f"phase__id__exact={phase.pk}"),) for text, model in links.items())
    return format_html_join(" · ", "{}", shown)


@admin.register(Phase)
class PhaseAdmin(TenantRecordAdmin):
    """Lotteries, newest first."""

    list_display = (
        "name",
        state("status", STATUS_COLORS),
        utc("starts_at"),
        utc("ends_at"),
        amount("global_limit"),
        "multiplier",
        "winning_number",
    )
    list_filter = ("status",)
    search_exactly = ("id", "name")
    search_help_text = "An exact name or id."
    fields = (
        "name",
        state("status", STATUS_COLORS),
        utc("starts_at"),
        utc("ends_at"),
        amount("global_limit", "limit on each number"),
        "multiplier",
        "tod_multiplier",
        "neighbour_multiplier",
        "cancellation",
        "winning_number",
        utc("opened_at"),
        utc("closed_at"),
        utc("created_at"),
        column(_liabilities, name="liabilities", title="dearest outcomes"),
        column(_see_also, name="see_also"),
    )
    actions_detail = ("open", "close")
    actions_row = ("open", "close")

    def offers(self, step: str, record: Phase) -> bool:
        return record.status == (PhaseStatus.DRAFT if step == "open" else PhaseStatus.OPEN)

    def has_move_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may open and close phases."""
        return bool(request.user.has_perm("banker.change_phase"))

    @offered(title="Open", permission="move", icon="play_arrow")
    def open(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let slips be taken."""
        consequence = "Slips are taken from its start on, at its multiplier, which is fixed from then on."
        return self._move(request, object_id, "Open", consequence, services.open_phase)

    @offered(title="Close", permission="move", icon="stop", danger=True)
    def close(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take no more slips."""
        consequence = "No more slips are taken. A closed phase does not open again."
        return self._move(request, object_id, "Close", consequence, services.close_phase)

    def _move(
        self, request: HttpRequest, object_id: str, verb: str, consequence: str, move: Callable[..., Phase]
    ) -> HttpResponse:
        phase = steps.found(self, request, object_id)
        if not isinstance(phase, Phase):
            return steps.gone(self, request, object_id)
        step = Step(title=f"{verb} {phase}", consequence=consequence, button=verb, danger=verb == "Close")

        def perform(_: dict[str, Any]) -> str:
            moved = move(operator=self.operator, phase_id=phase.pk, actor=steps.actor_of(request))
            return f"{moved} is {moved.status} now."

        return steps.take(self, request, phase, step, perform)


@admin.register(NumberLimit)
class NumberLimitAdmin(TenantRecordAdmin):
    """Limits of single numbers."""

    list_display = ("number", "phase", amount("max_amount"))
    list_select_related = ("phase",)
    list_filter = (("phase", admin.RelatedOnlyFieldListFilter),)
    search_exactly = ("number",)
    search_help_text = "An exact number."
    fields = (
        column(
            lambda limit: record_link("banker.phase", limit.phase_id, limit.phase), name="phase_link", title="phase"
        ),
        "number",
        amount("max_amount"),
    )
