"""Reaching the test's database beside Django."""

import time
from typing import Any

from django.db import connection


def parameters() -> dict[str, Any]:
    """How to reach the test's database beside Django."""
    given = connection.settings_dict
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    return {name: given[key] for name, key in names.items() if given[key]}


def rows(query: str) -> list[Any]:
    """Every row of a query, on this thread's connection."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def until_waiting(count: int, *, seconds: float = 15) -> None:
    """Return once so many connections to this database wait for a lock."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        rows("SELECT pg_stat_clear_snapshot()")
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        if rows(waiting)[0][0] >= count:
            return
        time.sleep(0.02)
    raise AssertionError(f"{count} should be waiting")
