"""
The way of one day of one operator into the archive.

    written    its files and their manifest stand under a name of their own
    verified   they were read back from the disk: hash, counts and sums are the manifest's; now they have their name
    carried    one transaction: nobody writes to the day, the database's rows hash to what the files hold, sums by
               account and round are carried forward, and the horizon is behind the day. From here on it is archived
    detached   its partitions are no part of the tables any more, one after the other, while bets go on
    kept       they stand in a schema of their own, with their guards, until somebody drops them

Before `carried` an interruption leaves the books as they were, after it the files and the horizon stand: either way
the next run goes on from what it finds, and no row is counted twice or not at all.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db import connection
from psycopg import sql

from audit import services as audit
from bets.services import archive as bets
from keno_platform.core import clock
from operators.models import Operator
from operators.partitions import Partition
from operators.tenancy import tenant_context, tenant_transaction
from reports.archive import files
from reports.archive.files import Content
from reports.archive.tables import BETS, MOVEMENTS, PAYOUTS, TABLES
from wallet.services import archive as wallet

LOCK_TIMEOUT = "10s"


class NotFinished(Exception):
    """Something of the day is not over: `args` say what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A step that is behind us, and what there is to say about it."""

    step: str
    text: str


def archive_schema(operator: Operator) -> str:
    """Where an operator's detached days are kept. The guard refuses every writer there: no operator has this schema."""
    return f"archive_{operator.schema_name.removeprefix('op_')}"


def partitions_of(operator: Operator, day: date) -> list[Partition]:
    """The day's partitions by their names, whether there or not."""
    return [Partition(operator.schema_name, table.name, day) for table in TABLES]


def archive_day(operator: Operator, day: date, *, root: Path, actor: str = audit.SYSTEM) -> Iterator[Done]:
    """
    Take one day all the way, a step at a time; stopping between two steps is as if the machine had stopped there.

    The caller has seen to it that the day is the oldest that is online, and that nobody else archives this operator.

    :raises NotFinished: a round of the day is not settled, or a call at the operator's wallet is open.
    :raises ArchiveUnusable: the files cannot be written, or are not what was written.
    """
    low, high = partitions_of(operator, day)[0].low, partitions_of(operator, day)[0].high
    place = root / files.directory_of(operator.slug, day)
    with tenant_context(operator):
        _require_finished(day)
    made = _empty_directory_for(place)
    with _one_snapshot(operator) as cursor:
        written = {
            table.name: files.write_table(
                table, table.lines(cursor, operator.schema_name, low=low, high=high), made / table.file
            )
            for table in TABLES
        }
    about = {
        "operator": operator.slug,
        "operator_id": str(operator.pk),
        "currency": operator.currency_code,
        "currency_exponent": operator.currency_exponent,
        "day": day.isoformat(),
        "ids_from": str(low),
        "ids_before": str(high),
        "written_at": clock.to_text(clock.now()),
    }
    digest = files.write_manifest(made, about=about, contents=written)
    yield Done(step="written", text=f"{sum(one.rows for one in written.values())} rows")
    read_back = files.check_files(made, sha256=digest)
    files.put_in_place(made, place)
    yield Done(step="verified", text=str(place))
    _carry(operator, day, read_back, directory=files.directory_of(operator.slug, day), digest=digest, actor=actor)
    yield Done(step="carried", text=f"the horizon is {high}")
    yield from let_go(operator, day)


def _empty_directory_for(place: Path) -> Path:
    """Beside the place, under a name that nobody reads; what interrupted attempts have left there goes."""
    for left in place.parent.glob(f".{place.name}.*"):
        shutil.rmtree(left, ignore_errors=True)
    made = place.with_name(f".{place.name}.{uuid4().hex[:8]}")
    try:
        made.mkdir(parents=True)
    except OSError as error:
        raise files.ArchiveUnusable(f"{made} cannot be made: {error}") from error
    return made


def let_go(operator: Operator, day: date) -> Iterator[Done]:
    """What is left to do of a day that is archived: detach its partitions and put them away."""
    schema = archive_schema(operator)
    for one in partitions_of(operator, day):
        with tenant_context(operator), connection.cursor() as cursor:
            _detach(cursor, one)
        yield Done(step="detached", text=str(one))
        with tenant_context(operator), connection.cursor() as cursor:
            _put_away(cursor, one, schema)
        yield Done(step="kept", text=f"{schema}.{one.name}")


