"""Which days are due for the archive, and taking them there, one operator after the other."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from psycopg import sql

from audit import services as audit
from keno_platform.core import clock
from operators.models import Operator
from operators.partitions import attached_of
from operators.tenancy import tenant_context, tenant_transaction
from reports.archive import files, steps
from reports.archive.tables import TABLES
from wallet.selectors import archived_days

DAYS_MIN = 2
"""Today and yesterday are never archived: settlement looks at ids from a day before its round opens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What happened to a day, or would: `archived`, `due`, `not finished`, `busy`, `failed`, `kept`, `dropped`,
    `whole`."""

    operator: str
    day: date | None
    result: str
    text: str = ""

    @property
    def is_trouble(self) -> bool:
        """Whether somebody has to look."""
        return self.result == "failed"


def root() -> Path:
    """:raises ArchiveUnusable: no directory is configured, or the package that writes the files is missing."""
    if settings.ARCHIVE_DIR is None:
        raise files.ArchiveUnusable("Set KENO_ARCHIVE: the directory that days are archived in. Nothing is archived.")
    files.require_pyarrow()
    return Path(settings.ARCHIVE_DIR)


def first_day_online(before: date | None = None) -> date | None:
    """The oldest day that stays online, by this date or by the policy; None when all do."""
    today = clock.now().astimezone(UTC).date()
    if before is None:
        return today - timedelta(days=settings.ONLINE_DAYS) if settings.ONLINE_DAYS else None
    return min(before, today - timedelta(days=DAYS_MIN - 1))


def due_days(operator: Operator, before: date) -> list[date]:
    """The days before this one that still have partitions and are not archived, oldest first."""
    with connection.cursor() as cursor:
        found = {one.day for table in TABLES for one in attached_of(cursor, operator.schema_name, table.name)}
    with tenant_context(operator):
        last = max((one.day for one in archived_days()), default=date.min)
    return sorted(day for day in found if last < day < before)


def due(operator: Operator, before: date) -> Iterator[Told]:
    """What would be archived, and what is in the way; nothing is changed."""
    for day in due_days(operator, before):
        with tenant_context(operator):
            reasons = steps.reasons_against(day)
        yield Told(
            operator=operator.slug, day=day, result="not finished" if reasons else "due", text="; ".join(reasons)
        )
        if reasons:
            return


def check(operator: Operator, *, where: Path) -> Iterator[Told]:
    """Every archived day of an operator, its files read back and held against what the books say of them."""
    with tenant_context(operator):
        rows = list(archived_days())
    for row in rows:
        try:
            found = files.check_files(where / row.directory, sha256=bytes(row.manifest_sha256))
        except files.ArchiveUnusable as error:
            yield Told(operator=operator.slug, day=row.day, result="failed", text=str(error))
        else:
            text = f"{sum(one.rows for one in found.values())} rows"
            yield Told(operator=operator.slug, day=row.day, result="whole", text=text)


def archive_operator(
    operator: Operator, *, before: date, where: Path, until: float | None = None, actor: str = audit.SYSTEM
) -> Iterator[Told]:
    """
    Take an operator's due days to the archive, in order, and stop at the first that is not finished: what is below the
    horizon is archived without a gap. `until` is when no further day is begun, by `time.monotonic`.
    """
    with _alone(operator) as alone:
        if not alone:
            yield Told(operator=operator.slug, day=None, result="busy", text="another process archives this operator")
            return
        for day in _half_gone(operator):
            steps_left = [done.text for done in steps.let_go(operator, day) if done.step == "kept"]
            yield Told(operator=operator.slug, day=day, result="kept", text=", ".join(steps_left))
        for day in due_days(operator, before):
            if until is not None and time.monotonic() > until:
                return
            told = _archive(operator, day, where, actor)
            yield told
            if told.result != "archived":
                return


def _archive(operator: Operator, day: date, where: Path, actor: str) -> Told:
    try:
        done = list(steps.archive_day(operator, day, root=where, actor=actor))
    except steps.NotFinished as reasons:
        return Told(operator=operator.slug, day=day, result="not finished", text="; ".join(reasons.args))
    except (files.ArchiveUnusable, DatabaseError, OSError) as error:
        return Told(operator=operator.slug, day=day, result="failed", text=str(error).strip())
    return Told(operator=operator.slug, day=day, result="archived", text=done[0].text)


def _half_gone(operator: Operator) -> list[date]:
    """Archived days of which a table still stands in the operator's schema."""
    with tenant_context(operator), connection.cursor() as cursor:
        names = {one.name: one.day for row in archived_days() for one in steps.partitions_of(operator, row.day)}
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename = ANY (%s)",
            [operator.schema_name, list(names)],
        )
        return sorted({names[name] for (name,) in cursor.fetchall()})


@contextmanager
def _alone(operator: Operator) -> Iterator[bool]:
    """Whether nobody else archives this operator meanwhile. The server forgets a lock whose session has died."""
    label = f"archive {operator.schema_name}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [label])
        mine: bool = cursor.fetchone()[0]
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [label])


def drop_kept(operator: Operator, *, where: Path, now: datetime | None = None, actor: str) -> Iterator[Told]:
    """
    Drop the detached tables of days that were archived KENO_DETACHED_DAYS ago, each day after its files were read back
    once more and hold what was archived. A day whose files are not whole keeps its tables.
    """
    bound = (now or clock.now()) - timedelta(days=settings.DETACHED_DAYS)
    schema = steps.archive_schema(operator)
    with tenant_context(operator):
        rows = [row for row in archived_days() if row.created_at <= bound]
    for row in rows:
        with connection.cursor() as cursor:
            names = [one.name for one in steps.partitions_of(operator, row.day)]
            cursor.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename = ANY (%s)", [schema, names]
            )
            there = sorted(name for (name,) in cursor.fetchall())
        if not there:
            continue
        try:
            files.check_files(where / row.directory, sha256=bytes(row.manifest_sha256))
        except files.ArchiveUnusable as error:
            yield Told(operator=operator.slug, day=row.day, result="failed", text=f"nothing is dropped: {error}")
            continue
        _drop(operator, row.day, schema, there, actor)
        yield Told(operator=operator.slug, day=row.day, result="dropped", text=", ".join(there))


def _drop(operator: Operator, day: date, schema: str, names: list[str], actor: str) -> None:
    with tenant_transaction(operator), connection.cursor() as cursor:
        for name in names:
            cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(schema, name)).as_string(None))
        audit.record(
            "day.dropped",
            description=f"{day}: the detached tables are dropped; the archive's files were whole",
            actor=actor,
            operator_id=operator.pk,
            before={"schema": schema, "tables": names},
        )
