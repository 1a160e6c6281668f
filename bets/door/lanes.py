"""A connection of the hot door: asynchronous, prepared, and told how to plan."""

import asyncio
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import psycopg
from django.db import connection as django_connection
from psycopg import sql
from psycopg.adapt import PyFormat
from psycopg.pq import TransactionStatus

from keno_platform.core import buggify
from keno_platform.database.arrays import Bigints
from keno_platform.database.connecting import parameters
from keno_platform.database.patience import PatientAsync

PLANNING = ("plan_cache_mode=force_generic_plan", "jit=off", "enable_seqscan=off")
"""A fresh partition has no statistics yet; the plan must not depend on them. See docs/scaling.md."""
PREPARED_MAX = 10_000
KEPT_S = 0.5
"""A connection that was idle for longer may have died meanwhile, and is asked first."""
SHARED_PATIENCE_MS = 50
"""How long operators that share a transaction wait for any one lock: longer, and each goes alone."""
_GATE = b"SELECT count(*) FROM public.rounds_gate(%b)"
Call = tuple[str, str, list[Any]]
"""A schema, one of its functions, and the arguments."""
Row = tuple[Any, ...]


class Lane:
    """One connection, opened when it is needed and again after it broke."""

    def __init__(self) -> None:
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._used = 0.0

    async def place(self, calls: Sequence[Call], rounds: Sequence[int]) -> list[Row]:
        """
        The rows of these calls, all in one transaction and one round trip. Several: in the order of their schemas,
        after the gate of all their rounds, which is the order of locks; see docs/locking.md.

        :raises django.db.DatabaseError: nothing has been placed, unless the connection broke and nobody knows.
        """
        with django_connection.wrap_database_errors:
            connection = await self._connected()
            try:
                await buggify.soon("placement.before")
                rows = await (_one(connection, calls[0]) if len(calls) == 1 else _many(connection, calls, rounds))
                await buggify.soon("placement.after")
                return rows
            except BaseException:
                await self._recover(connection)
                raise
            finally:
                self._used = time.monotonic()

    async def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _connected(self) -> "psycopg.AsyncConnection[Any]":
        if self._connection is not None and time.monotonic() - self._used > KEPT_S:
            try:
                await self._connection.execute("SELECT 1")
            except psycopg.Error:
                await self.close()
        if self._connection is None or self._connection.closed:
            self._connection = await PatientAsync.connect(**parameters("door", *PLANNING), autocommit=True)
            self._connection.prepared_max = PREPARED_MAX
        return self._connection

    async def _recover(self, connection: "psycopg.AsyncConnection[Any]") -> None:
        try:
            if connection.info.transaction_status not in (TransactionStatus.IDLE, TransactionStatus.UNKNOWN):
                async with asyncio.timeout(1):
                    await connection.rollback()
        except (psycopg.Error, TimeoutError):
            await connection.close()


async def _one(connection: "psycopg.AsyncConnection[Any]", call: Call) -> list[Row]:
    schema, name, arguments = call
    cursor = await connection.execute(_statement(schema, name, len(arguments)), arguments, prepare=True, binary=True)
    return [await cursor.fetchone() or ()]


async def _many(connection: "psycopg.AsyncConnection[Any]", calls: Sequence[Call], rounds: Sequence[int]) -> list[Row]:
    async with connection.pipeline():
        await connection.execute(b"BEGIN", prepare=True)
        await connection.execute(_GATE, [Bigints(sorted(rounds))], prepare=True, binary=True)
        cursors = [
            await connection.execute(_statement(schema, name, len(arguments)), arguments, prepare=True, binary=True)
            for schema, name, arguments in calls
        ]
        await connection.execute(b"COMMIT", prepare=True)
    return [await cursor.fetchone() or () for cursor in cursors]


@lru_cache(maxsize=4096)
def _statement(schema: str, name: str, parameter_count: int) -> bytes:
    placeholders = [sql.Placeholder(format=PyFormat.BINARY)] * parameter_count
    function = sql.Identifier(schema, name)
    return sql.SQL("SELECT * FROM {}({})").format(function, sql.SQL(", ").join(placeholders)).as_bytes(None)
