"""Keeping the request log in order. Its rows are written by the recorder alone."""

from django.db import connection, transaction

from calls.partitions import drop_partitions, make_partitions
from keno_platform.core import clock


def keep_days() -> list[str]:
    """
    Make the partitions that the next days need, and drop those that are over. Returns the names of the dropped.

    Waits for nobody who reads the log: what could not be done now is done the next time.
    """
    today = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        make_partitions(cursor, today=today)
        return drop_partitions(cursor, today=today)
