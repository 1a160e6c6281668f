"""Flags for staff, inside the picked operator: looked at, acknowledged, dismissed with a reason."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join

from flags import services
from flags.models import Flag, FlagStatus
from keno_platform.staff import steps
from keno_platform.staff.columns import column, list_link, record_link, state, utc
from keno_platform.staff.filters import DayFilter
from keno_platform.staff.steps import ReasonForm, Step, offered
from operators.bound import TenantRecordAdmin

COLORS = {FlagStatus.OPEN: "danger", FlagStatus.ACKNOWLEDGED: "warning", FlagStatus.DISMISSED: "info"}
NOTHING_MOVES = "No bet, result or balance changes by it."


def _player(flag: Flag) -> Any:
    return record_link("players.player", flag.player_id, flag.player) if flag.player_id else "several"


def _evidence(flag: Flag) -> Any:
    """Line by line; what is a list, such as players, in one."""
    lines = ((name.replace("_", " "), _words(value)) for name, value in sorted(flag.evidence.items()))
    return format_html_join("", "<div>{}: {}</div>", lines)


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _see_also(flag: Flag) -> Any:
    if flag.player_id:
        return list_link("bets.betstate", "bets of the player", f"q={flag.player}")
    return list_link("bets.betstate", "bets of the round", f"q={flag.round_id}")


@admin.register(Flag)
class FlagAdmin(TenantRecordAdmin):
    """What rules found, newest first."""

    list_display = (
        column(lambda flag: flag.get_rule_display(), name="found"),
        state("status", COLORS),
        column(_player, name="whose", title="player"),
        "times",
        utc("raised_at"),
        utc("seen_at", "seen last"),
    )
    list_select_related = ("player",)
    list_filter = ("status", "rule", DayFilter)
    search_exactly = ("id", "player__token", "round_id")
    search_help_text = "An exact id, player token or round id."
    fields = (
        column(lambda flag: flag.get_rule_display(), name="found"),
        state("status", COLORS),
        column(_player, name="whose", title="player"),
        column(lambda flag: record_link("rounds.round", flag.round_id), name="round"),
        "times",
        utc("raised_at"),
        utc("seen_at", "seen last"),
        column(_evidence, name="shown", title="evidence"),
        "decided_by",
        utc("decided_at"),
        "reason",
        column(_see_also, name="see_also"),
    )
    actions_detail = ("acknowledge", "dismiss")
    actions_row = ("acknowledge", "dismiss")

    def offers(self, step: str, record: Flag) -> bool:
        return record.status == FlagStatus.OPEN or (step == "dismiss" and record.status == FlagStatus.ACKNOWLEDGED)

    def has_decide_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may decide about flags."""
        return bool(request.user.has_perm("flags.change_flag"))

    @offered(title="Acknowledge", permission="decide", icon="visibility")
    def acknowledge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say that somebody looks into it."""
        flag = steps.found(self, request, object_id)
        if not isinstance(flag, Flag):
            return steps.gone(self, request, object_id)
        step = Step(
            title=f"Acknowledge: {flag}", consequence=f"You look into it. {NOTHING_MOVES}", button="Acknowledge"
        )

        def perform(_: dict[str, Any]) -> str:
            services.acknowledge(operator=self.operator, flag_id=flag.pk, actor=steps.actor_of(request))
            return "The flag is acknowledged."

        return steps.take(self, request, flag, step, perform)

    @offered(title="Dismiss", permission="decide", icon="task_alt")
    def dismiss(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say that it is nothing, or has been dealt with."""
        flag = steps.found(self, request, object_id)
        if not isinstance(flag, Flag):
            return steps.gone(self, request, object_id)
        step = Step(
            title=f"Dismiss: {flag}",
            consequence=f"It is nothing, or has been dealt with. {NOTHING_MOVES}",
            button="Dismiss",
            form=ReasonForm,
        )

        def perform(given: dict[str, Any]) -> str:
            services.dismiss(
                operator=self.operator, flag_id=flag.pk, reason=given["reason"], actor=steps.actor_of(request)
            )
            return "The flag is dismissed."

        return steps.take(self, request, flag, step, perform)
