"""Entries into the table, many at once, on a connection of the writer's own: no request ever waits for it."""

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from psycopg import errors

from calls.partitions import make_partitions
from calls.rows import COLUMNS, row_of
from keno_platform.core import clock
from keno_platform.database.connecting import parameters
from keno_platform.database.patience import Patient

if TYPE_CHECKING:
    from calls.recorder import Entry

logger = logging.getLogger(__name__)
_COPY = f"COPY public.calls_call ({', '.join(COLUMNS)}) FROM STDIN"
_TYPES = (
    *("uuid", "varchar", "uuid", "text", "text", "text", "text", "int2", "text", "int8", "text", "text[]", "jsonb"),
    *("text", "text", "int8", "int8", "text", "timestamptz"),
)


class Store:
    """One connection, opened when needed and again after it broke; `where` tells the database's address each time."""

    def __init__(self, where: Callable[[], dict[str, Any]] | None = None) -> None:
        self._where = where or (lambda: parameters("calls"))
        self._connection: psycopg.Connection[Any] | None = None

    def write(self, entries: "Sequence[tuple[UUID, Entry]]") -> None:
        """
        Write all of these, or none and raise psycopg's error. What can never be written is told and left out.
        """
        rows = [row for one in entries if (row := _row(*one)) is not None]
        try:
            self._copy(rows)
        except errors.CheckViolation:  # there is no partition for the day: the task that makes them did not run
            self._make_partitions()
            self._copy(rows)
        except psycopg.DataError:
            self._copy_one_by_one(rows)

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _copy(self, rows: Sequence[tuple[Any, ...]]) -> None:
        with self._connect().cursor() as cursor, cursor.copy(_COPY) as copy:
            copy.set_types(_TYPES)
            for row in rows:
                copy.write_row(row)

    def _copy_one_by_one(self, rows: Sequence[tuple[Any, ...]]) -> None:
        for row in rows:
            try:
                self._copy([row])
            except psycopg.DataError:
                logger.exception("a call could not be put into the request log: %s %s", row[4], row[6])

    def _make_partitions(self) -> None:
        with self._connect().cursor() as cursor:
            make_partitions(cursor, today=clock.now())

    def _connect(self) -> "psycopg.Connection[Any]":
        if self._connection is None or self._connection.closed:
            self._connection = Patient.connect(**self._where(), autocommit=True)
        return self._connection


def _row(call_id: UUID, entry: "Entry") -> tuple[Any, ...] | None:
    try:
        return row_of(call_id, entry)
    except Exception:  # a body that nobody thought of must not stop the log
        logger.exception("a call could not be put into the request log: %s %s", entry.method, entry.endpoint)
        return None
