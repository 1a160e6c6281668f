"""Comparing, keeping what was found, and explaining it. No money moves here, and no book is mended."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Now

from audit import services as audit
from keno_platform.core.errors import Kind, Refusal, Retry
from operators.models import Operator
from operators.tenancy import tenant_context
from reconciliation import daily, selectors
from reconciliation.comparison import Tell, compare
from reconciliation.models import DailyFile, Difference, Part, ReconciliationRun, RunStatus, Source
from reconciliation.operator_files import Row, from_json, to_json
from reconciliation.transactions import facts_between

API_ROWS_MAX = 250_000
"""Rows of one run over the API; bigger files go to the command, or by day."""
NOTE_MAX = 400


class ReconciliationNotCollecting(Refusal):
    """The run has been compared; begin another for more rows."""

    code = "reconciliation_finished"
    kind = Kind.CONFLICT
    title = "This reconciliation has been compared already"
    retry = Retry.NEVER


class ReconciliationTooLong(Refusal):
    """More rows than one run over the API takes."""

    code = "reconciliation_too_long"
    kind = Kind.INVALID
    title = "The list of transactions is too long for one reconciliation"


class ReconciliationPeriodInvalid(Refusal):
    """`to` is not after `from`."""

    code = "reconciliation_period_invalid"
    kind = Kind.INVALID
    title = "The period of the reconciliation is not valid"


class DifferenceClosed(Refusal):
    """Somebody has explained this difference before."""

    code = "difference_closed"
    kind = Kind.CONFLICT
    title = "This difference is resolved already"
    retry = Retry.NEVER


class DailyFileChanged(RuntimeError):
    """A finished day's file is not what it was: a fault of ours, and never sent."""


def reconcile(
    *,
    operator: Operator,
    rows: Iterable[Row],
    file_name: str,
    actor: str,
    source: Source = Source.COMMAND,
    since: datetime | None = None,
    until: datetime | None = None,
    tell: Tell = lambda phase: None,
) -> ReconciliationRun:
    """
    Compare these rows with our books at once, and keep what was found.

    :raises ReconciliationPeriodInvalid: `until` is not after `since`.
    :raises ReconciliationFileInvalid: what reading the rows raises; no run is kept then.
    """
    with tenant_context(operator), transaction.atomic():
        run = begin(operator=operator, source=source, file_name=file_name, actor=actor, since=since, until=until)
        return _finish(operator, run, [rows], tell)


def begin(
    *,
    operator: Operator,
    actor: str,
    source: Source = Source.API,
    file_name: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> ReconciliationRun:
    """A run that collects its rows. :raises ReconciliationPeriodInvalid: `until` is not after `since`."""
    if since and until and until <= since:
        raise ReconciliationPeriodInvalid("`to` must be after `from`.")
    return ReconciliationRun.objects.create(
        operator=operator, source=source, file_name=file_name[:200], actor=actor, since=since, until=until
    )


@transaction.atomic
def put_part(*, run: ReconciliationRun, number: int, rows: list[Row]) -> None:
    """
    Add a part to a run; the same number again takes its place, so that a part may be sent twice.

    :raises ReconciliationNotCollecting: it was compared. :raises ReconciliationTooLong: more than API_ROWS_MAX rows.
    """
    held = _held(run)
    others = Part.objects.filter(run=held).exclude(number=number).aggregate(rows=Sum("count"))["rows"] or 0
    if others + len(rows) > API_ROWS_MAX:
        raise ReconciliationTooLong(rows_max=API_ROWS_MAX)
    Part.objects.update_or_create(
        run=held, number=number, defaults={"rows": [to_json(row) for row in rows], "count": len(rows)}
    )


@transaction.atomic
def compare_parts(*, operator: Operator, run: ReconciliationRun) -> ReconciliationRun:
    """
    Compare what a run has collected.

    :raises ReconciliationNotCollecting: it was compared before.
    """
    held = _held(run)
    with tenant_context(operator):
        finished = _finish(operator, held, _collected(held), lambda phase: None)
    Part.objects.filter(run=held).delete()
    return finished


@transaction.atomic
def resolve_difference(*, difference: Difference, note: str, actor: str) -> None:
    """
    Write down how a difference was explained. It changes no book: what has to be paid or taken is done elsewhere.

    :raises DifferenceClosed: it was resolved before.
    """
    resolved = Difference.objects.filter(pk=difference.pk, resolved_at__isnull=True).update(
        resolution=note[:NOTE_MAX], resolved_by=actor, resolved_at=Now()
    )
    if not resolved:
        raise DifferenceClosed()
    audit.record(
        "difference.resolved",
        description=f"{difference}: {note}",
        actor=actor,
        operator_id=difference.operator_id,
        bet_id=difference.bet_id,
        round_id=difference.round_id,
        after={"difference": difference.pk, "run": str(difference.run_id), "note": note},
    )


def daily_file(*, operator: Operator, day: date) -> DailyFile:
    """
    What the files of a finished day are; worked out the first time, then kept.

    :raises DayNotFinished: a transaction may still come to stand in it.
    """
    known = selectors.find_daily_file(operator, day)
    if known:
        return known
    daily.require_finished(operator, day)
    digests = {name: daily.Digest() for name in daily.FORMATS}
    for name, write in daily.FORMATS.items():
        for piece in write(operator, day):
            digests[name].add(piece)
    since, until = daily.bounds(day)
    summary = daily.Summary()
    with tenant_context(operator):
        for batch in facts_between(operator, since=since, until=until):
            for fact in batch:
                summary.add(fact)
    made, _ = DailyFile.objects.get_or_create(
        operator=operator,
        day=day,
        defaults={
            "rows": summary.rows,
            "totals": summary.totals(operator),
            "csv_sha256": digests["csv"].hashed.digest(),
            "csv_bytes": digests["csv"].length,
            "json_sha256": digests["json"].hashed.digest(),
            "json_bytes": digests["json"].length,
        },
    )
    return made


def pieces_of(known: DailyFile, operator: Operator, form: str) -> Iterator[bytes]:
    """
    The bytes of a day's file, held against what they were.

    :raises DailyFileChanged: at the end, before the last piece, when they are not the same.
    """
    digest, held = daily.Digest(), b""
    for piece in daily.FORMATS[form](operator, known.day):
        if held:
            yield held
        digest.add(piece)
        held = piece
    if digest.hashed.digest() != bytes(getattr(known, f"{form}_sha256")):
        raise DailyFileChanged(f"{operator.slug} {known.day} {form}: not what it was on {known.created_at}")
    yield held


def _held(run: ReconciliationRun) -> ReconciliationRun:
    held = ReconciliationRun.objects.select_for_update().get(pk=run.pk)
    if held.status != RunStatus.COLLECTING:
        raise ReconciliationNotCollecting()
    return held


def _collected(run: ReconciliationRun) -> Iterator[list[Row]]:
    for number in list(Part.objects.filter(run=run).order_by("number").values_list("number", flat=True)):
        yield [from_json(cells) for cells in Part.objects.get(run=run, number=number).rows]


def _finish(
    operator: Operator, run: ReconciliationRun, parts: Iterable[Iterable[Row]], tell: Tell
) -> ReconciliationRun:
    counts = compare(operator, run, parts, tell=tell)
    ReconciliationRun.objects.filter(pk=run.pk).update(
        status=RunStatus.FINISHED,
        finished_at=Now(),
        **{name: getattr(counts, name) for name in counts.__slots__},
    )
    run.refresh_from_db()
    return run
