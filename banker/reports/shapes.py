"""A report before it is written in any form."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID


class Sort(Enum):
    """What the values of a field are, and so how they are written."""

    WORD = "word"
    """A text as somebody typed it: a name, a reason."""
    TERM = "term"
    """One of a few words of ours, such as a status; people read its translation."""
    CODE = "code"
    """An id or a number of three digits."""
    COUNT = "count"
    MONEY = "money"
    """Minor units of the operator's currency."""
    RATE = "rate"
    """Hundredths of a percent."""
    MOMENT = "moment"


Value = str | int | UUID | datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column, or a fact. Its name is the heading for programs, `paper.<name>` that for people."""

    name: str
    sort: Sort


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of one shape. `total` has a value for each field, None where a sum means nothing."""

    name: str
    fields: tuple[Field, ...]
    rows: tuple[tuple[Value, ...], ...]
    total: tuple[Value, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """
    Facts, which are one row, and tables. `file` is the name of its file without an ending. CSV has one table: the one
    that is named `main`, or the facts when none is.
    """

    name: str
    file: str
    facts: Table
    tables: tuple[Table, ...] = ()
    main: str = ""

    def listed(self) -> Table:
        """The table that CSV has."""
        return next((one for one in self.tables if one.name == self.main), self.facts)


def facts(**values: tuple[Sort, Value]) -> Table:
    """Facts by name, each with its sort, in the order given."""
    fields = tuple(Field(name=name, sort=sort) for name, (sort, _) in values.items())
    return Table(name="facts", fields=fields, rows=(tuple(value for _, value in values.values()),))


def table(name: str, fields: dict[str, Sort], rows: list[dict[str, Value]], *, summed: tuple[str, ...] = ()) -> Table:
    """A table of these fields; those that are `summed` get their totals below."""
    total = tuple(_sum(rows, field) if field in summed else None for field in fields) if summed and rows else None
    return Table(
        name=name,
        fields=tuple(Field(name=field, sort=sort) for field, sort in fields.items()),
        rows=tuple(tuple(row[field] for field in fields) for row in rows),
        total=total,
    )


def _sum(rows: list[dict[str, Any]], field: str) -> int:
    return sum(row[field] for row in rows)
