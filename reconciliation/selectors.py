"""Reading runs, what they found, and daily files. Always of one operator, whoever asks."""

from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from keno_platform.core.errors import NotFound
from operators.models import Operator
from reconciliation.models import DailyFile, Difference, ReconciliationRun, Result


def runs_of(operator: Operator) -> QuerySet[ReconciliationRun]:
    """Every comparison with this operator's books."""
    return ReconciliationRun.objects.filter(operator=operator)


def get_run(operator: Operator, run_id: UUID) -> ReconciliationRun:
    """
    One comparison.

    :raises NotFound: none, or another operator's.
    """
    run = runs_of(operator).filter(pk=run_id).first()
    if run is None:
        raise NotFound()
    return run


def differences_of(run: ReconciliationRun) -> QuerySet[Difference]:
    """What a comparison found, calls in doubt too."""
    return Difference.objects.filter(run=run)


def find_daily_file(operator: Operator, day: date) -> DailyFile | None:
    """What the day's files are, when they were ever made."""
    return DailyFile.objects.filter(operator=operator, day=day).first()


def open_differences() -> QuerySet[Difference]:
    """Differences of all operators that nobody has explained yet, the oldest first; calls in doubt are none."""
    found = Difference.objects.select_related("operator", "run").filter(resolved_at__isnull=True)
    return found.exclude(result=Result.IN_DOUBT).order_by("pk")
