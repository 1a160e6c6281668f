"""What stands on a report's pages, in the reader's language: data for report.typ."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils import translation

from localization import formats
from localization.texts import events, reports
from operators.models import Operator
from reports.columns import Column, Type
from reports.writing.head import Head, Totals

WIDE_FROM = 8
"""With so many columns pages lie on their side."""
FIXED = (Type.CODE, Type.NUMBERS)
AT_END = (Type.INTEGER, Type.MONEY, Type.RATIO)


class Page:
    """A report's pages in one language."""

    def __init__(self, head: Head) -> None:
        self._head, self._language = head, head.language
        self._texts = texts_in(head.language)
        self._columns = [one for one in head.report.all_columns if one.printed and not self._is_said_once(one)]
        self._places = [head.report.all_columns.index(one) for one in self._columns]
        self._facts: list[dict[str, Any]] = []
        self._names: list[str] = []
        self._exponents: dict[str, int] = {}

    @property
    def width(self) -> int:
        """How many columns a row has."""
        return len(self._columns)

    def add_part(self, operator: Operator | None, facts: Mapping[str, Any]) -> None:
        """One more operator is in the report; None is the house."""
        self._names.append(f"{operator.name} ({operator.currency_code})" if operator else self._word("house"))
        if operator:
            self._exponents[operator.currency_code] = operator.currency_exponent
        self._facts += [_fact(self._texts[key], str(value), code=len(str(value)) > 60) for key, value in facts.items()]

    def data(self, rows: Sequence[Sequence[Any]], totals: Totals, rows_sha256: bytes) -> dict[str, Any]:
        """Everything that the template asks for."""
        report = self._head.report
        return {
            "title": self._texts[report.title_key],
            "about": self._texts[report.about_key],
            "running": f"{self._texts[report.title_key]} · {', '.join(self._names)}",
            "facts": [*self._asked(), *self._facts, *self._made(totals, rows_sha256)],
            "totals_title": self._word("totals"),
            "totals": self._totals(totals),
            "columns": [self._heading(one) for one in self._columns],
            "rows": [self._cells(row) for row in rows],
            "notes": self._notes(len(rows), totals),
            "seal": self._word("seal"),
            "wide": len(self._columns) >= WIDE_FROM,
        }

    def _is_said_once(self, column: Column) -> bool:
        """With one operator its name and currency stand in the head."""
        return bool(self._head.query.operator) and column in self._head.report.all_columns[:2]

    def _asked(self) -> list[dict[str, Any]]:
        query = self._head.query
        since, until = (f"{one:%Y-%m-%d %H:%M:%S}" for one in (query.since, query.until))
        facts = [_fact(self._word("operator"), ", ".join(self._names) or self._word("all"))]
        if not self._head.report.now:
            facts.append(_fact(self._word("period"), f"{since} – {until}", forward=True))
        if query.game:
            facts.append(_fact(self._word("game"), query.game, forward=True))
        return facts

    def _made(self, totals: Totals, rows_sha256: bytes) -> list[dict[str, Any]]:
        head = self._head
        made = self._word("as_of" if head.report.now else "made_at")
        return [
            _fact(made, f"{head.made_at:%Y-%m-%d %H:%M:%S}", forward=True),
            *([_fact(self._word("run"), head.run, code=True)] if head.run else []),
            _fact(self._word("rows"), self._number(totals.rows)),
            _fact(self._word("digest"), rows_sha256.hex(), code=True),
            _fact(self._word("query"), json.dumps({"report": head.report.code, **head.query.as_json()}), code=True),
        ]

    def _totals(self, totals: Totals) -> dict[str, Any]:
        """Headings, and a line for each currency; without lines where nothing is summed up."""
        summed = [one for one in self._head.report.columns if one.summed or one.ratio_of]
        lines = [
            [currency or "–", *(self._total(one, totals.members(own)[one.name], own.exponent) for one in summed)]
            for currency, own in sorted(totals.by_currency.items())
            if own.rows
        ]
        headings = [self._texts["report.column_currency"], *(self._texts[one.text_key] for one in summed)]
        return {"headings": headings, "lines": lines if summed else []}

    def _total(self, column: Column, value: Any, exponent: int) -> str:
        return self._cell(column, value, exponent)

    def _heading(self, column: Column) -> dict[str, Any]:
        return {
            "text": self._texts[column.text_key],
            "end": column.type in AT_END,
            "code": column.type in FIXED,
            "forward": column.type in (Type.TIME, Type.DAY, Type.MONEY, Type.RATIO, Type.INTEGER),
        }

    def _cells(self, row: Sequence[Any]) -> list[str]:
        exponent = self._exponents.get(row[1], 0)
        return [self._cell(column, row[at], exponent) for column, at in zip(self._columns, self._places, strict=True)]

    def _cell(self, column: Column, value: Any, exponent: int) -> str:
        if value is None:
            return ""
        if column.type is Type.MONEY:
            return formats.amount(Decimal(value), exponent=exponent, locale=self._language)
        if column.type is Type.RATIO:
            return formats.percent(Decimal(value), locale=self._language, decimals="00")
        if column.type is Type.INTEGER:
            return self._number(value)
        if column.type is Type.TIME:
            return f"{value[:10]} {value[11:19]}"
        if column.type is Type.NAME:
            return self._texts.get(f"report.name_{value}") or self._texts.get(f"event.{value}") or str(value)
        return " ".join(map(str, value)) if isinstance(value, list) else str(value)

    def _notes(self, shown: int, totals: Totals) -> list[str]:
        if not totals.rows:
            return [self._word("no_activity")]
        if shown == totals.rows:
            return []
        numbers = {"{shown}": self._number(shown), "{rows}": self._number(totals.rows)}
        text = self._word("first_rows")
        for place, number in numbers.items():
            text = text.replace(place, number)
        return [text]

    def _number(self, value: int) -> str:
        return formats.number(value, locale=self._language)

    def _word(self, name: str) -> str:
        return str(self._texts[f"report.word_{name}"])


def texts_in(language: str) -> dict[str, str]:
    """
    The texts of reports and events in a language, by key. What an operator calls things for its players does not count.
    """
    with translation.override(language):
        return {key: translation.gettext(text) for key, text in (*reports.TEXTS.items(), *events.TEXTS.items())}


def _fact(label: str, value: str, *, code: bool = False, forward: bool = False) -> dict[str, Any]:
    return {"label": label, "value": value, "code": code, "forward": forward}
