"""What a report is made of: columns with a type and a heading, rows for one operator at a time, and sums."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from reports.query import Query

Row = tuple[Any, ...]


class Type(Enum):
    """What a cell holds, in Python and then as text in CSV and JSON."""

    TEXT = "text"
    """Words that somebody wrote: str."""
    NAME = "name"
    """
    A word of this platform, such as a status or an event: str. PDF shows it translated where it is a text of
    `report.name` or `event`.
    """
    CODE = "code"
    """An id, a hash or a signature: str, UUID, int or bytes; bytes as lower-case hex."""
    INTEGER = "integer"
    MONEY = "money"
    """Minor units of the row's operator: a decimal with the currency's decimals."""
    RATIO = "ratio"
    """(numerator, denominator) of integers, or a Fraction: a decimal with six places, rounded half up."""
    TIME = "time"
    """An aware datetime: RFC 3339 in UTC with milliseconds."""
    DAY = "day"
    """A date, or the text of a month or period."""
    NUMBERS = "numbers"
    """A list of integers: with spaces between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """
    A column by its name, which is the same in every language. Its heading is the text `report.column_<heading>`, else
    `report.column_<name>`.

    A summed column has totals. One with `ratio_of` has in the totals the quotient of two summed columns.
    """

    name: str
    type: Type
    summed: bool = False
    ratio_of: tuple[str, str] | None = None
    heading: str = ""
    printed: bool = True
    """Whether a PDF has it, whose pages are so wide and not wider; CSV and JSON have every column."""

    @property
    def text_key(self) -> str:
        """The key of the heading."""
        return f"report.column_{self.heading or self.name}"


PERSONAL = frozenset({"player", "actor", "address"})
"""Columns and parameters that tell of one person."""
OPERATOR = Column(name="operator", type=Type.CODE)
CURRENCY = Column(name="currency", type=Type.CODE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """
    One report. `read` gives the rows of one operator in their order, as tuples of the columns without `operator` and
    `currency`, which come first; it is called inside the operator's schema and a read-only snapshot, and may be asked
    for millions of rows: it reads them from a cursor.

    `accepts` are the parameters that it knows beside the period, `needs` those that it cannot do without. With `now` it
    is about this moment, whatever the period. With `house` there is also a part without an operator, the
    provider's own. `facts` are further lines of the head, by the key of their text.
    """

    code: str
    columns: tuple[Column, ...]
    read: Callable[[Any, Query], Iterable[Row]]
    accepts: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    now: bool = False
    house: bool = False
    facts: Callable[[Any, Query], Mapping[str, Any]] | None = None

    @property
    def title_key(self) -> str:
        """The key of the title."""
        return f"report.{self.code}"

    @property
    def about_key(self) -> str:
        """The key of the sentence that says what the figures mean."""
        return f"report.{self.code}_about"

    @property
    def is_personal(self) -> bool:
        """Whether its rows are about people one by one: players, or members of staff and where they came from."""
        return bool(self.needs & PERSONAL) or any(column.name in PERSONAL for column in self.columns)

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """Every column of a row, in order."""
        return (OPERATOR, CURRENCY, *self.columns)
