"""Comparisons, what they found, and daily files for staff. Nothing here changes a book."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from keno_platform.staff import steps
from keno_platform.staff.columns import NOTHING, column, exact_utc, hexed, list_link, record_link, state, utc
from keno_platform.staff.pages import RecordAdmin, UncountedPages
from keno_platform.staff.steps import ReasonForm, Step, offered
from reconciliation import services
from reconciliation.models import DailyFile, Difference, ReconciliationRun, Result
from reconciliation.shapes import amount_there

RESULT_COLORS = {
    Result.MISSING_HERE: "danger",
    Result.MISSING_THERE: "danger",
    Result.DIFFERENT_AMOUNT: "danger",
    Result.IN_DOUBT: "info",
}
EQUAL, DIFFERENT, COLLECTING = "equal", "differs", "collecting"
OUTCOME_COLORS = {EQUAL: "success", DIFFERENT: "danger", COLLECTING: "info"}
OPERATOR = column(
    lambda record: record_link("operators.operator", record.operator_id, record.operator),
    name="operator_link",
    title="operator",
)
BY_OPERATOR = (("operator", admin.RelatedOnlyFieldListFilter),)


def _outcome(run: ReconciliationRun) -> str:
    if run.finished_at is None:
        return COLLECTING
    return DIFFERENT if run.differences else EQUAL


def _total(field: str, title: str) -> Any:
    def show(run: ReconciliationRun) -> str:
        return f"{run.operator.money(int(getattr(run, field)))} {run.operator.currency_code}"

    return column(show, name=field, title=title)


def _found(run: ReconciliationRun) -> Any:
    return list_link("reconciliation.difference", "what was found", f"run__id__exact={run.pk}")


@admin.register(ReconciliationRun)
class ReconciliationRunAdmin(RecordAdmin):
    """Comparisons of operators' books with ours, newest first."""

    paginator = UncountedPages
    list_display = (
        "id",
        OPERATOR,
        column(_outcome, name="outcome", colors=OUTCOME_COLORS),
        "matched",
        "missing_here",
        "missing_there",
        "different_amount",
        "in_doubt",
        utc("created_at"),
    )
    list_select_related = ("operator",)
    list_filter = BY_OPERATOR
    search_exactly = ("id", "operator__slug")
    search_help_text = "An exact id, or an operator's slug."
    fields = (
        "id",
        OPERATOR,
        column(_outcome, name="outcome", colors=OUTCOME_COLORS),
        column(_found, name="see_also"),
        "source",
        "file_name",
        "actor",
        exact_utc("since", "from"),
        exact_utc("until", "to"),
        "rows_there",
        "matched",
        "missing_here",
        "missing_there",
        "different_amount",
        "in_doubt",
        _total("total_here", "control sum here"),
        _total("total_there", "control sum there"),
        exact_utc("created_at"),
        exact_utc("finished_at"),
    )


def _here(one: Difference) -> str:
    amount = one.minor_here
    return NOTHING if amount is None else f"{one.operator.money(amount)} {one.operator.currency_code}"


def _there(one: Difference) -> str:
    amount = amount_there(one.operator, one)
    return NOTHING if amount is None else f"{amount} {one.currency_there}"


def _standing(one: Difference) -> str:
    return "resolved" if one.resolved_at else "open"


@admin.register(Difference)
class DifferenceAdmin(RecordAdmin):
    """What comparisons found, newest first. Staff write down how each was explained."""

    paginator = UncountedPages
    list_display = (
        "transaction_id",
        OPERATOR,
        state("result", RESULT_COLORS),
        "kind",
        column(_here, name="here"),
        column(_there, name="there"),
        column(_standing, name="standing", colors={"open": "warning", "resolved": "success"}),
        utc("at"),
    )
    list_select_related = ("operator",)
    list_filter = ("result", *BY_OPERATOR)
    search_exactly = ("transaction_id", "run__id")
    search_help_text = "An exact transaction id, or a comparison's."
    fields = (
        OPERATOR,
        column(
            lambda one: record_link("reconciliation.reconciliationrun", one.run_id), name="run_link", title="comparison"
        ),
        column(lambda one: one.get_result_display(), name="result_shown", title="result"),
        "transaction_id",
        "kind",
        column(_here, name="here"),
        column(_there, name="there"),
        "state_here",
        "rows_there",
        "bet_id",
        column(lambda one: record_link("rounds.round", one.round_id), name="round_link", title="round"),
        "player_token",
        exact_utc("at"),
        "resolution",
        "resolved_by",
        exact_utc("resolved_at"),
    )
    actions_detail = ("resolve",)
    actions_row = ("resolve",)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup == "run__id__exact" or super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Difference]:
        return Difference.objects.select_related("operator").order_by("-pk")

    def offers(self, step: str, record: Difference) -> bool:
        return record.resolved_at is None

    def has_resolve_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may explain differences."""
        return bool(request.user.has_perm("reconciliation.change_difference"))

    @offered(title="Resolve", permission="resolve", icon="task_alt")
    def resolve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Write down how a difference was explained."""
        one = steps.found(self, request, object_id)
        if not isinstance(one, Difference):
            return steps.gone(self, request, object_id)
        if one.resolved_at:
            return steps.refused(self, request, one, "It is resolved already.")
        step = Step(
            title="Resolve a difference",
            consequence="It changes no book. The explanation stands with the difference, and in the audit log.",
            button="Resolve",
            form=ReasonForm,
        )

        def perform(asked: dict[str, Any]) -> str:
            services.resolve_difference(difference=one, note=asked["reason"], actor=steps.actor_of(request))
            self.log_change(request, one, f"resolved: {asked['reason']}")
            return "The difference is resolved."

        return steps.take(self, request, one, step, perform)


@admin.register(DailyFile)
class DailyFileAdmin(RecordAdmin):
    """What the files of finished days are."""

    paginator = UncountedPages
    list_display = (
        "day",
        OPERATOR,
        "rows",
        hexed("csv_sha256", "SHA-256 of the CSV", short=True),
        utc("created_at"),
    )
    list_select_related = ("operator",)
    list_filter = BY_OPERATOR
    search_exactly = ("day", "operator__slug")
    search_help_text = "An exact day (2026-11-21), or an operator's slug."
    fields = (
        "day",
        OPERATOR,
        "rows",
        "totals",
        hexed("csv_sha256", "SHA-256 of the CSV"),
        "csv_bytes",
        hexed("json_sha256", "SHA-256 of the JSON"),
        "json_bytes",
        exact_utc("created_at"),
    )
