"""Handing out a finished file; who got it is on record."""

from pathlib import Path

from django.db import transaction

from audit import services as audit
from keno_platform.core.errors import Kind, Refusal, Retry
from reports.models import ReportRun, ReportState
from reports.runs import place


class ReportPending(Refusal):
    """The report is not made yet. Ask again in a moment."""

    code = "report_pending"
    kind = Kind.CONFLICT
    title = "The report is not made yet"
    retry = Retry.SAME_KEY


class ReportFailed(Refusal):
    """The report could not be made; `params.error` says why. It can be asked for again."""

    code = "report_failed"
    kind = Kind.GONE
    title = "The report could not be made"


class ReportExpired(Refusal):
    """The file is not kept any more. Its hash is, and the same query over the same past period has the same rows."""

    code = "report_expired"
    kind = Kind.GONE
    title = "The file of this report is not kept any more"


def open_file(*, run: ReportRun, actor: str, address: str | None = None) -> Path:
    """
    The path of a finished file, for whoever may read it.

    :raises ReportPending: it is not done. :raises ReportFailed: it never will be. :raises ReportExpired: it is gone.
    """
    if run.state == ReportState.FAILED:
        raise ReportFailed(error=run.error)
    if run.state == ReportState.EXPIRED:
        raise ReportExpired()
    if run.state != ReportState.DONE:
        raise ReportPending()
    path = place.path_of(run)
    if not path.is_file():
        raise ReportExpired("It is not on this machine.")
    with transaction.atomic():
        audit.record(
            "report.downloaded",
            description=f"{run.report} as {run.form}, {run.rows:,} rows",
            actor=actor,
            address=address,
            operator_id=run.operator_id,
            after={"run": str(run.pk), "sha256": bytes(run.file_sha256 or b"").hex()},
        )
    return path
