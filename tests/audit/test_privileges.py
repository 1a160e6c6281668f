"""What the application's role may do with the record: add to it, and read it."""

import os
import random
from collections.abc import Iterator

import psycopg
import pytest
from django.db import ProgrammingError, connection, connections, transaction
from psycopg.errors import InsufficientPrivilege

from audit import services as audit
from audit.services import Event
from audit.services.sealing import anchor_latest
from keno_platform.database import connecting, record_roles
from keno_platform.local.postgres import OWNER
from tests.audit import scratch
from tests.audit.horizon import seal_all

SEALS = ("audit_checkpoint", "audit_loghead", "audit_leaf", "audit_treenode", "audit_checkpointroot")
TABLES = ("audit_auditentry", *SEALS)
REFUSED = [
    *(
        change.format(table)
        for table in TABLES
        for change in (
            "DELETE FROM public.{}",
            "TRUNCATE public.{} CASCADE",
            "DROP TABLE public.{} CASCADE",
            "ALTER TABLE public.{} DISABLE TRIGGER ALL",
            "ALTER TABLE public.{} RENAME TO gone",
            "ALTER TABLE public.{} OWNER TO CURRENT_USER",
            "DROP TRIGGER append_only ON public.{}",
        )
    ),
    "UPDATE public.audit_auditentry SET actor = actor",
    "UPDATE public.audit_checkpoint SET key_id = key_id",
    "UPDATE public.audit_loghead SET size = size",
    "UPDATE public.audit_leaf SET index = index",
    "UPDATE public.audit_treenode SET index = index",
    "UPDATE public.audit_checkpointroot SET anchor_seq = anchor_seq",
    "CREATE OR REPLACE FUNCTION public.append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "DROP FUNCTION public.append_only() CASCADE",
    "DROP SCHEMA public CASCADE",
    "ALTER SCHEMA public RENAME TO gone",
    "SET ROLE keno_records",
    "SET session_replication_role = replica",
    "INSERT INTO public.audit_auditentry (id, event_type, actor, description, created_at)"
    " VALUES (gen_random_uuid(), 'round.voided', 'staff', '', now() - interval '1 hour')",
    "INSERT INTO public.audit_auditentry (id, event_type, actor, description, transaction_number)"
    " VALUES (gen_random_uuid(), 'round.voided', 'staff', '', 7)",
]


@pytest.fixture(scope="module")
def guarded(django_db_setup: None, django_db_blocker: object) -> Iterator[None]:
    """A copy of the database whose record is guarded, and Django's connection to it as the application's role."""
    with django_db_blocker.unblock(), scratch.superuser_in_a_copy():  # type: ignore[attr-defined]
        scratch.make_record(random.Random(1))
        connections.close_all()
        with superuser() as session:
            record_roles.guard(session, application=OWNER)
            record_roles.guard(session, application=OWNER)  # as often as one likes
        given = connections.settings["default"]
        given["USER"] = OWNER
        yield
        connections.close_all()


def superuser() -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(**connecting.parameters("test") | {"user": scratch.SUPERUSER}, autocommit=True)


@pytest.fixture(autouse=True)
def database(guarded: None, django_db_blocker: object) -> Iterator[None]:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield


@pytest.mark.parametrize("statement", REFUSED)
def test_the_application_may_not(statement: str) -> None:
    with pytest.raises(ProgrammingError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert isinstance(caught.value.__cause__, InsufficientPrivilege), caught.value


@pytest.mark.parametrize("table", TABLES)
def test_the_application_cannot_give_itself_more(table: str) -> None:
    with transaction.atomic():
        scratch.execute(f"GRANT ALL ON public.{table} TO CURRENT_USER")  # PostgreSQL warns, and grants nothing
        more = scratch.rows(
            "SELECT one FROM unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES']) one"
            " WHERE has_table_privilege(%s, one)",
            [f"public.{table}"],
        )
        transaction.set_rollback(True)
    assert more == []


def test_the_application_records_seals_anchors_and_verifies() -> None:
    with transaction.atomic():
        audit.record("round.voided", description="one")
        audit.record_many([Event(event_type="round.voided", description=str(number)) for number in range(300)])
    assert seal_all() == 301
    assert anchor_latest() is not None
    assert scratch.found() == []


def test_every_table_of_the_record_is_guarded() -> None:
    found = scratch.rows(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relname LIKE 'audit%%' ORDER BY 1"
    )
    assert {name for (name,) in found} == set(TABLES)
    owned = scratch.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner = 'keno_records'")
    assert {name for (name,) in owned} == set(TABLES)
    [(login,)] = scratch.rows("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'keno_records'")
    assert login is False


def test_for_migrations_the_tables_are_released_and_guarded_again() -> None:
    with superuser() as session:
        record_roles.release(session, application=OWNER)
        with transaction.atomic():
            scratch.execute("ALTER TABLE public.audit_auditentry ADD COLUMN of_a_later_version text")
            with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
                scratch.execute("UPDATE public.audit_auditentry SET actor = actor")
            transaction.set_rollback(True)
        connections.close_all()
        record_roles.guard(session, application=OWNER)
    with pytest.raises(ProgrammingError, match="must be owner"), transaction.atomic():
        scratch.execute("ALTER TABLE public.audit_auditentry ADD COLUMN of_a_later_version text")


def test_the_application_still_makes_tables_and_schemas_of_its_own() -> None:
    name = f"made_{os.getpid()}"
    with transaction.atomic():
        scratch.execute(f"CREATE SCHEMA {name}")
        scratch.execute(f"CREATE TABLE {name}.one (id int)")
        scratch.execute(f"CREATE TABLE public.{name} (id int)")
        transaction.set_rollback(True)
