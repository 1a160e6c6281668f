"""
Day partitions of the big tables. They are partitioned by the time inside their UUIDv7 keys, and made ahead.

There is never a default partition: it would be read by every query that goes newest first.
"""

from datetime import UTC, datetime, timedelta

from django.db import connection
from psycopg import sql

from keno_platform.core.ids import uuid7_floor

DAYS_AHEAD = 3
DAYS_BACK = 1
"""One day back, for ids made by a machine whose clock is a little slow at midnight."""


def make_partitions(tables: tuple[str, ...], *, today: datetime, schema: str) -> list[str]:
    """
    Create the missing day partitions of these tables in a schema, guards included, and analyse them: a fresh
    partition without statistics is read by the worst plan. Returns the names of those made.
    """
    midnight = today.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [midnight + timedelta(days=offset) for offset in range(-DAYS_BACK, DAYS_AHEAD + 1)]
    return [name for table in tables for day in days if (name := _make_one(schema, table, day)) is not None]


def _make_one(schema: str, table: str, day: datetime) -> str | None:
    name = f"{table}_{day:%Y%m%d}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_tables WHERE schemaname = %s AND tablename = %s", [schema, name])
        if cursor.fetchone():
            return None
        parts = {
            "partition": sql.Identifier(schema, name),
            "table": sql.Identifier(schema, table),
            "low": sql.Literal(str(uuid7_floor(day))),
            "high": sql.Literal(str(uuid7_floor(day + timedelta(days=1)))),
        }
        cursor.execute(_CREATE.format(**parts).as_string(cursor.connection))
    return name


_CREATE = sql.SQL("""
    CREATE TABLE {partition} PARTITION OF {table} FOR VALUES FROM ({low}) TO ({high});
    CREATE TRIGGER tenant_guard BEFORE INSERT OR UPDATE OR DELETE ON {partition}
        FOR EACH STATEMENT EXECUTE FUNCTION public.tenant_guard();
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {partition}
        FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
    ANALYZE {partition};
""")
