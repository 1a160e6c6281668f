"""
Statements over many rounds at once: sent prepared, their parameters apart from the text and in binary form.

Hundreds of values written into a statement's text would cost more than the statement; and a seed must not stand in one,
because a statement that fails is written to the server's log and one that runs is shown in the server's activity.
"""

import struct
from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg
from django.db import connection
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

_ARRAY = struct.Struct(">iiiii")
"""How an array begins: dimensions, whether NULLs are in it, the type of the elements, their number, the first index."""
_LENGTH = struct.Struct(">i").pack
_NULL = _LENGTH(-1)
_INT8, _INT8_ARRAY, _BYTEA, _BYTEA_ARRAY = 20, 1016, 17, 1001
_DIMENSIONS = 1


class _Integers(list[int]):
    """Goes to the server as bigint[]."""


class _Blobs(list[bytes | None]):
    """Goes to the server as bytea[]."""


class _IntegersDumper(Dumper):
    """One `pack` for all; psycopg's own asks each element for its type, in Python."""

    format, oid = Format.BINARY, _INT8_ARRAY

    def dump(self, obj: _Integers) -> Buffer | None:
        parts = [part for value in obj for part in (8, value)]
        return _ARRAY.pack(_DIMENSIONS, 0, _INT8, len(obj), 1) + struct.pack(">" + "iq" * len(obj), *parts)


class _BlobsDumper(Dumper):
    """The same for bytes, some of which may be missing."""

    format, oid = Format.BINARY, _BYTEA_ARRAY

    def dump(self, obj: _Blobs) -> Buffer | None:
        parts = [part for value in obj for part in ((_NULL,) if value is None else (_LENGTH(len(value)), value))]
        return _ARRAY.pack(_DIMENSIONS, int(None in obj), _BYTEA, len(obj), 1) + b"".join(parts)


def run(statement: LiteralString, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The rows that a statement gives, [] where it gives none. Its placeholders are `%b`."""
    connection.cursor().close()  # connected, and bound to the schema
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.adapters.register_dumper(_Integers, _IntegersDumper)
        cursor.adapters.register_dumper(_Blobs, _BlobsDumper)
        cursor.execute(statement, [_packed(one) for one in parameters], prepare=True, binary=True)
        return cursor.fetchall() if cursor.description else []


def run_ids(statement: LiteralString, parameters: Sequence[Any] = ()) -> list[int]:
    """The first column of what a statement gives."""
    return [row[0] for row in run(statement, parameters)]


def _packed(parameter: Any) -> Any:
    """Lists of whole numbers and of bytes in the form that costs least. Those of one list are of one kind."""
    if not isinstance(parameter, list) or not parameter:
        return parameter
    kind = next((type(one) for one in parameter if one is not None), bytes)
    return _Integers(parameter) if kind is int else _Blobs(parameter) if kind is bytes else parameter
