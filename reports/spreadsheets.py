"""CSV that a spreadsheet can open without harm."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write_csv(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """RFC 4180 text. A cell that a spreadsheet would run as a formula gets an apostrophe before it."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(heading)
    writer.writerows([inert(cell) for cell in row] for row in rows)
    return file.getvalue()


def inert(cell: str) -> str:
    """A cell that no spreadsheet runs as a formula."""
    if cell.startswith(_STARTS_A_FORMULA) and not _NUMBER.fullmatch(cell):
        return "'" + cell
    return cell


def may_be_run(cells: Iterable[Any]) -> bool:
    """Whether one of many cells begins so that `inert` might change it; what is no text is none."""
    begins = {cell[:1] for cell in cells if isinstance(cell, str)}
    return not begins.isdisjoint(_STARTS_A_FORMULA)
