"""
The day partitions of the request log: made ahead, and dropped when they are 30 days old.

On a given connection: the recorder's writer has one of its own, outside of Django's.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import sql

from operators.partitions import Partition, attached_of, days_ahead, make_partition, missing_of

DAYS_KEPT = 30
SCHEMA, TABLE = "public", "calls_call"


def make_partitions(cursor: Any, *, today: datetime) -> None:
    """Make the partitions that the next days need. Harmless when several processes do it at once."""
    for one in missing_of(cursor, [Partition(SCHEMA, TABLE, day) for day in days_ahead(today)]):
        make_partition(cursor, one, guards=False)


def drop_partitions(cursor: Any, *, today: datetime) -> list[str]:
    """Drop the days that are older than DAYS_KEPT. Returns the names of the partitions."""
    oldest = today.astimezone(UTC).date() - timedelta(days=DAYS_KEPT)
    old = [one.name for one in attached_of(cursor, SCHEMA, TABLE) if one.day < oldest]
    for name in old:
        cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(SCHEMA, name)).as_string(None))
    return old
