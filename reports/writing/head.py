"""What stands beside a report's rows: which report it is, what was asked, when and by whom it was made, and sums."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from keno_platform.core.clock import to_text
from keno_platform.core.money import format_amount
from operators.models import Operator
from reports.columns import Column, Report, Row, Type
from reports.query import Query
from reports.writing.cells import ratio_text

VERSION = 1
"""Of what the columns mean. It rises when a column's meaning changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Which report is written, for whom and when."""

    report: Report
    query: Query
    language: str
    made_at: datetime
    run: str = ""
    """The id of the run that made it; empty for an answer that nobody keeps."""

    def as_json(self) -> dict[str, Any]:
        """As it stands in CSV and JSON."""
        return {
            "report": self.report.code,
            "version": VERSION,
            "query": self.query.as_json(),
            "made_at": to_text(self.made_at),
            "run": self.run or None,
        }


@dataclass(slots=True)
class Total:
    """Of the rows in one currency: how many, and the sums of the summed columns in their order."""

    exponent: int
    rows: int = 0
    sums: list[int] = field(default_factory=list)


class Totals:
    """Sums by currency, added row by row; money in minor units."""

    def __init__(self, report: Report) -> None:
        self._columns = report.columns
        self._summed = [at for at, column in enumerate(report.columns) if column.summed]
        self.by_currency: dict[str, Total] = {}
        self.rows = 0

    def of(self, operator: Operator | None) -> Total:
        """The totals that an operator's rows go into."""
        currency = operator.currency_code if operator else ""
        exponent = operator.currency_exponent if operator else 0
        return self.by_currency.setdefault(currency, Total(exponent=exponent, sums=[0] * len(self._summed)))

    def add(self, total: Total, rows: Sequence[Row]) -> None:
        """Count some rows."""
        total.rows += len(rows)
        self.rows += len(rows)
        for place, at in enumerate(self._summed):
            total.sums[place] += sum(row[at] for row in rows if row[at] is not None)

    def as_json(self) -> list[dict[str, Any]]:
        """One object for each currency in which there are rows."""
        found = sorted(self.by_currency.items())
        return [{"currency": currency or None, **self.members(own)} for currency, own in found if own.rows]

    def members(self, own: Total) -> dict[str, Any]:
        """The totals of one currency by column; of a ratio that of the sums."""
        sums = self._sums(own)
        values: dict[str, Any] = {"rows": own.rows}
        for column in self._columns:
            if column.summed:
                is_money = column.type is Type.MONEY
                value = sums[column.name]
                values[column.name] = format_amount(value, exponent=own.exponent) if is_money else value
            elif column.ratio_of:
                values[column.name] = ratio_text((sums[column.ratio_of[0]], sums[column.ratio_of[1]]))
        return values

    def _sums(self, own: Total) -> Mapping[str, int]:
        names = [self._columns[at].name for at in self._summed]
        return dict(zip(names, own.sums, strict=True))


def named(columns: Sequence[Column]) -> list[str]:
    """The names of columns, as programs know them."""
    return [column.name for column in columns]
