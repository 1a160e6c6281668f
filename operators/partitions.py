"""
Day partitions of the big tables: by the time inside their UUIDv7 keys, made ahead, and analysed when they have grown.

There is never a default partition: it would be read by every query that goes newest first, and no day could be
detached beside running bets. Plain SQL on a given cursor, because the request log's writer has a connection of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import sql

from keno_platform.core.ids import uuid7_floor

DAYS_AHEAD = 3
DAYS_BACK = 1
"""One day back, for ids made by a machine whose clock is a little slow at midnight."""
GROWN_ROWS = 5000
"""
From so many new rows on a partition is analysed, by the server itself too. An empty one must not be: the planner takes
a table that it knows to be empty for one that is cheapest to read whole, and keeps that plan while it fills. Of one
that was never analysed it assumes ten pages, and takes the index.
"""


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """One day (UTC) of one table."""

    schema: str
    table: str
    day: date

    @property
    def name(self) -> str:
        return f"{self.table}_{self.day:%Y%m%d}"

    @property
    def low(self) -> UUID:
        """The first id of the day."""
        return floor_of(self.day)

    @property
    def high(self) -> UUID:
        """The first id of the next day."""
        return floor_of(self.day + timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


def floor_of(day: date) -> UUID:
    """The smallest id of a day."""
    return uuid7_floor(datetime.combine(day, time(), UTC))


def day_of(name: str, table: str) -> date | None:
    """The day of a partition by its name; None when it is no partition's name."""
    text = name.removeprefix(f"{table}_")
    if len(text) != 8 or not text.isdecimal() or text == name:
        return None
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def days_ahead(today: datetime) -> list[date]:
    """The days whose partitions must stand now."""
    first = today.astimezone(UTC).date() - timedelta(days=DAYS_BACK)
    return [first + timedelta(days=n) for n in range(DAYS_BACK + DAYS_AHEAD + 1)]


def make_partitions(tables: Sequence[str], *, today: datetime, schema: str) -> list[str]:
    """Create the day partitions of a tenant's tables that the next days need, guards included. Returns their names."""
    wanted = [Partition(schema, table, day) for table in tables for day in days_ahead(today)]
    with connection.cursor() as cursor:
        missing = missing_of(cursor, wanted)
        for one in missing:
            make_partition(cursor, one, guards=True)
    return [one.name for one in missing]


def missing_of(cursor: Any, wanted: Iterable[Partition]) -> list[Partition]:
    """Those of these that do not exist, in one question for any number of schemas."""
    wanted = list(wanted)
    cursor.execute(_THERE, [list({one.name for one in wanted}), list({one.schema for one in wanted})])
    there = set(cursor.fetchall())
    return sorted(one for one in wanted if (one.schema, one.name) not in there)


def make_partition(cursor: Any, one: Partition, *, guards: bool) -> None:
    """
    Create a partition that is missing; harmless when several do it at once. With `guards`, it refuses other tenants'
    writers, and every change of its rows.

    It is made beside the table and then attached: no bet waits, while `PARTITION OF` would wait for all of them, and
    every new one behind it.
    """
    parts = {
        "label": sql.Literal(f"partition {one}"),
        "quoted": sql.Literal(f'"{one.schema}"."{one.name}"'),
        "partition": sql.Identifier(one.schema, one.name),
        "table": sql.Identifier(one.schema, one.table),
        "low": sql.Literal(str(one.low)),
        "high": sql.Literal(str(one.high)),
        "grown": sql.Literal(GROWN_ROWS),
    }
    triggers = _GUARDS.format(**parts) if guards else sql.SQL("")
    cursor.execute(_CREATE.format(guards=triggers, **parts).as_string(None))


def attached_of(cursor: Any, schema: str, table: str) -> list[Partition]:
    """The partitions that a table has now, oldest first; those that are being detached too."""
    cursor.execute(_ATTACHED, [schema, table])
    days = (day_of(name, table) for (name,) in cursor.fetchall())
    return sorted(Partition(schema, table, day) for day in days if day is not None)


def analyse_grown(wanted: Iterable[Partition]) -> list[Partition]:
    """Analyse those of these that have grown by GROWN_ROWS and a fifth since it was last done."""
    by_name = {(one.schema, one.name): one for one in wanted}
    with connection.cursor() as cursor:
        names, schemas = zip(*((name, schema) for schema, name in by_name), strict=True) if by_name else ((), ())
        cursor.execute(_GROWN, [list(names), list(schemas), GROWN_ROWS])
        grown = [by_name[row] for row in cursor.fetchall() if row in by_name]
        for one in grown:
            statement = sql.SQL("ANALYZE (SKIP_LOCKED) {}").format(sql.Identifier(one.schema, one.name))
            cursor.execute(statement.as_string(None))
    return grown


_THERE = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = ANY (%s) AND n.nspname = ANY (%s)
"""
_ATTACHED = """
    SELECT c.relname FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
    JOIN pg_namespace n ON n.oid = p.relnamespace
    WHERE n.nspname = %s AND p.relname = %s
"""
_GROWN = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = ANY (%s) AND n.nspname = ANY (%s)
      AND pg_stat_get_mod_since_analyze(c.oid) >= greatest(%s, c.reltuples / 5)
    ORDER BY 1, 2
"""
_CREATE = sql.SQL("""
DO $make$ BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended({label}, 0));
    IF to_regclass({quoted}) IS NULL THEN
        CREATE TABLE {partition} (LIKE {table} INCLUDING ALL)
            WITH (autovacuum_analyze_threshold = {grown}, autovacuum_vacuum_insert_threshold = 20000);
        {guards}
        ALTER TABLE {table} ATTACH PARTITION {partition} FOR VALUES FROM ({low}) TO ({high});
    END IF;
END $make$
""")
_GUARDS = sql.SQL("""
        CREATE TRIGGER tenant_guard BEFORE INSERT OR UPDATE OR DELETE ON {partition}
            FOR EACH STATEMENT EXECUTE FUNCTION public.tenant_guard();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {partition}
            FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
""")
