"""
Cells as text: the same in CSV and JSON and in every language, because programs read them.

They are made a column at a time, not a cell at a time: a report may have ten million rows, and what is decided once for
a column is not decided for each of its cells. A cell that a spreadsheet would run as a formula gets an apostrophe in
CSV; in JSON it stays as it is.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

from keno_platform.core.money import format_amount
from reports.columns import Column, Row, Type
from reports.spreadsheets import inert, may_be_run

Cells = Sequence[Any]
"""The values of one column, from the first row to the last."""
PLACES = 6
_TEXTS = {str, type(None)}


def shown(columns: Sequence[Column], rows: Sequence[Row], *, exponent: int) -> list[Cells]:
    """The JSON values of some rows, by column. None stays None."""
    by_column = zip(*rows, strict=True)
    return [_show(column.type, cells, exponent) for column, cells in zip(columns, by_column, strict=True)]


def in_csv(kind: Type, cells: Cells) -> Cells:
    """JSON values of a column as the writer of CSV takes them: it leaves None empty, and prints integers itself."""
    if kind is Type.NUMBERS:
        return [None if value is None else " ".join(map(str, value)) for value in cells]
    if kind in WRITTEN and may_be_run(cells):
        return [inert(value) if isinstance(value, str) else value for value in cells]
    return cells


WRITTEN = (Type.TEXT, Type.NAME, Type.CODE, Type.DAY)
"""What may hold any text. All other cells are made of digits here, and no spreadsheet runs those."""


def _show(kind: Type, cells: Cells, exponent: int) -> Cells:
    if kind is Type.MONEY:
        return _each(lambda value: format_amount(value, exponent=exponent), cells)
    return _SHOWN[kind](cells) if kind in _SHOWN else cells


def _each(show: Callable[[Any], Any], cells: Cells) -> Cells:
    """Each of the different values once: stakes, multipliers and the ends of rounds are the same in many rows."""
    texts = {value: None if value is None else show(value) for value in set(cells)}
    return [texts[value] for value in cells]


def _codes(cells: Cells) -> Cells:
    return cells if set(map(type, cells)) <= _TEXTS else [code_text(value) for value in cells]


def code_text(value: Any) -> str | None:
    """Ids, numbers and bytes as text."""
    if value is None or isinstance(value, str):
        return value
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)


def _times(cells: Cells) -> Cells:
    return _each(_time_text, cells)


def _time_text(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: `clock.to_text`, without a step for what is in UTC already."""
    own = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return own.isoformat(timespec="milliseconds")[:-6] + "Z"


def _ratios(cells: Cells) -> Cells:
    return [ratio_text(value) for value in cells]


def ratio_text(value: Any) -> str | None:
    """A ratio with six places, rounded half up; None where there is nothing to divide by."""
    if value is None:
        return None
    numerator, denominator = (value.numerator, value.denominator) if isinstance(value, Fraction) else value
    if not denominator:
        return None
    scale: int = 10**PLACES
    units = (abs(numerator) * scale * 2 + denominator) // (2 * denominator)
    return f"{'-' if numerator < 0 and units else ''}{units // scale}.{units % scale:0{PLACES}d}"


def _days(cells: Cells) -> Cells:
    return [value.isoformat() if isinstance(value, date) else value for value in cells]


_SHOWN: dict[Type, Callable[[Cells], Cells]] = {
    Type.CODE: _codes,
    Type.RATIO: _ratios,
    Type.TIME: _times,
    Type.DAY: _days,
}
