"""Running what is missing in one schema."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from typing import Any, TypeAlias

from django.apps import apps
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connection, transaction
from django.db.migrations.operations import RenameModel
from django.db.migrations.recorder import MigrationRecorder
from django.utils.module_loading import module_has_submodule
from django_tenants.utils import get_public_schema_name
from psycopg import sql

from keno_platform.database import roles
from operators.migrating.plans import Key, Plan, Stage, Step, plan_after
from operators.tenancy import binding_restored

_POLL_S = 0.05


Around: TypeAlias = Callable[[Stage], AbstractContextManager[None]]
"""What surrounds each migration that runs."""


def migrate_schema(
    schema: str, *, around: Around = lambda _: nullcontext(), lock_timeout_s: float | None = None
) -> list[Key]:
    """
    Run what is missing in a tenant's schema, each migration with its record in a transaction of its own.

    The result is that of Django's `migrate`, but its signals are not sent: none of their receivers works in a tenant.
    One process at a time works on a schema; another waits for it, and finds nothing left to do. With `lock_timeout_s`
    a migration that runs in a transaction gives up when it has waited so long for a lock; what was run before it stays.

    Returns what was run or put on record.

    :raises InconsistentMigrationHistory: something is applied in the schema whose condition is not.
    :raises OperationalError: a lock was not had in time (its cause's `sqlstate` is 55P03), or the connection broke.
    """
    with _alone_in(schema), _planned(schema) as (plan, recorder):
        _run_all(plan, recorder, around, lock_timeout_s)
        _grant(schema, plan)
        return plan.keys


def migrate_public(*, around: Around = lambda _: nullcontext(), lock_timeout_s: float | None = None) -> list[Key]:
    """
    The same in public, with Django's signals before and after: their receivers make content types and permissions.

    :raises InconsistentMigrationHistory: something is applied whose condition is not.
    :raises OperationalError: as with `migrate_schema`.
    """
    schema = get_public_schema_name()
    with _alone_in(schema), _planned(schema) as (plan, recorder):
        if any(isinstance(step.operation, RenameModel) for stage in plan.stages for step in stage.steps):
            # A receiver adds operations to such a migration, of which our plan would not know.
            call_command("migrate_schemas", shared=True, executor="standard", interactive=False, verbosity=0)
            return plan.keys
        _load_receivers()
        missing = [(stage.migration, False) for stage in plan.stages]
        emit_pre_migrate_signal(0, False, connection.alias, apps=plan.before.apps, plan=missing)
        _run_all(plan, recorder, around, lock_timeout_s)
        emit_post_migrate_signal(0, False, connection.alias, apps=plan.after.apps, plan=missing)
        _grant(schema, plan)
        return plan.keys


def _grant(schema: str, plan: Plan) -> None:
    """Where the database has roles, each gets its rights in what is new; see `manage.py database_roles`."""
    session, wanted = connection.connection, roles.Roles()
    if plan.keys and roles.exist(session, wanted):
        roles.grant(session, wanted, only=schema)


def _load_receivers() -> None:
    """As Django's `migrate` does: apps may have their receivers there."""
    for app in apps.get_app_configs():
        if app.module is not None and module_has_submodule(app.module, "management"):
            import_module(".management", app.name)


@contextmanager
def _planned(schema: str) -> Iterator[tuple[Plan, MigrationRecorder]]:
    """What is missing in this schema, which is bound, and its record."""
    with binding_restored() as wrapper:
        wrapper.set_schema(schema, include_public=False)  # else public's record would be taken for the schema's own
        recorder = MigrationRecorder(connection)
        recorder.ensure_schema()
        wrapper.set_schema(schema)
        with plan_after(frozenset(recorder.applied_migrations())) as plan:
            yield plan, recorder


def _run_all(plan: Plan, recorder: MigrationRecorder, around: Around, lock_timeout_s: float | None) -> None:
    waiting: list[Key] = []
    for stage in plan.stages:
        waiting += stage.keys
        if stage.steps:
            with around(stage):
                _run(stage, recorder, waiting, lock_timeout_s)
            waiting = []
    _record(recorder, waiting)


@contextmanager
def _alone_in(schema: str) -> Iterator[None]:
    """
    Asked for again and again instead of waited for: a statement that waits holds a snapshot, and an index that the
    other builds concurrently would wait for that.
    """
    name = f"migrating {schema}"
    while not _ask("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", name):
        time.sleep(_POLL_S)
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:  # else it went with the connection
            _ask("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", name)


def _ask(statement: str, *parameters: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        [answer] = cursor.fetchone()
        return answer


def _run(stage: Stage, recorder: MigrationRecorder, keys: Iterable[Key], lock_timeout_s: float | None) -> None:
    """A migration and its record, together or not at all; unless it is one that cannot run in a transaction."""
    own = stage.migration
    if not own.atomic:
        _drop_invalid_indexes()
    with connection.schema_editor(atomic=own.atomic) as editor:
        if own.atomic:
            # What a crash takes back is not on record either, and is run again.
            editor.execute("SET LOCAL synchronous_commit = off")
            if lock_timeout_s is not None:
                editor.execute(f"SET LOCAL lock_timeout = '{round(lock_timeout_s * 1000)}ms'")
        for step in stage.steps:
            _operate(step, own.app_label, editor, alone=not own.atomic and bool(step.operation.atomic))
        for statement in editor.deferred_sql:
            editor.execute(statement, None)
        editor.deferred_sql.clear()
        _record(recorder, keys)


def _operate(step: Step, app: str, editor: Any, *, alone: bool) -> None:
    if alone:
        with transaction.atomic():
            step.operation.database_forwards(app, editor, step.before, step.after)
    else:
        step.operation.database_forwards(app, editor, step.before, step.after)


def _record(recorder: MigrationRecorder, keys: Iterable[Key]) -> None:
    recorder.migration_qs.bulk_create([recorder.Migration(app=app, name=name) for app, name in keys])


def _drop_invalid_indexes() -> None:
    """What is left of indexes whose building was cut off: the next try would find their names taken."""
    with connection.cursor() as cursor:
        cursor.execute(_INVALID)
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL("DROP INDEX CONCURRENTLY {}").format(sql.Identifier(name)).as_string(None))


_INVALID = """
    SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relnamespace = current_schema()::regnamespace AND NOT i.indisvalid AND c.relkind = 'i'
"""
