"""
Lists as PostgreSQL arrays of a given type, in binary form.

psycopg looks at every element to find a list's type, and takes for whole numbers the smallest that fits: the same
statement would be prepared anew for other amounts. Here the type is said, and the bytes are made in one go.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar
from uuid import UUID

import psycopg
from psycopg.adapt import Dumper, PyFormat
from psycopg.pq import Format

_ONE_DIMENSION = struct.Struct(">iiIii")
"""Number of dimensions, whether there are nulls, the elements' type, their number, the first index."""
_LENGTH = struct.Struct(">i")
_NULL = _LENGTH.pack(-1)


class Bigints(list[int]):
    """A `bigint[]`."""


class Ints(list[int]):
    """An `int[]`."""


class Smallints(list[int]):
    """A `smallint[]`."""


class Texts(list[str]):
    """A `text[]`."""


class Byteas(list[bytes]):
    """A `bytea[]`."""


class Uuids(list[UUID | None]):
    """A `uuid[]`."""


class _ArrayDumper(Dumper):
    format = Format.BINARY
    element_oid: ClassVar[int]

    def dump(self, obj: Any) -> bytes:
        if not obj:
            return _ONE_DIMENSION.pack(0, 0, self.element_oid, 0, 0)[:12]
        has_nulls = None in obj
        head = _ONE_DIMENSION.pack(1, int(has_nulls), self.element_oid, len(obj), 1)
        return head + self.elements(obj)

    def elements(self, obj: Any) -> bytes:
        """Each element with its length before it."""
        raise NotImplementedError


class _NumberDumper(_ArrayDumper):
    code: ClassVar[str]
    width: ClassVar[int]

    def elements(self, obj: Sequence[int]) -> bytes:
        flat = [self.width] * (2 * len(obj))
        flat[1::2] = obj
        return struct.pack(">" + f"i{self.code}" * len(obj), *flat)


class _BytesDumper(_ArrayDumper):
    def elements(self, obj: Any) -> bytes:
        return b"".join(_NULL if one is None else _LENGTH.pack(len(one)) + one for one in self.raw(obj))

    def raw(self, obj: Any) -> Iterable[bytes | None]:
        """The elements' bytes."""
        return obj  # type: ignore[no-any-return]


class _BigintsDumper(_NumberDumper):
    oid, element_oid, code, width = 1016, 20, "q", 8


class _IntsDumper(_NumberDumper):
    oid, element_oid, code, width = 1007, 23, "i", 4


class _SmallintsDumper(_NumberDumper):
    oid, element_oid, code, width = 1005, 21, "h", 2


class _ByteasDumper(_BytesDumper):
    oid, element_oid = 1001, 17


class _TextsDumper(_BytesDumper):
    oid, element_oid = 1009, 25

    def raw(self, obj: Sequence[str]) -> Iterable[bytes]:
        return [one.encode() for one in obj]


class _UuidsDumper(_BytesDumper):
    oid, element_oid = 2951, 2950

    def raw(self, obj: Sequence[UUID | None]) -> Iterable[bytes | None]:
        return [None if one is None else one.bytes for one in obj]


_DUMPERS: dict[type, type[_ArrayDumper]] = {
    Bigints: _BigintsDumper,
    Ints: _IntsDumper,
    Smallints: _SmallintsDumper,
    Texts: _TextsDumper,
    Byteas: _ByteasDumper,
    Uuids: _UuidsDumper,
}
for _type, _dumper in _DUMPERS.items():
    psycopg.adapters.register_dumper(_type, _dumper)

BINARY = PyFormat.BINARY
"""How placeholders ask for these."""
