"""Where reports' files are, and how long they are kept."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings

from configuration import catalogue as configured
from configuration.selectors import value
from reports.models import ReportRun


def directory() -> Path:
    """The directory of reports, made where there is none; nobody else on the machine may look into it."""
    place = Path(settings.REPORTS_DIR)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return place


def path_of(run: ReportRun) -> Path:
    """Where the file of a run stands. Names are made here and never come from outside."""
    return directory() / run.file


def name_of(run: ReportRun) -> str:
    """The name below the directory: ids begin with their time, so they sort by it."""
    return f"{run.pk}.{run.form}"


def kept_for() -> timedelta:
    """How long a file is kept after it was made."""
    return timedelta(days=value(configured.REPORT_RETENTION_DAYS))
