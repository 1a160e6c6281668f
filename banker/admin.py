"""The three-digit lottery for staff, inside the picked operator. Phases are made through the API."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from banker import services
from banker.models import NumberLimit, Phase, PhaseStatus
from keno_platform.staff import steps
from keno_platform.staff.columns import column, list_link, record_link, state, utc
from keno_platform.staff.steps import Step, offered
from operators.bound import TenantRecordAdmin, amount

STATUS_COLORS = {PhaseStatus.OPEN: "success", PhaseStatus.CLOSED: "warning", PhaseStatus.SETTLED: "info"}


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
        "winning_number",
        utc("opened_at"),
        utc("closed_at"),
        utc("created_at"),
        column(
            lambda phase: list_link("banker.numberlimit", "its limits", f"phase__id__exact={phase.pk}"), name="see_also"
        ),
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
