"""Reports that are made by themselves, over every day or month (UTC) that has ended."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from audit import services as audit
from keno_platform.core.errors import NotFound
from operators.models import Operator
from operators.selectors import get_operator
from reports.models import Every, ReportRun, ReportSchedule
from reports.query import Query, period_of
from reports.runs.asking import Ask, ask_for

QUIET = timedelta(minutes=15)
"""So long after a period's end its report is asked for: rounds that ended with it are settled by then."""


def make_schedule(*, ask: Ask, every: str, actor: str) -> ReportSchedule:
    """
    From now on make this report over every `day` or `month` that has ended; the period of the query is left out.

    :raises Refusal: what `Ask.checked` raises.
    """
    checked = ask.checked()
    kept = {name: text for name, text in checked.query.as_json().items() if name not in ("from", "to")}
    operator = _operator(checked)
    with transaction.atomic():
        made = ReportSchedule.objects.create(
            operator=operator,
            report=checked.report,
            query=kept,
            form=checked.form,
            language=checked.language,
            every=Every(every).value,
            actor=actor,
        )
        _record("report.scheduled", made, actor)
    return made


def end_schedule(*, schedule: ReportSchedule, actor: str) -> None:
    """
    Make no more reports by this schedule. What was made stays.

    :raises NotFound: somebody else has ended it meanwhile.
    """
    with transaction.atomic():
        if not ReportSchedule.objects.filter(pk=schedule.pk, ended_at__isnull=True).update(ended_at=Now()):
            raise NotFound()
        _record("report.unscheduled", schedule, actor)


def ask_due(*, now: datetime) -> int:
    """Ask for what is due by every schedule, once a period. Returns how many were asked for."""
    return sum(_ask_due(one, now) for one in ReportSchedule.objects.filter(ended_at__isnull=True))


def last_period(every: str, now: datetime) -> tuple[datetime, datetime]:
    """The last day or month that is over, and has been for QUIET."""
    at = now - QUIET
    first = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if every == Every.MONTH:
        first = first.replace(day=1)
    before = first - timedelta(days=1)
    return period_of(f"{before:%Y-%m}" if every == Every.MONTH else f"{before:%Y-%m-%d}")


def _ask_due(schedule: ReportSchedule, now: datetime) -> bool:
    since, until = last_period(schedule.every, now)
    if until <= schedule.created_at:  # a schedule begins with the first period that ends after it was made
        return False
    query = Query(since=since, until=until, **schedule.query)
    if ReportRun.objects.filter(schedule=schedule, query=query.as_json()).exists():
        return False
    ask = Ask(report=schedule.report, query=query, form=schedule.form, language=schedule.language)
    try:
        with transaction.atomic():
            ask_for(ask=ask, actor=f"schedule {schedule.pk}", schedule=schedule)
    except IntegrityError:  # another beat was quicker
        return False
    return True


def _operator(ask: Ask) -> Operator | None:
    return get_operator(slug=ask.query.operator) if ask.query.operator else None


def _record(event: str, schedule: ReportSchedule, actor: str) -> None:
    audit.record(
        event,
        description=f"{schedule.report} as {schedule.form} each {schedule.every}",
        actor=actor,
        operator_id=schedule.operator_id,
        after={"schedule": str(schedule.pk), "query": schedule.query},
    )
