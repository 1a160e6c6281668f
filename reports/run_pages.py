"""Reports for staff: asking for one, watching it being made, fetching its file; schedules and revenue shares."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from approvals.staff import SECOND, Asked, ask_now
from keno_platform.core import clock
from keno_platform.staff import gate, steps
from keno_platform.staff.columns import NOTHING, code, column, exact_utc, hexed, record_link, state, utc
from keno_platform.staff.pages import RecordAdmin, UncountedPages
from keno_platform.staff.steps import ReasonForm, Step, StepForm, offered
from operators.middleware import picked_operator
from operators.selectors import get_operator, list_operators
from reports.approvals import AGREE
from reports.catalogue import REPORTS, get_report
from reports.models import Every, Form, ReportRun, ReportSchedule, ReportState, RevenueTerm
from reports.query import BUCKETS, Query, bounds_of
from reports.runs import Ask, ask_for, open_file
from reports.runs.schedules import end_schedule, last_period, make_schedule
from reports.sending import send_file
from reports.writing.page import texts_in

COLORS = {
    ReportState.ASKED: "info",
    ReportState.RUNNING: "info",
    ReportState.DONE: "success",
    ReportState.FAILED: "danger",
    ReportState.EXPIRED: "warning",
}
OPERATOR = column(
    lambda record: record_link("operators.operator", record.operator_id, record.operator) if record.operator else "all",
    name="operator_link",
    title="operator",
)
REFRESH_S = 2
"""So often the page of a report that is not done yet loads itself again."""


def _period(run: ReportRun) -> str:
    return f"{run.query['from'][:16]} – {run.query['to'][:16]} UTC".replace("T", " ")


def _percent(term: RevenueTerm) -> str:
    return f"{term.basis_points / 100:.2f} %"


def _reports() -> list[tuple[str, str]]:
    texts = texts_in("en")
    return [(one.code, texts[one.title_key]) for one in REPORTS.values()]


def _choice(choices: list[tuple[str, str]], **kwargs: Any) -> forms.ChoiceField:
    return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget, **kwargs)


def _text(**kwargs: Any) -> forms.CharField:
    return forms.CharField(widget=UnfoldAdminTextInputWidget, required=False, strip=True, **kwargs)


class WhatForm(StepForm):
    """Which report, about whom, narrowed down how, and as what."""

    report = _choice([])
    operator = _choice([], required=False)
    game = _text(max_length=40, help_text="The code of a game; empty: all.")
    by = _choice([(one, one) for one in BUCKETS], help_text="Over what figures are summed up.")
    player = _text(max_length=64, help_text="The operator's token of one player.")
    at_least = _text(max_length=20, help_text="Large wins: from which amount on, such as 1000.00.")
    form = _choice(list(Form.choices), label="Format")
    language = _choice(list(settings.LANGUAGES), help_text="Of a PDF.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        operators: list[tuple[str, str]] = kwargs["initial"].pop("operators")
        super().__init__(*args, **kwargs)
        self.fields["report"].choices = _reports()  # type: ignore[attr-defined]  # a choice field
        self.fields["operator"].choices = operators  # type: ignore[attr-defined]  # a choice field
        self.fields["operator"].initial = kwargs["initial"].get("operator", "")


class AskForm(WhatForm):
    """A report over a period."""

    period = _text(
        max_length=10, help_text="A month (2026-11) or a day (2026-11-21), in UTC. Or give both times below."
    )
    since = _text(max_length=40, label="From", help_text="Such as 2026-11-21T10:00:00Z; inclusive.")
    until = _text(max_length=40, label="To", help_text="Exclusive.")
    field_order = ("report", "operator", "period", "since", "until")


class ScheduleForm(WhatForm):
    """A report over every day or month."""

    every = _choice(list(Every.choices))
    field_order = ("report", "operator", "every")


class ShareForm(ReasonForm):
    """The provider's share of one operator's revenue, and why."""

    operator = _choice([])
    percent = forms.DecimalField(min_value=0, max_value=100, decimal_places=2, widget=UnfoldAdminTextInputWidget)
    since = forms.DateField(widget=UnfoldAdminDateWidget, help_text="From this day (UTC) on.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        operators: list[tuple[str, str]] = kwargs["initial"].pop("operators")
        super().__init__(*args, **kwargs)
        self.fields["operator"].choices = [one for one in operators if one[0]]  # type: ignore[attr-defined]


def _operators(request: HttpRequest) -> list[tuple[str, str]]:
    """Whom this member of staff may ask about; who is confined to one operator, about that alone."""
    own = gate.confined_to(request)
    if own is not None:
        operator = get_operator(operator_id=own)
        return [(operator.slug, operator.name)]
    return [("", "all operators"), *((one.slug, one.name) for one in list_operators())]


def _initial(request: HttpRequest) -> dict[str, Any]:
    picked = picked_operator(request)
    return {"operators": _operators(request), "operator": picked.slug if picked else ""}


ASK = Step(
    title="Ask for a report",
    consequence="It is made in the background, within seconds or minutes, and signed. Who asked and who fetches it "
    "goes on record.",
    button="Ask",
    form=AskForm,
)
SCHEDULE = Step(
    title="Schedule a report",
    consequence="A quarter of an hour after each day or month (UTC) has ended, its report is made.",
    button="Schedule",
    form=ScheduleForm,
)
SHARE = Step(
    title="Agree on a revenue share",
    consequence="Statements of days from this one on use it. A month that is over keeps the share that it had. "
    + SECOND,
    button="Ask for approval",
    form=ShareForm,
)


class MadeHere(RecordAdmin):
    """Rows that are made by a step and never changed."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm(f"{self.opts.app_label}.add_{self.opts.model_name}"))

    def require_add(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request):
            raise PermissionDenied


