"""Rounds for staff."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join

from approvals.staff import Asked, ask_for
from fairness.messages import VoidCause
from keno_platform.core import clock
from keno_platform.staff import steps
from keno_platform.staff.columns import (
    NOTHING,
    code,
    column,
    exact_utc,
    hexed,
    link,
    list_link,
    record_link,
    state,
    story_link,
    utc,
)
from keno_platform.staff.filters import DayFilter, Period
from keno_platform.staff.pages import RecordAdmin, UncountedPages
from keno_platform.staff.steps import offered
from rounds import selectors
from rounds.approvals import VOID
from rounds.models import Epoch, Game, Round, RoundStatus
from rounds.services.voiding import VOIDABLE

STATUS_COLORS = {
    RoundStatus.OPEN: "success",
    RoundStatus.CLOSED: "warning",
    RoundStatus.DRAWN: "info",
    RoundStatus.SETTLED: "info",
    RoundStatus.VOID: "danger",
}
AHEAD = "ahead"
BIGGEST_NUMBER = 2**63 - 1


class OpeningFilter(DayFilter):
    """Rounds by the day of their opening: through their epochs, which an index finds, not through all times."""

    title = "opening (UTC)"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*super().lookups(request, model_admin), (AHEAD, "Still to open")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == AHEAD:
            now = clock.now()
            return opening_within(queryset, (now, now + timedelta(days=7)))
        return super().queryset(request, queryset)

    def within(self, queryset: QuerySet[Any], period: Period) -> QuerySet[Any]:
        return opening_within(queryset, period)


def opening_within(rounds: QuerySet[Round], period: Period) -> QuerySet[Round]:
    """Those of these rounds that open in a period; without an end, up to now and not those that are still to open."""
    since, until = period[0], period[1] or clock.now()
    epochs = Epoch.objects.filter(ends_at__gt=since, starts_at__lt=until).values_list("pk", flat=True)
    return rounds.filter(epoch__in=list(epochs), opens_at__gte=since, opens_at__lt=until)


def _numbers(one: Round) -> Any:
    return " ".join(f"{number:02d}" for number in sorted(one.numbers_drawn)) if one.numbers_drawn else NOTHING


def _seed(one: Round) -> Any:
    """The seed as the public API shows it: once the round is revealed or void, and not before."""
    known = one.status in selectors.FINISHED and one.server_seed is not None
    return code(bytes(one.server_seed or b"").hex()) if known else "not revealed yet"


def _void_cause(one: Round) -> Any:
    return VoidCause(one.void_cause).name.lower().replace("_", " ") if one.void_cause is not None else NOTHING


def _proof(one: Round) -> Any:
    return link(f"/api/v1/rounds/{one.pk}/proof", f"/api/v1/rounds/{one.pk}/proof", elsewhere=True)


def _commitment(one: Round) -> Any:
    if one.signed_only is None:
        return "not opened yet"
    return "signed only: not final on the chain when it opened" if one.signed_only else "final on the chain"


def _result(one: Round) -> Any:
    return record_link("rounds.resultstree", one.results_tree_id) if one.results_tree_id else "in no tree yet"


def _countersigned(one: Round) -> Any:
    return len(selectors.countersignatures([one.pk]).get(one.pk, ()))


def _related(one: Round) -> Any:
    links = (
        story_link("round", one.pk),
        list_link("bets.betstate", "bets of the picked operator", f"q={one.pk}"),
        list_link("bets.settlement", "its settlement", f"q={one.pk}"),
        list_link("audit.auditentry", "audit log", f"q={one.pk}"),
    )
    return format_html_join(" · ", "{}", ((one_link,) for one_link in links))


@admin.register(Round)
class RoundAdmin(RecordAdmin):
    """The public record of every draw. The one thing that staff can do is to have a round void before its draw."""

    paginator = UncountedPages
    list_display = (
        "id",
        "game",
        "number",
        state("status", STATUS_COLORS),
        utc("opens_at"),
        utc("closes_at"),
        "bets_count",
        column(_numbers, name="numbers"),
    )
    list_select_related = ("game",)
    list_filter = ("status", "game", OpeningFilter)
    search_exactly = ("id",)
    search_help_text = "An exact round id, or a round's number in its game."
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "id",
                    column(
                        lambda one: record_link("rounds.game", one.game_id, one.game), name="game_link", title="game"
                    ),
                    "number",
                    state("status", STATUS_COLORS),
                    column(_numbers, name="numbers"),
                    column(_proof, name="proof"),
                    column(_related, name="see_also"),
                )
            },
        ),
        (
            "Committed before it opened",
            {
                "fields": (
                    exact_utc("created_at", "committed at"),
                    exact_utc("opens_at"),
                    exact_utc("closes_at"),
                    "network",
                    "beacon_round",
                    hexed("server_seed_hash", "commitment"),
                    column(lambda one: record_link("rounds.epoch", one.epoch_id), name="epoch_link", title="epoch"),
                    "leaf_index",
                    "anchoring",
                    column(_commitment, name="commitment_at_opening", title="commitment when it opened"),
                )
            },
        ),
        (
            "Close",
            {
                "fields": (
                    exact_utc("opened_at"),
                    exact_utc("closed_at"),
                    "bets_count",
                    hexed("bets_root"),
                    hexed("close_message"),
                    hexed("close_signature"),
                    "close_key_id",
                    column(_countersigned, name="countersigned", title="countersigned by operators"),
                )
            },
        ),
        (
            "Draw and reveal",
            {
                "fields": (
                    exact_utc("drawn_at"),
                    exact_utc("settled_at"),
                    exact_utc("revealed_at"),
                    column(_seed, name="seed"),
                    hexed("beacon_signature"),
                    column(_result, name="result", title="tree of results"),
                    "results_index",
                )
            },
        ),
        ("Void", {"fields": (exact_utc("voided_at"), column(_void_cause, name="void_cause"), "void_reason")}),
    )
    actions_detail = ("void",)
    actions_row = ("void",)

    def matches(self, term: str) -> list[Q]:
        """By id, or by the number in any game; game by game, as the index has it."""
        if not (term.isascii() and term.isdigit() and int(term) <= BIGGEST_NUMBER):
            return []
        return [Q(pk=int(term)), Q(game__in=list(Game.objects.values_list("pk", flat=True)), number=int(term))]

    def offers(self, step: str, record: Round) -> bool:
        return record.status in VOIDABLE

    def has_void_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may void rounds."""
        return bool(request.user.has_perm("rounds.change_round"))

    @offered(title="Void", permission="void", icon="cancel", danger=True)
    def void(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask to void a round that is not drawn, for a reason; somebody else decides. Then every stake goes back."""
        one = steps.found(self, request, object_id)
        if not isinstance(one, Round):
            return steps.gone(self, request, object_id)
        title = f"Void round {one.pk}: number {one.number} of {one.game}"
        return ask_for(self, request, one, Asked(action=VOID, subject=str(one.pk), title=title))


def count_finished_lately() -> int:
    """Rounds that closed within the last hour and are revealed or void."""
    until = selectors.database_now()
    since = until - timedelta(hours=1)
    finished = Round.objects.filter(status__in=selectors.FINISHED, closes_at__gt=since)
    # A round lasts at most a day, so that it opened at most a day before it closed.
    return opening_within(finished, (since - timedelta(days=1), until)).count()
