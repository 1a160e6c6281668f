"""
Making a report's file: read, write and hash in one pass, sign at the end.

The digest of the rows is that of their CSV lines with the heading, in every format: it shows that a PDF and a CSV of
one query hold the same.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any, Protocol

from keno_platform.core.errors import Kind, Refusal
from operators.models import Operator
from reports.columns import Row
from reports.reading import parts_of, snapshot
from reports.seals import Seal, message_of
from reports.writing.cells import Cells, in_csv, shown
from reports.writing.csv_file import CsvFile
from reports.writing.head import Head, Totals, named
from reports.writing.json_file import JsonFile
from reports.writing.pdf_file import PdfFile
from rounds import custody

BATCH = 2000
"""Rows that are written at a time."""


class ReportTooLong(Refusal):
    """The report has more rows than an answer may have. Ask for a run instead: it is made in the background."""

    code = "report_too_long"
    kind = Kind.TOO_LARGE
    title = "The report is too long to be answered at once"


class File(Protocol):
    """One format. What it writes goes into a file that is hashed meanwhile."""

    def part(self, operator: Operator | None, facts: Mapping[str, Any]) -> None:
        """The rows that follow are this operator's."""

    def rows(self, columns: Sequence[Cells], lines: bytes) -> None:
        """Some rows, as JSON values by column and as lines of CSV."""

    def end(self, totals: Totals, rows_sha256: bytes, sign: Callable[[bytes], Seal]) -> None:
        """What follows the rows, and the seal."""


FORMS: Mapping[str, Callable[[IO[bytes], Head], File]] = {"csv": CsvFile, "json": JsonFile, "pdf": PdfFile}
CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json", "pdf": "application/pdf"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a file came to: rows, sums by currency, and the digest of its rows."""

    rows: int
    totals: list[dict[str, Any]]
    rows_sha256: bytes


def make_file(
    head: Head,
    form: str,
    file: IO[bytes],
    *,
    progress: Callable[[int], None] = lambda rows: None,
    rows_max: int | None = None,
) -> Made:
    """
    Write a whole report into an empty file. `progress` is told how many rows are written, between two batches.

    Each operator's rows are of one moment of its books.

    :raises ReportTooLong: there are more than `rows_max` rows. :raises Refusal: what the report itself refuses.
    """
    totals, digest = Totals(head.report), hashlib.sha256()
    writer = FORMS[form](file, head)
    digest.update(_lines([named(head.report.all_columns)]))
    for operator in parts_of(head.report, head.query):
        with snapshot(operator):
            writer.part(operator, head.report.facts(operator, head.query) if head.report.facts else {})
            for rows in _batches(head, operator):
                totals.add(totals.of(operator), rows)
                if rows_max is not None and totals.rows > rows_max:
                    raise ReportTooLong(rows_max=rows_max)
                _write(writer, head, operator, rows, digest)
                progress(totals.rows)
    writer.end(totals, digest.digest(), sign)
    return Made(rows=totals.rows, totals=totals.as_json(), rows_sha256=digest.digest())


def sign(sha256: bytes) -> Seal:
    """The house's seal about this hash."""
    signed = custody.sign(message_of(sha256))
    return Seal(key_id=signed.key_id, sha256=sha256, signature=signed.signature)


def _write(writer: File, head: Head, operator: Operator | None, rows: Sequence[Row], digest: Any) -> None:
    exponent = operator.currency_exponent if operator else 0
    first = (operator.slug, operator.currency_code) if operator else ("", "")
    own = shown(head.report.columns, rows, exponent=exponent)
    columns = [*([text] * len(rows) for text in first), *own]
    kinds = (column.type for column in head.report.all_columns)
    lines = _lines(zip(*map(in_csv, kinds, columns), strict=True))
    digest.update(lines)
    writer.rows(columns, lines)


def _batches(head: Head, operator: Operator | None) -> Iterator[list[Row]]:
    rows = iter(head.report.read(operator, head.query))
    while some := list(islice(rows, BATCH)):
        yield some


def _lines(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