@admin.register(ReportRun)
class ReportRunAdmin(MadeHere):
    """Reports that were asked for, newest first."""

    paginator = UncountedPages
    list_display = (
        "report",
        OPERATOR,
        column(_period, name="period"),
        "form",
        state("state", COLORS),
        "rows",
        "actor",
        utc("created_at"),
    )
    list_select_related = ("operator",)
    list_filter = ("state", "report")
    search_exactly = ("id", "operator__slug")
    search_help_text = "An exact id, or an operator's slug."
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "report",
                    OPERATOR,
                    column(_period, name="period"),
                    "form",
                    "language",
                    state("state", COLORS),
                    "rows",
                    "error",
                    "actor",
                    exact_utc("created_at"),
                    exact_utc("finished_at"),
                    exact_utc("expires_at", "kept until"),
                )
            },
        ),
        (
            "What the file is",
            {
                "fields": (
                    "id",
                    column(lambda run: code(str(run.query)), name="query_shown", title="query"),
                    column(lambda run: code(str(run.totals or NOTHING)), name="totals_shown", title="totals"),
                    "file_bytes",
                    hexed("file_sha256", "SHA-256 of the file"),
                    hexed("rows_sha256", "SHA-256 of the rows"),
                )
            },
        ),
    )
    actions_detail = ("download",)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        self.require_add(request)

        def perform(asked: dict[str, Any]) -> HttpResponse:
            run = ask_for(ask=_ask(asked), actor=steps.actor_of(request), address=request.META.get("REMOTE_ADDR"))
            return HttpResponse(status=302, headers={"Location": steps.page_of(self, run)})

        return steps.take(self, request, None, ASK, perform, **_initial(request))

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = super().change_view(request, object_id, *args, **kwargs)
        run = steps.found(self, request, object_id)
        if isinstance(run, ReportRun) and run.state in (ReportState.ASKED, ReportState.RUNNING):
            answer.headers["Refresh"] = str(REFRESH_S)
        return answer

    def offers(self, step: str, record: ReportRun) -> bool:
        return bool(record.state == ReportState.DONE)

    def has_download_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may fetch files: who may see reports may."""
        return self.has_view_permission(request)

    @offered(title="Download", permission="download", icon="download")
    def download(self, request: HttpRequest, object_id: str) -> Any:
        """
        The file; that it was fetched goes on record. One with players' data or the doings of staff wants the password
        and a code that are fresh.
        """
        run = steps.found(self, request, object_id)
        if not isinstance(run, ReportRun):
            return steps.gone(self, request, object_id)
        if not self.offers("download", run):
            return steps.refused(self, request, run, "There is no file.")
        hand_out = gate.fresh_only(_hand_out) if get_report(run.report).is_personal else _hand_out
        return hand_out(request, run)


def _hand_out(request: HttpRequest, run: ReportRun) -> Any:
    path = open_file(run=run, actor=steps.actor_of(request), address=request.META.get("REMOTE_ADDR"))
    return send_file(run, path)


@admin.register(ReportSchedule)
class ReportScheduleAdmin(MadeHere):
    """Reports that are made by themselves."""

    list_display = ("report", OPERATOR, "every", "form", "language", utc("created_at"), utc("ended_at"))
    list_select_related = ("operator",)
    search_exactly = ("id",)
    search_help_text = "An exact id."
    fields = (
        *("report", OPERATOR, "every", "form", "language"),
        column(lambda one: code(str(one.query)), name="query_shown", title="query"),
        *("actor", exact_utc("created_at"), exact_utc("ended_at")),
    )
    actions_detail = ("end",)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        self.require_add(request)

        def perform(asked: dict[str, Any]) -> str:
            since, until = last_period(asked["every"], clock.now())
            times = {"period": "", "since": clock.to_text(since), "until": clock.to_text(until)}
            made = make_schedule(ask=_ask(asked | times), every=asked["every"], actor=steps.actor_of(request))
            return f"The report {made} is scheduled."

        return steps.take(self, request, None, SCHEDULE, perform, **_initial(request))

    def offers(self, step: str, record: ReportSchedule) -> bool:
        return record.ended_at is None

    def has_end_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may end schedules: who may make them may."""
        return self.has_add_permission(request)

    @offered(title="End", permission="end", icon="event_busy", danger=True)
    def end(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make no more reports by this schedule."""
        one = steps.found(self, request, object_id)
        if not isinstance(one, ReportSchedule):
            return steps.gone(self, request, object_id)
        step = Step(
            title="End the schedule",
            consequence="No further reports are made by it. Those that were made stay.",
            button="End",
            danger=True,
        )

        def perform(asked: dict[str, Any]) -> str:
            end_schedule(schedule=one, actor=steps.actor_of(request))
            return "The schedule has ended."

        return steps.take(self, request, one, step, perform)


@admin.register(RevenueTerm)
class RevenueTermAdmin(MadeHere):
    """What the provider's share of each operator's revenue is, and from when on."""

    list_display = ("operator", "since", column(_percent, name="share"), "actor", utc("created_at"))
    list_select_related = ("operator",)
    list_filter = (("operator", admin.RelatedOnlyFieldListFilter),)
    fields = ("operator", "since", column(_percent, name="share"), "actor", exact_utc("created_at"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        self.require_add(request)

        def perform(asked: dict[str, Any]) -> HttpResponse:
            operator = get_operator(slug=asked["operator"])
            terms = {"basis_points": int(asked["percent"] * 100), "since": asked["since"].isoformat()}
            wanted = Asked(action=AGREE, subject=operator.slug, operator_id=operator.pk, title="", payload=terms)
            return ask_now(request, wanted, reason=asked["reason"])

        return steps.take(self, request, None, SHARE, perform, **_initial(request))


def _ask(asked: dict[str, Any]) -> Ask:
    """What a form asks for. An operator's list of choices has let nobody ask about another one."""
    report = get_report(asked["report"])
    now = clock.now() if report.now else None
    since, until = bounds_of(period=asked["period"], since=asked["since"], until=asked["until"], now=now)
    names = ("game", "player", "at_least", *(["by"] if "by" in report.accepts else []))
    given = {name: asked[name] for name in names if asked[name]}
    query = Query(since=since, until=until, operator=asked["operator"], **given)
    return Ask(report=report.code, query=query, form=asked["form"], language=asked["language"])
