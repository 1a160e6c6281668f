"""
How far a feed may be read so that nothing comes later behind the reader.

A row's time is taken inside its transaction, and the row is seen only when that has committed: a reader at "now" would
pass by a slow one for ever. So a feed ends where no transaction that is still writing can have begun.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection

MARGIN = timedelta(seconds=1)
"""A clock that is set back by less than this loses nothing."""


def settled_until(tables: Sequence[str]) -> datetime:
    """
    Everything in these tables whose time is before this has committed or never will.

    `tables` are qualified names. Rows must take their time from `clock_timestamp()` or `now()` in the transaction that
    writes them. Call it before the statement that reads them, and never inside a transaction with one snapshot.
    Whoever only reads, however long, holds nothing back; a writer whose start this role may not see holds back all.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")  # first: who begins to write after it, writes a later time
        now: datetime = cursor.fetchone()[0]
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(_WRITERS, [list(tables)])
        unseen, oldest = cursor.fetchone()
    if unseen:
        return datetime.min.replace(tzinfo=now.tzinfo) + timedelta(days=1)
    return min(now, oldest or now) - MARGIN


# A transaction keeps the lock of its first write to its end. One that ended between the two looks is committed, and is
# seen by the statement that reads.
_WRITERS = """
    SELECT coalesce(bool_or(l.pid IS NULL OR a.state IS NULL AND a.pid IS NOT NULL OR a.state = 'disabled'), false),
           min(a.xact_start)
    FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'relation' AND l.mode = 'RowExclusiveLock' AND l.granted
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND l.relation = ANY (SELECT to_regclass(one) FROM unnest(%s::text[]) one)
      AND l.pid IS DISTINCT FROM pg_backend_pid()
"""
