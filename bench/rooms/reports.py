"""A report of many rows: how fast it is written, sealed, and in how much memory."""

import tempfile
import time
import tracemalloc
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bench import filling
from bench.harness import Bench, Row, interleave, meets
from bench.setting import make_operator, make_players

if TYPE_CHECKING:
    from operators.models import Operator

ORDER, SECONDS = 75, 45
QUICK = False
TARGET = ">= 20,000 rows/s"
TARGET_MEMORY = "<= 1.2x"
MEGA = 1 << 20


def run(bench: Bench) -> Iterable[Row]:
    rows = bench.scale(300_000, 50_000)
    if (missing := filling.missing()) is not None:
        yield Row(name="bet log as CSV", value=None, unit="rows/s", target=TARGET, met=None, note=missing)
        return
    operator, _ = make_operator("reports")
    make_players(operator, 100, 10**9)
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    bench.progress(f"filling {rows:,} bets")
    with filling.without_key_index(operator):
        filling.fill_day(operator, yesterday, rows=rows)
    with tempfile.TemporaryDirectory() as place:
        yield _speed(bench, operator, rows, Path(place))
        yield _memory(operator, rows, Path(place))


def _speed(bench: Bench, operator: "Operator", rows: int, place: Path) -> Row:
    def ours() -> float:
        began = time.perf_counter()
        if _write(operator, place / "ours.csv", "csv") != rows:
            raise RuntimeError("not every bet is in the report")
        return rows / (time.perf_counter() - began)

    def copied() -> float:
        began = time.perf_counter()
        _copy(operator, place / "copied.csv")
        return rows / (time.perf_counter() - began)

    pair = interleave(ours, copied, repeats=bench.scale(3, 2))
    return Row(
        name=f"bet log of {rows:,} bets as CSV, digested and sealed",
        value=pair.value,
        unit="rows/s",
        target=TARGET,
        met=meets(TARGET, pair.value),
        yardstick="COPY of the table alone, by PostgreSQL itself",
        yardstick_value=pair.yardstick_value,
        ratio=pair.ratio,
        samples=pair.work,
        yardstick_samples=pair.yardstick,
    )


def _memory(operator: "Operator", rows: int, place: Path) -> Row:
    """What Python holds at most: for a fiftieth of the day's bets, and for all of them."""
    few, many = (_peak(operator, place / f"{part}.json", part) for part in (0.02, 1.0))
    return Row(
        name=f"memory for a bet log of {rows:,} bets as JSON, to that for a fiftieth of them",
        value=many / few,
        unit="x",
        target=TARGET_MEMORY,
        met=meets(TARGET_MEMORY, many / few),
        figures={"peak_mib": many / MEGA, "peak_of_few_mib": few / MEGA},
    )


def _peak(operator: "Operator", path: Path, part: float) -> float:
    tracemalloc.start()
    try:
        _write(operator, path, "json", part=part)
        return float(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()


def _write(operator: "Operator", path: Path, form: str, *, part: float = 1.0) -> int:
    from keno_platform.core import clock
    from reports.catalogue import get_report
    from reports.query import Query
    from reports.writing import make_file
    from reports.writing.head import Head

    end = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    since = end - timedelta(days=1)
    query = Query(since=since, until=since + timedelta(days=1) * part, operator=operator.slug)
    head = Head(report=get_report("bet_log"), query=query, language="en", made_at=clock.now())
    with path.open("wb") as file:
        return make_file(head, form, file).rows


def _copy(operator: "Operator", path: Path) -> None:
    from django.db import connection

    from operators.tenancy import tenant_context

    statement = "COPY (SELECT * FROM bets_bet ORDER BY id) TO STDOUT (FORMAT csv)"
    with (
        tenant_context(operator),
        connection.cursor() as cursor,
        path.open("wb") as file,
        cursor.copy(statement) as copy,
    ):
        for block in copy:
            file.write(block)
