"""Asking for a report: what is asked is checked at once, and made later."""

from dataclasses import dataclass, replace

from django.conf import settings
from django.db import transaction

from audit import services as audit
from keno_platform.core.errors import Kind, Refusal, Retry
from keno_platform.core.money import parse_amount
from keno_platform.http.parsing import ParameterInvalid
from operators.models import Operator
from operators.selectors import get_operator
from reports.catalogue import get_report
from reports.columns import Report
from reports.models import Form, ReportRun, ReportSchedule, ReportState
from reports.query import BUCKETS, Query

WAITING_MAX = 10
"""So many reports of one operator, or of the provider, wait or are being made at one time."""
PARAMETERS = ("game", "by", "player", "at_least")


class TooManyReports(Refusal):
    """Ten reports are asked for and not made yet. Wait until some are done."""

    code = "too_many_reports"
    kind = Kind.LIMITED
    title = "Too many reports are being made"
    retry = Retry.NEW_KEY


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A report, its query, its format (csv, json, pdf) and its language."""

    report: str
    query: Query
    form: str
    language: str

    def checked(self) -> "Ask":
        """
        The same, when it can be made.

        :raises ReportUnknown: there is no such report. :raises NotFound: there is no such operator.
        :raises ParameterInvalid: what the report does not know, or lacks.
        """
        report = get_report(self.report)
        check_parameters(report, self.query)
        if self.form not in Form.values:
            raise ParameterInvalid(f"format must be one of {', '.join(Form.values)}.")
        if self.language not in dict(settings.LANGUAGES):
            raise ParameterInvalid("language must be one of the languages of the platform.")
        operator = get_operator(slug=self.query.operator) if self.query.operator else None
        if self.query.at_least:
            parse_amount(self.query.at_least, exponent=operator.currency_exponent if operator else 4)
        return self


def check_parameters(report: Report, query: Query) -> None:
    """:raises ParameterInvalid: a parameter that the report does not know, or one is missing."""
    given = {name for name in PARAMETERS if getattr(query, name) and (name != "by" or query.by != BUCKETS[0])}
    if unknown := given - report.accepts:
        raise ParameterInvalid(f"{report.code} has no parameter {sorted(unknown)[0]}.")
    if missing := report.needs - given:
        raise ParameterInvalid(f"{report.code} needs {sorted(missing)[0]}.")
    if query.by not in BUCKETS:
        raise ParameterInvalid(f"by must be one of {', '.join(BUCKETS)}.")
    if "player" in report.needs and not query.operator:
        raise ParameterInvalid(f"{report.code} is about a player of one operator.")


@transaction.atomic
def ask_for(*, ask: Ask, actor: str, address: str | None = None, schedule: ReportSchedule | None = None) -> ReportRun:
    """
    Ask for a report; a worker makes it within seconds of its turn.

    :raises TooManyReports: WAITING_MAX of the same operator's wait. :raises Refusal: what `Ask.checked` raises.
    """
    checked = ask.checked()
    operator = get_operator(slug=ask.query.operator) if ask.query.operator else None
    if schedule is None and _waiting(operator) >= WAITING_MAX:
        raise TooManyReports(waiting_max=WAITING_MAX)
    run = ReportRun.objects.create(
        operator=operator,
        schedule=schedule,
        report=checked.report,
        query=checked.query.as_json(),
        form=checked.form,
        language=checked.language,
        actor=actor,
    )
    audit.record(
        "report.asked",
        description=f"{run.report} as {run.form} for {operator.slug if operator else 'all operators'}",
        actor=actor,
        address=address,
        operator_id=operator.pk if operator else None,
        after={"run": str(run.pk), "report": run.report, "format": run.form, "query": run.query},
    )
    return run


def for_operator(ask: Ask, operator: Operator) -> Ask:
    """What an operator asks is about itself, whatever it says."""
    return replace(ask, query=replace(ask.query, operator=operator.slug))


def _waiting(operator: Operator | None) -> int:
    waiting = ReportRun.objects.filter(operator=operator, schedule__isnull=True)
    return waiting.filter(state__in=[ReportState.ASKED, ReportState.RUNNING]).count()
