"""Long lists on pages: the newest first, older ones behind a link. Each page costs what the first costs."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from banker.web.booth import Booth
from banker.web.typed import identity

ROWS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Some rows, and the query of the older ones; empty when there are none."""

    rows: list[Any]
    older: str = ""


def newest(booth: Booth, rows: Any) -> Rows:
    """The rows that the page's `before` asks for, by ids that rise with time."""
    before = identity(booth.request.GET.get("before", ""))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: ROWS + 1])
    if len(found) <= ROWS:
        return Rows(rows=found)
    return Rows(rows=found[:ROWS], older=urlencode({"before": str(found[ROWS - 1].pk)}))
