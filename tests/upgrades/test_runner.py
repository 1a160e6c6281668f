"""Our runner of migrations does what Django's does, in a fraction of the time."""

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.exceptions import InconsistentMigrationHistory
from psycopg import sql

from keno_platform.database import roles
from operators.migrating import migrate_schema
from operators.migrating.shapes import shape_of
from operators.tenancy import current_schema
from tests.support.roles import make_roles
from tests.support.threads import at_once
from tests.upgrades.scratch import empty_database

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def schemas() -> Iterator[Any]:
    """Makes empty schemas; they are gone afterwards."""
    make_roles()
    made: list[str] = []

    def make() -> str:
        made.append(f"up_{uuid4().hex[:8]}")
        execute("CREATE SCHEMA {}", made[-1])
        return made[-1]

    yield make
    for schema in made:
        execute("DROP SCHEMA {} CASCADE", schema)


def execute(statement: str, schema: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(sql.Identifier(schema)).as_string(None))
        return list(cursor.fetchall()) if cursor.description else []


def by_django(schema: str) -> None:
    """With the rights that a schema gets after its migrations."""
    call_command("migrate_schemas", schema_name=schema, executor="standard", interactive=False, verbosity=0)
    connection.ensure_connection()
    roles.grant(connection.connection, roles.Roles(), only=schema)


def record_of(schema: str) -> list[tuple[str, str]]:
    return [(app, name) for app, name in execute("SELECT app, name FROM {}.django_migrations ORDER BY id", schema)]


def contents_of(schema: str) -> dict[str, Any]:
    """Each table's rows without what is each row's own: its id, its moment."""
    own = {"id", "applied", "created_at", "paytable_id"}
    tables = execute("SELECT tablename FROM pg_tables WHERE schemaname = {}::text".replace("{}", f"'{schema}'"), schema)
    with connection.cursor() as cursor:
        found = {}
        for (table,) in tables:
            cursor.execute(f'SELECT to_jsonb(t) FROM "{schema}"."{table}" t')
            rows = cursor.fetchall()
            found[table] = sorted(str(sorted((k, v) for k, v in as_dict(row).items() if k not in own)) for row in rows)
        return found


def as_dict(row: Any) -> dict[str, Any]:
    return row[0] if isinstance(row[0], dict) else json.loads(row[0])


@pytest.mark.proof
def test_public_by_our_runner_is_public_by_djangos_with_content_types_and_permissions() -> None:
    """In databases of their own."""
    found = []
    for by in (None, "standard"):
        with empty_database():
            call_command("migrate_schemas", shared=True, executor=by, verbosity=0)
            found.append((shape_of("public"), record_of("public"), rights()))
    ours, theirs = found
    assert ours[0] ^ theirs[0] == frozenset()
    assert ours[1:] == theirs[1:]
    assert len(ours[2]) > 100


def rights() -> list[Any]:
    statement = """
        SELECT t.app_label, t.model, p.codename, p.name FROM {}.django_content_type t
        LEFT JOIN public.auth_permission p ON p.content_type_id = t.id ORDER BY 1, 2, 3"""
    return execute(statement, "public")


def test_the_comparison_sees_an_index_that_is_missing(schemas: Any) -> None:
    schema = schemas()
    migrate_schema(schema)
    before = shape_of(schema)
    execute("DROP INDEX {}.bets_by_player", schema)
    assert len(before - shape_of(schema)) >= 1


def test_a_schema_that_is_up_to_date_is_left_alone(schemas: Any) -> None:
    schema = schemas()
    migrate_schema(schema)
    record = execute("SELECT id, applied FROM {}.django_migrations ORDER BY id", schema)
    assert migrate_schema(schema) == []
    assert execute("SELECT id, applied FROM {}.django_migrations ORDER BY id", schema) == record


def test_what_half_a_migration_has_done_is_taken_back_and_the_next_run_goes_on_there(schemas: Any) -> None:
    schema, whole = schemas(), schemas()
    execute("CREATE TABLE {}.flags_flag ()", schema)  # in the way of the last migration but for one
    with pytest.raises(Exception, match="flags_flag"):
        migrate_schema(schema)
    assert current_schema() == "public"
    assert ("flags", "0001_initial") not in record_of(schema)
    assert execute("SELECT to_regclass('{}.flags_progress') IS NULL", schema) == [(True,)]
    execute("DROP TABLE {}.flags_flag", schema)
    assert ("flags", "0001_initial") in migrate_schema(schema)
    migrate_schema(whole)
    assert shape_of(schema) == shape_of(whole)


def test_a_record_with_a_hole_is_refused(schemas: Any) -> None:
    schema = schemas()
    migrate_schema(schema)
    execute("DELETE FROM {}.django_migrations WHERE (app, name) = ('bets', '0001_initial')", schema)
    with pytest.raises(InconsistentMigrationHistory):
        migrate_schema(schema)


def test_each_further_schema_costs_less_than_half_a_second_of_our_own_time(schemas: Any) -> None:
    migrate_schema(schemas())
    schema = schemas()
    began = time.process_time()  # not the wall's clock: the machine may be busy with other tests
    migrate_schema(schema)
    assert time.process_time() - began < 0.5


def test_of_two_that_migrate_a_schema_at_once_one_does_it_all_and_the_other_nothing(schemas: Any) -> None:
    schema, whole = schemas(), schemas()
    done = at_once([lambda: migrate_schema(schema)] * 2)
    migrate_schema(whole)
    assert sorted(done, key=len) == [[], record_of(whole)]
    assert shape_of(schema) == shape_of(whole)


class TestEveryOperation:
    """The project's own migrations, and after them others of every kind that Django has: see every_operation/."""

    @pytest.fixture(autouse=True)
    def more(self, settings: Any) -> None:
        settings.MIGRATION_MODULES = {"flags": "tests.upgrades.every_operation"}

    def test_a_schema_by_our_runner_is_one_by_djangos_to_the_last_trigger_and_row(self, schemas: Any) -> None:
        theirs, first, further = schemas(), schemas(), schemas()
        by_django(theirs)
        assert migrate_schema(first) == record_of(theirs)
        migrate_schema(further)
        assert len(shape_of(theirs)) > 500
        for ours in (first, further):
            assert shape_of(ours) ^ shape_of(theirs) == frozenset()
            assert record_of(ours) == record_of(theirs)
            assert contents_of(ours) == contents_of(theirs)
        assert contents_of(further)["flags_volume"] != []
        assert len(contents_of(first)["bets_paytablerow"]) > 20

    def test_they_are_the_same_in_a_schema_that_stands_at_the_version_before(self, schemas: Any, settings: Any) -> None:
        """All that was applied before is what the new ones see, of whatever app."""
        more, theirs, ours = settings.MIGRATION_MODULES, schemas(), schemas()
        settings.MIGRATION_MODULES = {}
        migrate_schema(theirs)
        migrate_schema(ours)
        settings.MIGRATION_MODULES = more
        by_django(theirs)
        assert [name for _, name in migrate_schema(ours)] == ["0901_tables", "0902_changes", "0903_alone"]
        assert shape_of(ours) ^ shape_of(theirs) == frozenset()
        assert contents_of(ours) == contents_of(theirs)
