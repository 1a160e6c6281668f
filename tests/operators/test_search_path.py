"""A search path that cannot be set: the statement fails, and never reads what was bound before."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection
from django.db.utils import OperationalError
from django_tenants.postgresql_backend import base as stock

from operators.models import Operator
from operators.tenancy import tenant_context
from tests.support.bets import new_player
from tests.support.database import parameters, rows
from tests.support.threads import in_threads

STORM_S = 2.0


def storm(pids: list[int], seconds: float) -> None:
    """A session that cancels whatever these backends are doing, every millisecond; the loop is the server's own."""
    listed = ", ".join(map(str, pids))
    with psycopg.connect(**parameters(), autocommit=True) as session:
        session.execute(f"""
            DO $$ BEGIN
                WHILE clock_timestamp() < statement_timestamp() + interval '{seconds} s' LOOP
                    PERFORM pg_cancel_backend(pid) FROM unnest(ARRAY[{listed}]) pid;
                    PERFORM pg_sleep(0.001);
                END LOOP;
            END $$""")


@pytest.fixture
def marked(committed: None, operator_a: Operator, operator_b: Operator) -> Iterator[dict[str, Operator]]:
    """Two operators, each with a player that the other has not."""
    for operator in (operator_a, operator_b):
        new_player(operator, token=f"only-{operator.slug}")
    yield {operator.slug: operator for operator in (operator_a, operator_b)}
    connection.close()


_MARKS = "SELECT token FROM players_player WHERE token IN ('only-alpha', 'only-beta')"


def backend_pid(wrapper: Any) -> int:
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_a_storm_of_cancelled_statements_never_shows_one_tenant_the_others_rows(marked: dict[str, Operator]) -> None:
    """The path is set before nearly every read, and a second session cancels what it can hit."""
    pids: list[int] = []
    tally = {"read": 0, "cancelled": 0, "wrong": 0}
    ready, lock = threading.Barrier(3, timeout=20), threading.Lock()

    def reader() -> None:
        pids.append(backend_pid(connection))
        ready.wait()
        end = time.monotonic() + STORM_S
        while time.monotonic() < end:
            for slug, operator in marked.items():
                outcome = "read"
                try:
                    with tenant_context(operator), connection.cursor() as cursor:
                        cursor.execute(_MARKS)
                        if cursor.fetchall() != [(f"only-{slug}",)]:
                            outcome = "wrong"
                except DatabaseError:
                    outcome = "cancelled"
                with lock:
                    tally[outcome] += 1

    def canceller() -> None:
        ready.wait()
        storm(pids, STORM_S)

    in_threads(reader, reader, canceller)
    assert tally["wrong"] == 0
    assert tally["cancelled"] > 5, tally
    assert tally["read"] > 5, tally


def cancelling(execute: Any, statement: str, parameters: Any, many: bool, context: Any) -> Any:
    """Lets the database cancel exactly the statement that sets the path."""
    if "search_path" in statement:
        return execute("SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(5)", None, False, context)
    return execute(statement, parameters, many, context)


def test_a_path_that_cannot_be_set_raises_and_nothing_is_read(marked: dict[str, Operator]) -> None:
    with tenant_context(marked["alpha"]):
        assert rows(_MARKS) == [("only-alpha",)]
    with tenant_context(marked["beta"]):
        with connection.execute_wrapper(cancelling), pytest.raises(OperationalError, match="cancel"):
            rows(_MARKS)
        assert rows(_MARKS) == [("only-beta",)]


def test_the_librarys_own_backend_reads_the_tenant_before(marked: dict[str, Operator]) -> None:
    """The control: the same cancelled statement goes unnoticed there, so the tests above can fail."""
    wrapper = stock.DatabaseWrapper({**connection.settings_dict}, alias="default")
    try:
        wrapper.set_tenant(marked["alpha"])
        with wrapper.cursor() as cursor:
            cursor.execute(_MARKS)
            assert cursor.fetchall() == [("only-alpha",)]
        wrapper.set_tenant(marked["beta"])
        with wrapper.execute_wrapper(cancelling), wrapper.cursor() as cursor:
            cursor.execute(_MARKS)
            assert cursor.fetchall() == [("only-alpha",)]
    finally:
        wrapper.close()
