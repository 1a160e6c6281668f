"""The same bets over many operators, against one: what a schema for each operator costs the hot path."""

from collections.abc import Iterable

from bench.harness import Bench, Row, interleave, meets
from bench.load import Lane
from bench.placing import PLAYERS, Counter, bettors
from bench.setting import make_game, make_operators, open_round

ORDER, SECONDS = 62, 85
QUICK = False
WEBS = 2
CONNECTIONS = 64
TARGET = ">= 0.8x"


def run(bench: Bench) -> Iterable[Row]:
    count, seconds = bench.scale(200, 20), bench.scale(4, 1)
    bench.progress(f"making {count} operators")
    made, one = make_operators(count, slug="spread"), open_round(make_game("spread"))
    many = Lane(name="many", bettors=bettors(made, one, players=PLAYERS // count), connections=CONNECTIONS)
    single = Lane(name="one", bettors=bettors(made[:1], one, players=PLAYERS), connections=CONNECTIONS)
    with bench.webs(WEBS) as webs:
        spread = Counter(webs=webs, operators=[operator for operator, _ in made])
        alone = Counter(webs=webs, operators=[])
        spread.warm(single, seconds=bench.scale(3, 1))
        bench.progress("warming: each operator's and player's first bet in each process is read and planned for")
        spread.warm(many, seconds=bench.scale(8, 2))
        pair = interleave(
            lambda: spread.measure(many, seconds=seconds),
            lambda: alone.measure(single, seconds=seconds),
            repeats=bench.scale(3, 2),
        )
        spread.warming += alone.met
        spread.check()
    of_one = {
        f"one_operator_{name}": value for name, value in alone.figures().items() if name != "load_cpu_us_per_call"
    }
    yield Row(
        name=f"one bet per HTTP request, spread over {count} operators ({CONNECTIONS} connections)",
        value=pair.value,
        unit="bets/s",
        yardstick="the same bets, all of one operator",
        yardstick_value=pair.yardstick_value,
        ratio=pair.ratio,
        target=TARGET,
        met=meets(TARGET, pair.ratio),
        samples=pair.work,
        yardstick_samples=pair.yardstick,
        figures=spread.figures() | of_one,
        note=spread.refusals(),
    )
