"""Whether one operator's flood of bets makes another operator's few bets wait."""

import statistics
from collections.abc import Iterable

from bench import load
from bench.harness import Bench, Row, meets
from bench.load import Lane
from bench.placing import PLAYERS, Counter, bettors
from bench.setting import make_game, make_operators, open_round

ORDER, SECONDS = 14, 20
QUICK = False
CONNECTIONS, OTHERS = 64, 3
FEW_PLAYERS = 10
"""Of each of the others: all have bet before it counts, as the flood's have. A first bet in a process takes longer."""
TARGET = "<= 1x"


def run(bench: Bench) -> Iterable[Row]:
    made, one = make_operators(1 + OTHERS, slug="flood"), open_round(make_game("flood"))
    flood = Lane(name="flood", bettors=bettors(made[:1], one, players=PLAYERS // 4), connections=CONNECTIONS)
    few = Lane(name="few", bettors=bettors(made[1:], one, players=FEW_PLAYERS), connections=OTHERS)
    with bench.web() as url:
        counter = Counter(webs=[url], operators=[operator for operator, _ in made])
        counter.warm(flood, seconds=bench.scale(3, 1))
        counter.warm(few, seconds=1)
        runs = [load.run(url, [flood, few], seconds=bench.scale(4, 1)) for _ in range(bench.scale(3, 2))]
        counter.met += [met for one_run in runs for met in one_run.values()]
        counter.check()
    own, others = (tuple(one_run[name].p99_ms for one_run in runs) for name in ("few", "flood"))
    value, against = statistics.median(own), statistics.median(others)
    yield Row(
        name=f"99 of 100 bets of {OTHERS} operators with one connection each, beside a flood of another's, within",
        value=value,
        unit="ms",
        yardstick=f"the flooding operator's own bets on {CONNECTIONS} connections, ms",
        yardstick_value=against,
        ratio=value / against,
        target=TARGET,
        met=meets(TARGET, value / against),
        samples=own,
        yardstick_samples=others,
        figures={
            "p50_ms": statistics.median(one_run["few"].p50_ms for one_run in runs),
            "flood_bets_s": statistics.median(one_run["flood"].rate for one_run in runs),
        },
        note=counter.refusals(),
    )
