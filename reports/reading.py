"""
Reading for reports: every operator's part from one snapshot, and rows from a cursor, however many there are.

A cursor of the server's gives a few thousand rows at a time, so memory stays the same for ten rows and ten million. The
snapshot changes nothing and locks nothing; a report that runs for minutes holds up only the tidying of old rows.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from psycopg import sql

from operators.models import Operator
from operators.selectors import get_operator, list_operators
from operators.tenancy import binding_restored
from reports.archive.queries import hold
from reports.columns import Report
from reports.query import Query

BATCH = 4000
"""Rows that are fetched at a time."""
IDLE_MAX = "15min"
"""How long a report may write between two batches before the server ends its transaction."""


@contextmanager
def snapshot(operator: Operator | None) -> Iterator[None]:
    """Everything inside sees one moment of the operator's books, or of the house's, and can change nothing."""
    with binding_restored() as wrapper:
        if operator is not None:
            wrapper.set_tenant(operator)
        connection.cursor().close()  # bound before the transaction begins, whose first statement has to be the next
        with transaction.atomic(durable=True):
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            if operator is not None:
                hold(operator)  # before the first question: what the moment sees is not taken away meanwhile
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{IDLE_MAX}'")
                # The plan that gives the first rows soon is the wrong one for who wants them all.
                cursor.execute("SET LOCAL cursor_tuple_fraction = 1.0")
            yield


def stream(operator: Operator | None, statement: str, parameters: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """The rows of a statement in which `{s}` stands for the operator's schema, a batch at a time."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(_qualified(operator, statement), parameters)
        while rows := cursor.fetchmany(BATCH):
            yield from rows


def fetch(operator: Operator | None, statement: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """All rows of a statement that has few of them."""
    with connection.cursor() as cursor:
        cursor.execute(_qualified(operator, statement), parameters or {})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _qualified(operator: Operator | None, statement: str) -> str:
    schema = operator.schema_name if operator else "public"
    return sql.SQL(statement).format(s=sql.Identifier(schema)).as_string(None)


def parts_of(report: Report, query: Query) -> Sequence[Operator | None]:
    """
    Whose rows a query is about, in their order; None is the house.

    :raises NotFound: there is no such operator.
    """
    if query.operator:
        return [get_operator(slug=query.operator)]
    return [*([None] if report.house else []), *list_operators()]
