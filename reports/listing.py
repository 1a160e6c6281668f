"""Reading reports that were asked for: an operator its own, the provider every one."""

from uuid import UUID

from django.db.models import QuerySet

from keno_platform.core.errors import NotFound
from operators.models import Operator
from reports.models import ReportRun, ReportSchedule


def runs_of(operator: Operator | None) -> "QuerySet[ReportRun]":
    """An operator's reports; without one, all of them."""
    runs = ReportRun.objects.select_related("operator")
    return runs if operator is None else runs.filter(operator_id=operator.pk)


def get_run(operator: Operator | None, run_id: UUID) -> ReportRun:
    """
    One report.

    :raises NotFound: there is none, or it is somebody else's.
    """
    found = runs_of(operator).filter(pk=run_id).first()
    if found is None:
        raise NotFound()
    return found


def schedules_of(operator: Operator | None) -> "QuerySet[ReportSchedule]":
    """An operator's schedules that have not ended; without one, all of them."""
    found = ReportSchedule.objects.filter(ended_at__isnull=True)
    return found if operator is None else found.filter(operator_id=operator.pk)


def get_schedule(operator: Operator | None, schedule_id: UUID) -> ReportSchedule:
    """
    One schedule that has not ended.

    :raises NotFound: there is none, or it is somebody else's.
    """
    found = schedules_of(operator).filter(pk=schedule_id).first()
    if found is None:
        raise NotFound()
    return found
