"""Reaching the test's database beside Django."""

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
