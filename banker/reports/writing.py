"""A report as CSV, JSON and PDF."""

import csv
import io
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from banker.reports.shapes import Field, Report, Sort, Table, Value
from banker.reports.words import Words
from keno_platform.core.clock import to_text
from keno_platform.documents import render_pdf
from operators.models import Operator

PAGE = Path(__file__).with_name("pages") / "report.typ"
WIDE = 7
"""A table with more columns than this stands on pages that lie on their side."""
RIGHT = (Sort.MONEY, Sort.COUNT, Sort.RATE)
FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def to_csv(report: Report, operator: Operator) -> str:
    """RFC 4180 text of one table. A cell that a spreadsheet would run as a formula gets an apostrophe before it."""
    listed, file = report.listed(), io.StringIO()
    writer = csv.writer(file)
    writer.writerow(field.name for field in listed.fields)
    for row in listed.rows:
        writer.writerow(_cell(value, field, operator) for field, value in zip(listed.fields, row, strict=True))
    return file.getvalue()


def to_json(report: Report, operator: Operator, *, made_at: datetime) -> bytes:
    """One object: what report it is, its facts, and each of its tables as a list of rows."""
    [facts] = _objects(report.facts, operator)
    document = {
        "report": report.name,
        "operator": operator.slug,
        "currency": operator.currency_code,
        "made_at": to_text(made_at),
        "facts": facts,
    }
    return msgspec.json.encode(document | {one.name: _objects(one, operator) for one in report.tables})


def to_pdf(report: Report, words: Words, *, made_at: datetime) -> bytes:
    """Pages for people to read, in their language; tagged, so that machines can read them aloud."""
    data = {
        "title": words.texts[report.name],
        "operator": words.operator.name,
        "made": f"{words.texts['made_at']}: {words.shown(made_at, Sort.MOMENT)}",
        "nothing": words.texts["nothing"],
        "total": words.texts["total"],
        "wide": any(len(one.fields) > WIDE for one in report.tables),
        "facts": [[words.texts[field.name], text, _side(field)] for field, text in _shown(report.facts, words)[0]],
        "tables": [_page_table(one, words) for one in report.tables],
    }
    return render_pdf(PAGE, data, words.language, made_at=made_at)


def _page_table(one: Table, words: Words) -> dict[str, Any]:
    total = [
        words.shown(value, field.sort) for field, value in zip(one.fields, one.total or (), strict=bool(one.total))
    ]
    return {
        "title": words.texts[one.name],
        "columns": [{"title": words.texts[field.name], "side": _side(field)} for field in one.fields],
        "rows": [[text for _, text in row] for row in _shown(one, words)],
        "total": total,
    }


def _shown(one: Table, words: Words) -> list[list[tuple[Field, str]]]:
    pairs = [zip(one.fields, row, strict=True) for row in one.rows]
    return [[(field, words.shown(value, field.sort)) for field, value in row] for row in pairs]


def _side(field: Field) -> str:
    """Where a value stands in its column: numbers below one another, ids from left to right in any language."""
    return "end" if field.sort in RIGHT else "code" if field.sort is Sort.CODE else "start"


def _objects(one: Table, operator: Operator) -> list[dict[str, Any]]:
    names = [field.name for field in one.fields]
    sorts = [field.sort for field in one.fields]
    return [dict(zip(names, map(_plain, row, sorts, [operator] * len(names)), strict=True)) for row in one.rows]


def _plain(value: Value, sort: Sort, operator: Operator) -> Any:
    """A value as programs read it: amounts as decimal strings, rates in hundredths of a percent."""
    if isinstance(value, int) and sort is Sort.MONEY:
        return operator.money(value)
    if isinstance(value, datetime):
        return to_text(value)
    return str(value) if isinstance(value, UUID) else value


def _cell(value: Value, field: Field, operator: Operator) -> str:
    plain = _plain(value, field.sort, operator)
    text = "" if plain is None else str(plain)
    return f"'{text}" if field.sort is Sort.WORD and FORMULA.match(text) else text
