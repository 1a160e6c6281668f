"""Entering an operator's schema: the one way in, for requests, tasks, commands and consumers alike."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import psycopg
from django.db import connection, transaction
from psycopg import sql
from psycopg.adapt import PyFormat

if TYPE_CHECKING:
    from operators.backend.base import DatabaseWrapper
    from operators.models import Operator


def current_schema() -> str:
    """The schema that is bound here and now."""
    return cast("DatabaseWrapper", connection).schema_name


def call_function(name: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """
    The rows of one of the bound schema's SQL functions.

    Parameters go to the server apart from the statement and in binary form: with arrays of hundreds of values, writing
    them into its text would cost more than the rest of the call.
    """
    placeholders = [sql.Placeholder(format=PyFormat.BINARY)] * len(parameters)
    statement = sql.SQL("SELECT * FROM {}({})").format(
        sql.Identifier(current_schema(), name), sql.SQL(", ").join(placeholders)
    )
    connection.cursor().close()  # connected, and bound to the schema
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(statement, parameters, prepare=True, binary=True).fetchall()


@contextmanager
def tenant_context(operator: "Operator") -> "Iterator[Operator]":
    """Everything inside reads and writes this operator's schema; leaving restores what was bound before."""
    with binding_restored() as wrapper:
        wrapper.set_tenant(operator)
        yield operator


@contextmanager
def binding_restored() -> "Iterator[DatabaseWrapper]":
    """Whatever is bound inside, as migrating does, is bound no more afterwards."""
    wrapper = cast("DatabaseWrapper", connection)
    before, include_public = wrapper.tenant, wrapper.include_public_schema
    try:
        yield wrapper
    finally:
        wrapper.set_tenant(before, include_public)


@contextmanager
def tenant_transaction(operator: "Operator") -> "Iterator[Operator]":
    """A durable transaction inside the operator's schema: the entry point of every service that moves money."""
    with tenant_context(operator), transaction.atomic(durable=True):
        yield operator
