"""What a bet costs when there are more of them: up to ten million in one operator's tables."""

import shutil
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bench import filling, growing
from bench.growing import Size
from bench.harness import Bench, Row
from bench.setting import make_game, make_operator, make_players, open_round

if TYPE_CHECKING:
    from operators.models import Operator

ORDER, SECONDS = 61, 90
QUICK = False
PLAYERS = 1000
DAY_MAX = 1_000_000
"""So many at most are of today; the rest fills the days before, each as full."""
DISK_FREE_BYTES = 15_000_000_000


def run(bench: Bench) -> Iterable[Row]:
    sizes = bench.scale((10_000, 100_000, 1_000_000, 10_000_000), (10_000, 100_000))
    if (missing := filling.missing()) is not None:
        yield growing.cannot(f"growth: bets from {sizes[0]:,} to {sizes[-1]:,}", missing)
        return
    note = f"at most {DAY_MAX:,} of them are of today, the others of the days before; as many keys and stakes"
    if not bench.quick and shutil.disk_usage(tempfile.gettempdir()).free < DISK_FREE_BYTES:
        sizes, note = sizes[:-1], f"{note}; ten million need 15 GB of free disk, which this machine has not"
    one = open_round(make_game("bets"))
    made = []
    for size in sizes:
        bench.progress(f"filling {size:,} bets")
        operator, _ = make_operator("bets")
        tokens = make_players(operator, PLAYERS, 10**9)
        _fill(operator, size)
        made.append(Size(size=size, players=[(operator, tokens)]))
    growing.settle_down()
    bench.progress("placing at each of them in turns")
    yield from growing.rows(
        bench, growing.measure(bench, made, one), what="bets stored", name="bets", x="bets stored", note=note
    )


def _fill(operator: "Operator", count: int) -> None:
    today, left, back = datetime.now(UTC).date(), count, 0
    with filling.without_key_index(operator):
        while left:
            filling.fill_day(operator, today - timedelta(days=back), rows=min(left, DAY_MAX))
            left, back = left - min(left, DAY_MAX), back + 1
