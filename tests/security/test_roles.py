"""
What each role may do in the database, tried on every table and view there is: the application changes nothing that is
append-only and makes nothing, a reader writes nothing and sees no secret, an auditor sees the record alone.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from audit.models import AuditEntry
from keno_platform.database import connecting, roles
from keno_platform.database.roles import Relation, Roles
from keno_platform.local.postgres import OWNER, SUPERUSER
from operators.models import Operator
from operators.services import OperatorInvalid, OperatorTerms, create_operator
from tests.security.life import live
from tests.support.roles import make_roles

NAMES = Roles()
Session = psycopg.Connection[tuple[object, ...]]
FREE = {"SELECT", "INSERT", "UPDATE", "DELETE"}
LOOKS_SECRET = re.compile(
    r"secret|sealed|password|blind|private|session_(key|data)|token|(^|_)hash(ed)?$|seed$|(?<!public)(^|_)key$"
)
OPEN_ALL_THE_SAME = {
    # Published, or of what is: commitments, roots, revealed seeds, keys that check signatures.
    "rounds_round": {"server_seed_hash", "server_seed"},
    "rounds_seedlog": {"server_seed_hash", "server_seed"},
    "rounds_epochkey": {"key"},
    "audit_leaf": {"hash"},
    "audit_treenode": {"hash"},
    "anchors_transaction": {"hash", "block_hash"},
    "anchors_transactionevent": {"block_hash"},
    "bets_bet": {"leaf_hash"},
    "bets_betstate": {"leaf_hash"},
    "bets_paytable": {"hash"},
    # Whether there is one.
    "access_staffmember": {"first_password"},
    # What callers name their own things by.
    "players_player": {"token"},
    "reconciliation_difference": {"player_token"},
    "wallet_transferkey": {"key"},
    "bets_slip": {"key"},
    "bets_attempt": {"key"},
    "banker_slip": {"key"},
    "webhooks_event": {"key"},
    "configuration_change": {"key"},
    "localization_text": {"key"},
    # Of a session's id, to tell sessions apart.
    "axes_accesslog": {"session_hash"},
}
"""Columns whose names look like a secret and are none, by table."""


@pytest.fixture(scope="module")
def granted(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[Relation]]:
    """The roles, with their rights in the tests' database: its shared tables, and two operators' own."""
    with django_db_blocker.unblock():
        make_roles()
        with as_superuser() as session:
            roles.grant(session, NAMES)
            relations = [
                one for schema in ("public", "op_alpha", "op_beta") for one in roles.relations_of(session, schema)
            ]
        yield relations
        with as_superuser() as session:  # other tests make operators, and know nothing of roles
            session.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public, op_alpha, op_beta FROM keno_app, keno_reader")


@contextmanager
def connected(user: str) -> Iterator[Session]:
    parameters = connecting.parameters("roles") | {"user": user}
    with psycopg.connect(**parameters, autocommit=True) as session:
        yield session


def as_superuser() -> Any:
    return connected(SUPERUSER)


def refusal_of(session: Session, statement: sql.Composed | str) -> str:
    """The code of what refuses a statement, with what it says; empty where it goes through. Nothing is kept of it."""
    try:
        with session.transaction(force_rollback=True):
            session.execute(statement)  # type: ignore[arg-type]
    except psycopg.Error as error:
        return f"{error.sqlstate} {error.diag.message_primary}"
    return ""


def tried(relation: Relation, right: str) -> sql.Composed:
    """A statement that needs exactly this right, and touches no row."""
    table, column = sql.Identifier(relation.schema, relation.name), sql.Identifier(relation.columns[0])
    template = {
        "SELECT": "SELECT FROM {table} LIMIT 0",
        "INSERT": "INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} LIMIT 0",
        "UPDATE": "UPDATE {table} SET {column} = {column} WHERE false",
        "DELETE": "DELETE FROM {table} WHERE false",
        "TRUNCATE": "TRUNCATE {table}",
        "LOCK": "LOCK TABLE {table} IN EXCLUSIVE MODE",
        "DROP": "DROP TABLE {table} CASCADE",
        "ALTER": "ALTER TABLE {table} DISABLE TRIGGER ALL",
    }[right]
    unsaid = roles.UNSAID.get(relation.name, ())
    columns = sql.SQL(", ").join(sql.Identifier(one) for one in relation.columns if one not in unsaid)
    return sql.SQL(template).format(table=table, column=column, columns=columns)


def may(session: Session, relation: Relation, right: str) -> bool:
    """Whether a role gets through to the table: what refuses it then, if anything, is not its rights."""
    said = refusal_of(session, tried(relation, right))
    assert not said or said.startswith("42501") or "append-only" in said or "view" in said, said
    return not any(why in said for why in ("permission denied", "must be owner", "cannot", "is not a table"))


def test_there_are_tables_of_every_room(granted: list[Relation]) -> None:
    rooms = {one.name.partition("_")[0] for one in granted}
    assert {"wallet", "bets", "rounds", "audit", "players", "banker", "operators", "access", "webhooks"} <= rooms
    assert len(granted) > 120


def test_the_application_may_do_what_no_trigger_refuses_and_never_more(granted: list[Relation]) -> None:
    wrong = []
    with connected(NAMES.application) as session:
        for relation in granted:
            found = {right for right in FREE if may(session, relation, right)}
            if found != set(relation.rights):
                wrong.append((relation.schema, relation.name, sorted(found), relation.rights))
            if relation.is_table:
                assert not [right for right in ("TRUNCATE", "DROP", "ALTER") if may(session, relation, right)], relation
    assert wrong == []


@pytest.mark.parametrize(
    "table",
    [
        *("public.audit_auditentry", "public.audit_checkpoint", "public.anchors_root", "public.rounds_epochkey"),
        *("public.rounds_resultstree", "public.approvals_decision", "public.configuration_change"),
        *("op_alpha.wallet_transaction", "op_alpha.bets_bet", "op_alpha.bets_payout", "op_alpha.bets_settlement"),
    ],
)
def test_what_is_append_only_cannot_be_changed_or_removed_by_the_application(
    granted: list[Relation], table: str
) -> None:
    """Written out, so that a trigger that goes away does not take the test with it."""
    schema, _, name = table.partition(".")
    relation = next(one for one in granted if (one.schema, one.name) == (schema, name))
    with connected(NAMES.application) as session:
        for right in ("UPDATE", "DELETE"):
            assert refusal_of(session, tried(relation, right)).startswith("42501 permission denied"), right


def test_partitions_are_reached_through_their_table_alone(granted: list[Relation]) -> None:
    with as_superuser() as session:
        parts = session.execute(
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relispartition AND c.relkind = 'r' AND n.nspname = 'op_alpha'"
        ).fetchall()
    assert parts
    with connected(NAMES.application) as session:
        for schema, name in parts:
            for statement in ("SELECT FROM {} LIMIT 0", "DELETE FROM {} WHERE false"):
                asked = sql.SQL(statement).format(sql.Identifier(str(schema), str(name)))
                assert refusal_of(session, asked).startswith("42501"), name


def test_a_reader_sees_every_table_and_writes_none(granted: list[Relation]) -> None:
    with connected(NAMES.reader) as session:
        session.execute("SET default_transaction_read_only = off")  # anybody may: it is no right
        for relation in granted:
            assert may(session, relation, "SELECT"), relation.name
            for right in ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "LOCK", "DROP", "ALTER"):
                assert refusal_of(session, tried(relation, right)), (relation.name, right)


def test_a_reader_sees_every_column_but_the_secret_ones(granted: list[Relation]) -> None:
    closed = set()
    with connected(NAMES.reader) as session:
        for relation in granted:
            for column in relation.columns:
                asked = sql.SQL("SELECT {} FROM {} LIMIT 0").format(
                    sql.Identifier(column), sql.Identifier(relation.schema, relation.name)
                )
                if refusal_of(session, asked):
                    closed.add((relation.name, column))
    assert closed == {(table, column) for table, columns in roles.CLOSED.items() for column in columns}


def test_a_day_that_was_detached_keeps_its_secrets() -> None:
    columns = ("id", "blind", "leaf_hash")
    day = Relation(
        schema="archive_alpha", name="bets_bet_20261121", is_table=True, is_ours=True, refused=0, columns=columns
    )
    assert day.open_columns == ("id", "leaf_hash")


def test_every_column_that_looks_like_a_secret_is_closed_or_named_as_none(granted: list[Relation]) -> None:
    found = {
        (relation.name, column)
        for relation in granted
        for column in relation.columns
        if LOOKS_SECRET.search(column) and column not in roles.CLOSED.get(relation.name, ())
    }
    named = {(table, column) for table, columns in OPEN_ALL_THE_SAME.items() for column in columns}
    assert found - named == set()


def test_an_auditor_sees_the_record_and_nothing_else(granted: list[Relation]) -> None:
    with connected(NAMES.auditor) as session:
        session.execute("SET default_transaction_read_only = off")
        seen = {one.name for one in granted if may(session, one, "SELECT")}
        assert seen == {one.name for one in granted if one.is_record}
        assert "audit_auditentry" in seen
        for relation in granted:
            for right in ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "LOCK", "DROP"):
                assert refusal_of(session, tried(relation, right)), (relation.name, right)


@pytest.mark.parametrize("name", NAMES.names)
def test_none_of_them_makes_anything_or_becomes_anybody(granted: list[Relation], name: str) -> None:
    with connected(name) as session:
        session.execute("SET default_transaction_read_only = off")
        for statement in (
            "CREATE SCHEMA op_own",
            "CREATE TABLE public.own (id int)",
            "CREATE TABLE op_alpha.own (id int)",
            "CREATE FUNCTION public.own() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            f"SET ROLE {OWNER}",
            "SET session_replication_role = replica",
            "CREATE ROLE own",
            f"ALTER ROLE {name} SUPERUSER",
            f"ALTER SCHEMA op_alpha OWNER TO {name}",
            "CREATE OR REPLACE FUNCTION public.append_only() RETURNS trigger LANGUAGE plpgsql"
            " AS 'BEGIN RETURN NULL; END'",
            "DROP TRIGGER append_only ON op_alpha.wallet_transaction",
            "COPY (SELECT 1) TO PROGRAM 'cat'",
            "SELECT pg_read_file('/etc/passwd')",
        ):
            assert refusal_of(session, statement).startswith(("42501", "0LP01")), (name, statement)


def test_a_reader_and_an_auditor_cannot_call_what_moves_money(granted: list[Relation]) -> None:
    with as_superuser() as session:
        functions = session.execute(
            "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE n.nspname IN ('public', 'op_alpha') AND p.provolatile = 'v'"
        ).fetchall()
        assert len(functions) > 20
        for name in (NAMES.reader, NAMES.auditor):
            allowed = session.execute(
                "SELECT one FROM unnest(%s::text[]) one WHERE has_function_privilege(%s, one, 'EXECUTE')",
                [[str(one) for (one,) in functions], name],
            ).fetchall()
            assert allowed == []


def test_the_command_says_what_is_missing_and_gives_it(
    granted: list[Relation], django_db_blocker: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with django_db_blocker.unblock(), running_as(SUPERUSER):
        with as_superuser() as session:
            session.execute("GRANT DELETE ON op_alpha.wallet_transaction TO keno_app")
            session.execute("REVOKE SELECT ON public.rounds_round FROM keno_app")
        with pytest.raises(SystemExit):
            call_command("database_roles", check=True)
        told = capsys.readouterr().err
        assert "op_alpha.wallet_transaction: keno_app may DELETE" in told
        assert "public.rounds_round: keno_app may not SELECT" in told
        call_command("database_roles")
        call_command("database_roles", check=True)
        assert AuditEntry.objects.filter(event_type="rights.granted").exists()


def test_the_platform_lives_on_the_applications_rights_alone(
    granted: list[Relation], committed: None, unique: Callable[[str], str], operator_a: Operator
) -> None:
    with running_as(NAMES.application):
        lived = live(operator_a, unique)
    assert lived.settlements == 2
    assert lived.bets >= 5
    assert float(lived.balance) > 0
    assert float(lived.reported) > 0


def test_the_application_makes_no_operator_and_says_who_does(
    granted: list[Relation], committed: None, unique: Callable[[str], str]
) -> None:
    with running_as(NAMES.application), pytest.raises(OperatorInvalid, match="create_operator"):
        create_operator(terms=terms_of(unique("new")))


def test_an_operator_that_the_owner_makes_is_the_applications_at_once(
    granted: list[Relation], committed: None, unique: Callable[[str], str]
) -> None:
    operator, _ = create_operator(terms=terms_of(unique("new")))
    with connected(NAMES.application) as session:
        relations = roles.relations_of(session, operator.schema_name)
        assert {one.name for one in relations} >= {"wallet_transaction", "bets_bet", "players_player"}
        for relation in relations:
            assert {right for right in FREE if may(session, relation, right)} == set(relation.rights)


@contextmanager
def running_as(user: str) -> Iterator[None]:
    """Django's own connections of this thread, as this role."""
    given = connections.settings["default"]
    before = given["USER"]
    connections.close_all()
    given["USER"] = user
    try:
        yield
    finally:
        connections.close_all()
        given["USER"] = before


def terms_of(slug: str) -> OperatorTerms:
    return OperatorTerms(
        slug=slug,
        name=slug,
        currency_code="KES",
        domain=f"{slug}.localhost",
        min_bet=100,
        max_bet=10_000,
        max_win_per_ticket=1_000_000,
    )


def test_the_tests_own_owner_is_no_superuser(granted: list[Relation]) -> None:
    """Else everything above would prove nothing of an installation whose owner is none."""
    with as_superuser() as session:
        [(is_superuser,)] = session.execute("SELECT rolsuper FROM pg_roles WHERE rolname = %s", [OWNER]).fetchall()
    assert is_superuser is False
    assert os.environ["DATABASE_URL"].startswith(f"postgresql://{OWNER}@")
