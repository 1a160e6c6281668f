"""Letting files go when their time is over. Rows, with what the files were, stay."""

import logging
import time

from django.db import transaction
from django.db.models.functions import Now

from audit import services as audit
from reports.models import ReportRun, ReportState
from reports.runs import place

logger = logging.getLogger(__name__)
BATCH = 200
PART_OLD_S = 86_400
"""Files that were begun and that nobody has touched for so long were left by a worker that died."""


def expire_due() -> int:
    """Let go what is not kept any more. Returns how many files."""
    due = ReportRun.objects.filter(state=ReportState.DONE, expires_at__lte=Now()).order_by("expires_at")[:BATCH]
    expired = sum(_expire(run) for run in due)
    _sweep()
    return expired


def _expire(run: ReportRun) -> bool:
    path = place.path_of(run)
    with transaction.atomic():
        changed = ReportRun.objects.filter(pk=run.pk, state=ReportState.DONE).update(state=ReportState.EXPIRED, file="")
        if changed:
            audit.record(
                "report.expired",
                description=f"{run.report} as {run.form} of {run.created_at:%Y-%m-%d}: the file is not kept any more",
                operator_id=run.operator_id,
                after={"run": str(run.pk), "sha256": bytes(run.file_sha256 or b"").hex()},
            )
    path.unlink(missing_ok=True)
    return bool(changed)


def _sweep() -> None:
    """Parts of files whose workers died."""
    for part in place.directory().glob(".*"):
        if part.is_file() and time.time() - part.stat().st_mtime > PART_OLD_S:
            part.unlink(missing_ok=True)
            logger.info("reports: %s was left over", part.name)
