"""
Making what was asked for, one report after the other.

A worker takes the oldest that waits, says from time to time that it lives, and puts the file in place when it is whole.
What a worker that died has left running is asked for again, at most ATTEMPTS_MAX times: nothing waits for ever.
"""

import hashlib
import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.db import connection, transaction
from django.db.models.functions import Now

from audit import services as audit
from keno_platform.core import clock
from keno_platform.core.errors import Refusal
from reports.catalogue import get_report
from reports.models import ReportRun, ReportState
from reports.query import Query
from reports.runs import place
from reports.runs.heartbeat import Heartbeat, ReportTaken
from reports.writing import Made, make_file
from reports.writing.head import Head

logger = logging.getLogger(__name__)
ATTEMPTS_MAX = 3
SILENT_MAX = timedelta(minutes=2)
"""A running report whose worker has said nothing for so long has lost it."""
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A finished file."""

    length: int
    sha256: bytes


def make_waiting(*, until: float) -> int:
    """Make what waits until a time (of `time.monotonic`); what has begun is finished. Returns how many."""
    made = 0
    give_back_lost()
    while time.monotonic() < until and (run := _take()):
        make_one(run)
        made += 1
    return made


def make_one(run: ReportRun) -> None:
    """Make one report that this worker has taken. Whatever happens, its row says so in the end."""
    part = place.directory() / f".{run.pk}.{run.attempts}"
    try:
        with part.open("wb") as file, Heartbeat(run.pk, run.attempts) as heart:
            made = make_file(_head(run), run.form, file, progress=heart.tell)
        _put_in_place(run, part, made)
    except ReportTaken:
        logger.warning("report %s: another worker has it", run.pk)
    except Refusal as refusal:
        _fail(run, f"{refusal.title}. {refusal.detail}".strip())
    except Exception as error:
        logger.exception("report %s", run.pk)
        _fail(run, f"{type(error).__name__} while it was made; the log of the worker has more.")
    finally:
        part.unlink(missing_ok=True)


def give_back_lost() -> int:
    """Ask again for what no worker is making any more; what was lost too often has failed. Returns how many."""
    lost = ReportRun.objects.filter(state=ReportState.RUNNING, seen_at__lt=Now() - SILENT_MAX)
    for run in lost.filter(attempts__gte=ATTEMPTS_MAX):
        _fail(run, "It was begun again and again, and no worker came to an end.")
    return lost.filter(attempts__lt=ATTEMPTS_MAX).update(state=ReportState.ASKED, rows=0)


def _take() -> ReportRun | None:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE)
        found = cursor.fetchone()
    return ReportRun.objects.select_related("operator").get(pk=found[0]) if found else None


def _head(run: ReportRun) -> Head:
    return Head(
        report=get_report(run.report),
        query=Query.from_json(run.query),
        language=run.language,
        made_at=clock.now(),
        run=str(run.pk),
    )


def _put_in_place(run: ReportRun, part: Path, made: Made) -> None:
    file = _measure(part)
    with transaction.atomic():
        updated = ReportRun.objects.filter(pk=run.pk, state=ReportState.RUNNING, attempts=run.attempts).update(
            state=ReportState.DONE,
            rows=made.rows,
            totals=made.totals,
            file=place.name_of(run),
            file_bytes=file.length,
            file_sha256=file.sha256,
            rows_sha256=made.rows_sha256,
            finished_at=Now(),
            seen_at=Now(),
            expires_at=Now() + place.kept_for(),
        )
        if not updated:
            raise ReportTaken(run.pk)
        part.rename(place.directory() / place.name_of(run))
        _record_made(run, made, file)


def _record_made(run: ReportRun, made: Made, file: File) -> None:
    hashes = {"sha256": file.sha256.hex(), "rows_sha256": made.rows_sha256.hex()}
    audit.record(
        "report.made",
        description=f"{run.report} as {run.form}: {made.rows:,} rows",
        operator_id=run.operator_id,
        after={"run": str(run.pk), "report": run.report, "rows": made.rows, "bytes": file.length, **hashes},
    )


def _fail(run: ReportRun, error: str) -> None:
    with transaction.atomic():
        failed = ReportRun.objects.filter(pk=run.pk, state=ReportState.RUNNING, attempts=run.attempts)
        if failed.update(state=ReportState.FAILED, error=error[:400], finished_at=Now()):
            audit.record(
                "report.failed",
                description=f"{run.report} as {run.form}: {error}",
                operator_id=run.operator_id,
                after={"run": str(run.pk), "report": run.report},
            )


def _measure(path: Path) -> File:
    hashed, length = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            hashed.update(block)
            length += len(block)
    return File(length=length, sha256=hashed.digest())


_TAKE = """
    UPDATE public.reports_reportrun
    SET state = 'running', attempts = attempts + 1, rows = 0, started_at = clock_timestamp(),
        seen_at = clock_timestamp()
    WHERE id = (
        SELECT id FROM public.reports_reportrun WHERE state = 'asked' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id
"""
