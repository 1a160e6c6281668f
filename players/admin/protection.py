"""What protects players, for staff, inside the picked operator: history that stays."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from keno_platform.core import clock
from keno_platform.staff import steps
from keno_platform.staff.columns import column, utc
from keno_platform.staff.filters import DayFilter
from keno_platform.staff.pages import UncountedPages
from keno_platform.staff.steps import ReasonForm, Step, offered
from operators.bound import TenantRecordAdmin, shown_amount
from players import services
from players.admin.players import player_link
from players.models import Exclusion, ExclusionKind, LimitKind, PlayerLimit, RealityCheck, Source


def _value(limit: PlayerLimit) -> str:
    if limit.amount is None:
        return "no limit"
    return f"{limit.amount} minutes" if limit.kind == LimitKind.SESSION else shown_amount(limit.amount)


def _standing_of_limit(limit: PlayerLimit) -> str:
    if limit.withdrawn_at:
        return "withdrawn"
    return "waits" if limit.effective_from > clock.now() else "effective"


LIMIT_STANDING = column(
    _standing_of_limit, name="standing", colors={"effective": "success", "waits": "warning", "withdrawn": "danger"}
)


@admin.register(PlayerLimit)
class PlayerLimitAdmin(TenantRecordAdmin):
    """Decisions about limits. Of each player, kind, period and source the latest that is effective counts."""

    paginator = UncountedPages
    list_display = ("id", player_link(), "kind", "period", "source", column(_value, name="value"), LIMIT_STANDING)
    list_select_related = ("player",)
    search_exactly = ("player__token",)
    search_help_text = "An exact player token."
    fields = (
        player_link(),
        "kind",
        "period",
        "source",
        column(_value, name="value"),
        LIMIT_STANDING,
        utc("effective_from"),
        utc("withdrawn_at"),
        "actor",
        utc("created_at"),
    )


def _standing(exclusion: Exclusion) -> str:
    if exclusion.lifted_at:
        return "lifted"
    return "over" if exclusion.until and exclusion.until <= clock.now() else "in force"


STANDING = column(_standing, name="standing", colors={"in force": "danger", "lifted": "warning"})


@admin.register(Exclusion)
class ExclusionAdmin(TenantRecordAdmin):
    """Breaks and self-exclusions. Only an operator's own break can be lifted."""

    paginator = UncountedPages
    list_display = ("id", player_link(), "kind", "source", STANDING, utc("starts_at"), utc("until"))
    list_select_related = ("player",)
    list_filter = (DayFilter,)
    search_exactly = ("id", "player__token")
    search_help_text = "An exact id or player token."
    fields = (
        player_link(),
        "kind",
        "source",
        STANDING,
        utc("starts_at"),
        utc("until"),
        utc("lifted_at"),
        "reason",
        "actor",
    )
    actions_detail = ("lift",)
    actions_row = ("lift",)

    def offers(self, step: str, record: Exclusion) -> bool:
        return (
            record.kind == ExclusionKind.COOL_OFF
            and record.source == Source.OPERATOR
            and _standing(record) == "in force"
        )

    def has_lift_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may end an operator's own break."""
        return bool(request.user.has_perm("players.change_exclusion"))

    @offered(title="Lift", permission="lift", icon="lock_open")
    def lift(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End a break that the operator began itself."""
        found = steps.found(self, request, object_id)
        if not isinstance(found, Exclusion):
            return steps.gone(self, request, object_id)
        exclusion = found
        step = Step(
            title=f"Lift the break of {exclusion.player}",
            consequence="The player may bet and open sessions again. A self-exclusion stays whatever is done here.",
            button="Lift",
            form=ReasonForm,
        )

        def perform(asked: dict[str, Any]) -> str:
            services.lift_exclusion(
                operator=self.operator,
                player=exclusion.player,
                exclusion_id=exclusion.pk,
                reason=asked["reason"],
                actor=steps.actor_of(request),
            )
            return "The break is lifted."

        return steps.take(self, request, exclusion, step, perform)


@admin.register(RealityCheck)
class RealityCheckAdmin(TenantRecordAdmin):
    """What players were told about time and money, and what they decided."""

    paginator = UncountedPages
    list_display = ("id", player_link("session.player"), "choice", "elapsed_seconds", utc("created_at"))
    list_select_related = ("session__player",)
    search_exactly = ("session__id", "session__player__token")
    search_help_text = "An exact session id or player token."
    fields = (
        player_link("session.player"),
        "session",
        "choice",
        "elapsed_seconds",
        column(lambda check: shown_amount(check.staked), name="staked"),
        column(lambda check: shown_amount(check.returned), name="returned"),
        utc("due_at"),
        utc("created_at"),
    )
