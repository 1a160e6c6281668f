"""
What stands in the archive's files, and how a row is written as a line.

The database makes lines by COPY, the archive by Python from what it has read out of the file: the same rows give the
same bytes, and so the same SHA-256, on two ways that have nothing in common.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from psycopg import sql

Line = bytes
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ESCAPES = {"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
_TO_COPY = str.maketrans(_ESCAPES)
_FROM_COPY = {escaped[1]: plain for plain, escaped in _ESCAPES.items()}
_ESCAPED = re.compile(r"\\(.)")
NULL = "\\N"


class Type(Enum):
    """How a column is kept in a file."""

    UUID = "uuid"
    INTEGER = "integer"
    BITS = "bits"
    BYTES = "bytes"
    MOMENT = "moment"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One of the archived tables: its key, its columns in their order, and those whose sums are told."""

    name: str
    file: str
    key: str
    columns: Mapping[str, Type]
    summed: tuple[str, ...]

    def lines(self, cursor: Any, schema: str, *, low: UUID, high: UUID) -> Iterator[Line]:
        """The lines of these ids, in the order of the key."""
        key = sql.Identifier(self.key)
        bounds = sql.SQL(" WHERE {key} >= {low} AND {key} < {high}")
        where = bounds.format(key=key, low=sql.Literal(str(low)), high=sql.Literal(str(high)))
        return self._copy_out(cursor, sql.Identifier(schema, self.name), where)

    def lines_of(self, cursor: Any, schema: str, name: str) -> Iterator[Line]:
        """All lines of a table that has these columns, in the order of the key."""
        return self._copy_out(cursor, sql.Identifier(schema, name), sql.SQL(""))

    def _copy_out(self, cursor: Any, table: sql.Composable, where: sql.Composable) -> Iterator[Line]:
        columns = [sql.SQL(_IN_SQL[kind]).format(sql.Identifier(name)) for name, kind in self.columns.items()]
        statement = sql.SQL("COPY (SELECT {} FROM {}{} ORDER BY {}) TO STDOUT")
        whole = statement.format(sql.SQL(", ").join(columns), table, where, sql.Identifier(self.key))
        with cursor.copy(whole.as_string(None)) as copy:
            for block in copy:
                yield bytes(block)

    def copy_in(self, schema: str, name: str) -> str:
        """The statement that takes loadable lines into a table that has these columns."""
        columns = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        return sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(schema, name), columns).as_string(None)

    def loadable(self, line: Line) -> Line:
        """A line as COPY reads it: moments and bytes in the database's own writing."""
        texts = line.decode().rstrip("\n").split("\t")
        own = (
            text if text == NULL or kind not in _LOAD else _LOAD[kind](text)
            for text, kind in zip(texts, self.columns.values(), strict=True)
        )
        return ("\t".join(own) + "\n").encode()

    def values(self, line: Line) -> list[Any]:
        """The values of a line, as a file keeps them."""
        texts = line.decode().rstrip("\n").split("\t")
        return [
            None if text == NULL else _PARSE[kind](text)
            for text, kind in zip(texts, self.columns.values(), strict=True)
        ]

    def line(self, values: Any) -> Line:
        """The line of values that were read out of a file."""
        texts = (
            NULL if value is None else _FORMAT[kind](value)
            for value, kind in zip(values, self.columns.values(), strict=True)
        )
        return ("\t".join(texts) + "\n").encode()


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda found: _FROM_COPY[found[1]], text) if "\\" in text else text


def _moment(text: str) -> datetime:
    return EPOCH + timedelta(microseconds=int(text))


def _micros(value: datetime) -> str:
    return str((value - EPOCH) // timedelta(microseconds=1))


_IN_SQL = {
    Type.UUID: "{}",
    Type.INTEGER: "{}",
    Type.BITS: "{}",
    Type.BYTES: "encode({}, 'hex')",
    Type.MOMENT: "(extract(epoch FROM {}) * 1000000)::bigint",
    Type.TEXT: "{}",
}
_PARSE: Mapping[Type, Callable[[str], Any]] = {
    Type.UUID: str,
    Type.INTEGER: int,
    Type.BITS: str,
    Type.BYTES: bytes.fromhex,
    Type.MOMENT: _moment,
    Type.TEXT: _unescape,
}
_FORMAT: Mapping[Type, Callable[[Any], str]] = {
    Type.UUID: str,
    Type.INTEGER: str,
    Type.BITS: str,
    Type.BYTES: bytes.hex,
    Type.MOMENT: _micros,
    Type.TEXT: lambda value: value.translate(_TO_COPY),
}
_LOAD: Mapping[Type, Callable[[str], str]] = {
    Type.BYTES: lambda text: "\\\\x" + text,
    Type.MOMENT: lambda text: _moment(text).isoformat(),
}

BETS = Table(
    name="bets_bet",
    file="bets.parquet",
    key="id",
    columns={
        "id": Type.UUID,
        "round_id": Type.INTEGER,
        "player_id": Type.INTEGER,
        "paytable_id": Type.UUID,
        "ticket_id": Type.UUID,
        "picks": Type.BITS,
        "pick_count": Type.INTEGER,
        "stake": Type.INTEGER,
        "potential_max_win": Type.INTEGER,
        "blind": Type.BYTES,
        "leaf_hash": Type.BYTES,
        "created_at": Type.MOMENT,
    },
    summed=("stake", "potential_max_win"),
)
PAYOUTS = Table(
    name="bets_payout",
    file="payouts.parquet",
    key="bet_id",
    columns={
        "bet_id": Type.UUID,
        "round_id": Type.INTEGER,
        "hits": Type.INTEGER,
        "multiplier_hundredths": Type.INTEGER,
        "amount": Type.INTEGER,
        "created_at": Type.MOMENT,
    },
    summed=("amount",),
)
MOVEMENTS = Table(
    name="wallet_transaction",
    file="transactions.parquet",
    key="id",
    columns={
        "id": Type.UUID,
        "account_id": Type.INTEGER,
        "kind": Type.INTEGER,
        "amount": Type.INTEGER,
        "balance_after": Type.INTEGER,
        "reference": Type.TEXT,
        "created_at": Type.MOMENT,
    },
    summed=("amount",),
)
TABLES = (BETS, PAYOUTS, MOVEMENTS)
"""In the order in which placement takes their locks."""
