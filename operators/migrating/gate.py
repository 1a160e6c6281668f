"""
Between upgrades and the making of operators: an operator that is made by a process of the version before would have the
tables of the version before, and no process of the new version could read them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from keno_platform.core.errors import Maintenance
from operators.migrating.plans import Key

UPGRADE = "upgrade of the installation"
"""Its name as an advisory lock: an upgrade holds it alone, the makers of operators share it."""


@contextmanager
def between_upgrades() -> Iterator[None]:
    """
    No upgrade begins inside.

    :raises Maintenance: one is under way, or has brought the database to a version that this process does not know.
    """
    if not _ask("SELECT pg_try_advisory_lock_shared(hashtextextended(%s, 0))", UPGRADE):
        raise Maintenance("An upgrade is under way: try again when it is over.")
    try:
        if not _newest_is_known():
            raise Maintenance("This process is older than the database's tables: it will be replaced shortly.")
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:  # else it went with the connection
            _ask("SELECT pg_advisory_unlock_shared(hashtextextended(%s, 0))", UPGRADE)


def _newest_is_known() -> bool:
    """Whether what was migrated last, of the apps that this code has, is a migration of this code."""
    known = _known(frozenset(settings.MIGRATION_MODULES.items()))
    newest = _ask(
        "SELECT (SELECT ARRAY[app, name]::text[] FROM public.django_migrations WHERE app = ANY (%s) "
        "ORDER BY id DESC LIMIT 1)",
        sorted({app for app, _ in known}),
    )
    return newest is None or tuple(newest) in known


@lru_cache(maxsize=4)
def _known(modules: object) -> frozenset[Key]:
    """All migrations of this code, and those that squashed ones replace; as they were when the process asked first."""
    found = MigrationLoader(None).disk_migrations
    return frozenset({*found, *((app, name) for one in found.values() for app, name in one.replaces)})


def _ask(statement: str, *parameters: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        [answer] = cursor.fetchone()
        return answer
