"""
PDF in the language that was asked for: what the report is, what was asked, the sums, and the rows in a table.

A page holds so many rows, and nobody reads a thousand pages: beyond ROWS_MAX, or CELLS_MAX where rows are wide, a PDF
shows the first and says so. Sums and digest are those of all rows, which CSV and JSON hold. Typesetting holds the whole
document: some 20 KB for each cell, so that a cell is what has to be counted.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any

from keno_platform.documents import render_pdf
from operators.models import Operator
from reports.seals import Seal, insert_into_pdf
from reports.writing.cells import Cells
from reports.writing.head import Head, Totals
from reports.writing.page import Page

ROWS_MAX, CELLS_MAX = 2000, 16_000
TEMPLATE = Path(__file__).with_name("report.typ")


class PdfFile:
    """A PDF whose rows are being collected."""

    def __init__(self, file: IO[bytes], head: Head) -> None:
        self._file, self._head = file, head
        self._page = Page(head)
        self._rows: list[Sequence[Any]] = []

    def part(self, operator: Operator | None, facts: Mapping[str, Any]) -> None:
        self._page.add_part(operator, facts)

    def rows(self, columns: Sequence[Cells], lines: bytes) -> None:
        most = min(ROWS_MAX, CELLS_MAX // self._page.width)
        self._rows += islice(zip(*columns, strict=True), most - len(self._rows))

    def end(self, totals: Totals, rows_sha256: bytes, sign: Callable[[bytes], Seal]) -> None:
        data = self._page.data(self._rows, totals, rows_sha256)
        pdf = render_pdf(TEMPLATE, data, self._head.language, made_at=self._head.made_at)
        self._file.write(insert_into_pdf(pdf, sign))