@contextmanager
def _one_snapshot(operator: Operator) -> Iterator[Any]:
    """A cursor whose statements all see the same moment. Nothing is locked, and the session may wait for the disk."""
    with tenant_context(operator):
        connection.cursor().close()  # bound before the transaction begins, whose first statement has to be the next
    with tenant_transaction(operator), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '10min'")
        yield cursor


def reasons_against(day: date) -> list[str]:
    """What of a day is not over yet, in the bound schema."""
    one = Partition("", BETS.name, day)
    return bets.unfinished(low=one.low, high=one.high)


def _require_finished(day: date) -> None:
    reasons = reasons_against(day)
    if reasons:
        raise NotFinished(*reasons)


def _carry(
    operator: Operator, day: date, contents: dict[str, Content], *, directory: str, digest: bytes, actor: str
) -> None:
    """
    :raises NotFinished: something has begun again. :raises ArchiveUnusable: the database has other rows by now.
    """
    low, high = partitions_of(operator, day)[0].low, partitions_of(operator, day)[0].high
    with tenant_transaction(operator), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        _close(cursor, operator, day)
        _require_finished(day)
        for table in TABLES:
            if (
                files.tally(table, table.lines(cursor, operator.schema_name, low=low, high=high))
                != contents[table.name]
            ):
                raise files.ArchiveUnusable(f"{table.name} of {day} has changed while it was written.")
        slips = bets.count_slips(low=low, high=high)
        figures = wallet.DayFigures(
            bets=contents[BETS.name].rows,
            slips=slips,
            stakes=contents[BETS.name].sums["stake"],
            winners=contents[PAYOUTS.name].rows,
            payouts=contents[PAYOUTS.name].sums["amount"],
            movements=contents[MOVEMENTS.name].rows,
            moved=contents[MOVEMENTS.name].sums["amount"],
        )
        bets.carry_bets(day=day, low=low, high=high)
        wallet.carry_day(day=day, low=low, high=high, figures=figures, directory=directory, manifest_sha256=digest)
        audit.record(
            "day.archived",
            description=f"{day}: {figures.bets} bets and {figures.movements} movements are in the archive",
            actor=actor,
            operator_id=operator.pk,
            after={"day": day.isoformat(), "directory": directory, "manifest_sha256": digest.hex()},
        )


def _close(cursor: Any, operator: Operator, day: date) -> None:
    """From here on, and for good, nobody writes into the day's partitions."""
    for one in partitions_of(operator, day):
        if _is_there(cursor, one):
            name = sql.Identifier(one.schema, one.name)
            cursor.execute(_CLOSE.format(partition=name, schema=sql.Identifier(one.schema)).as_string(None))


def _detach(cursor: Any, one: Partition) -> None:
    """Take a partition off its table without a lock that bets would wait for; where that was begun, end it."""
    cursor.execute(_STANDING, [one.schema, one.name])
    found = cursor.fetchone()
    if found is None:
        return
    parts = {"table": sql.Identifier(one.schema, one.table), "partition": sql.Identifier(one.schema, one.name)}
    how = "FINALIZE" if found[0] else "CONCURRENTLY"
    cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    try:
        statement = sql.SQL("ALTER TABLE {table} DETACH PARTITION {partition} " + how)
        cursor.execute(statement.format(**parts).as_string(None))
    finally:
        cursor.execute("RESET lock_timeout")


def _put_away(cursor: Any, one: Partition, schema: str) -> None:
    if not _is_there(cursor, one):
        return
    cursor.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)).as_string(None))
    move = sql.SQL("ALTER TABLE {} SET SCHEMA {}").format(sql.Identifier(one.schema, one.name), sql.Identifier(schema))
    cursor.execute(move.as_string(None))


def _is_there(cursor: Any, one: Partition) -> bool:
    cursor.execute("SELECT 1 FROM pg_tables WHERE schemaname = %s AND tablename = %s", [one.schema, one.name])
    return cursor.fetchone() is not None


_CLOSE = sql.SQL("""
    LOCK TABLE {partition} IN SHARE ROW EXCLUSIVE MODE;
    CREATE OR REPLACE TRIGGER archived BEFORE INSERT ON {partition}
        FOR EACH ROW EXECUTE FUNCTION {schema}.day_is_archived();
""")
_STANDING = """
    SELECT i.inhdetachpending FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relname = %s
"""
