"""
CSV: the heading, the rows, and after them lines that begin with `#`: what was asked, sums, the digest, the seal. No row
begins so, because the first column is an operator's slug.
"""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

from operators.models import Operator
from reports.seals import Seal
from reports.writing.cells import Cells
from reports.writing.head import Head, Totals, named

NO_ACTIVITY = "no activity in this period"


class CsvFile:
    """A CSV file that is being written."""

    def __init__(self, file: IO[bytes], head: Head) -> None:
        self._file, self._head, self._hash = file, head, hashlib.sha256()
        self._facts: list[list[str]] = []
        self._put(_lines([named(head.report.all_columns)]))

    def part(self, operator: Operator | None, facts: Mapping[str, Any]) -> None:
        name = operator.slug if operator else ""
        self._facts += [["#fact", name, key.removeprefix("report.fact_"), str(value)] for key, value in facts.items()]

    def rows(self, columns: Sequence[Cells], lines: bytes) -> None:
        self._put(lines)

    def end(self, totals: Totals, rows_sha256: bytes, sign: Callable[[bytes], Seal]) -> None:
        head = self._head.as_json()
        after: list[list[str]] = [] if totals.rows else [["#note", NO_ACTIVITY]]
        after += [["#total", json.dumps(one)] for one in totals.as_json()]
        after += self._facts
        after += [[f"#{name}", _text(value)] for name, value in head.items() if value is not None]
        after += [["#rows", str(totals.rows)], ["#rows_sha256", rows_sha256.hex()]]
        self._put(_lines(after))
        self._file.write(sign(self._hash.digest()).line("csv"))

    def _put(self, piece: bytes) -> None:
        self._hash.update(piece)
        self._file.write(piece)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
