"""What a bet costs when more days of the books are online."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bench import filling, growing
from bench.growing import Size
from bench.harness import Bench, Row
from bench.setting import make_game, make_operator, make_players, open_round

if TYPE_CHECKING:
    from operators.models import Operator

ORDER, SECONDS = 60, 25
QUICK = False
PLAYERS = 200
ROWS_A_DAY = 1000


def run(bench: Bench) -> Iterable[Row]:
    sizes = bench.scale((1, 10, 30, 90), (1, 30))
    if (missing := filling.missing()) is not None:
        yield growing.cannot(f"growth: partitions from {sizes[0]} to {sizes[-1]} days", missing)
        return
    one = open_round(make_game("days"))
    bench.progress(f"an operator each with {', '.join(map(str, sizes))} days of partitions")
    made = []
    for size in sizes:
        operator, _ = make_operator("days")
        made.append(Size(size=size, players=[(operator, make_players(operator, PLAYERS, 10**9))]))
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(_furnish, sorted(made, key=lambda own: -own.size)))
    growing.settle_down()
    bench.progress("placing at each of them in turns")
    note = f"day partitions of each of the three big tables; {ROWS_A_DAY:,} bets and movements in each day that is over"
    yield from growing.rows(
        bench, growing.measure(bench, made, one), what="days of partitions", name="partitions", x="days", note=note
    )


def _furnish(own: Size) -> None:
    """In a thread of its own, and on a connection of its own."""
    from django.db import connection

    try:
        [(operator, _)] = own.players
        _leave_days(operator, own.size)
    finally:
        connection.close()


def _leave_days(operator: "Operator", days: int) -> None:
    """Today's partitions and those of so many days before, with bets in them; the days to come are taken off."""
    from django.db import connection

    from bets.services.partitions import TABLES
    from operators.partitions import attached_of
    from operators.tenancy import tenant_context

    today = datetime.now(UTC).date()
    wanted = [today - timedelta(days=back) for back in range(days)]
    with tenant_context(operator), connection.cursor() as cursor:
        for table in TABLES:
            for partition in attached_of(cursor, operator.schema_name, table):
                if partition.day not in wanted:
                    cursor.execute(f'DROP TABLE "{partition.schema}"."{partition.name}"')
    for day in wanted:
        filling.fill_day(operator, day, rows=ROWS_A_DAY if day != today else 0)
