"""Bulk calls of 500 bets through two real web processes, against pgbench."""

from collections.abc import Iterable

from bench.harness import Bench, Pair, Row, interleave
from bench.load import Lane
from bench.placing import PLAYERS, Counter, Yardstick, bettors
from bench.setting import make_game, make_operator, open_round
from bench.yardsticks import pgbench

ORDER, SECONDS = 13, 26
WEBS = 2
BETS, CONNECTIONS = 500, 4
NAME = f"bulk calls of {BETS} bets ({CONNECTIONS} connections, {WEBS} web processes)"
TARGET = ">= 8x"


def run(bench: Bench) -> Iterable[Row]:
    seconds, repeats = bench.scale(3, 1), bench.scale(3, 2)
    operator, key = make_operator("bulk")
    backend = bettors([(operator, key)], open_round(make_game("bulk")), players=PLAYERS)
    lane = Lane(name="bulk", bettors=backend, connections=CONNECTIONS, bulk=BETS)
    plain = Yardstick(bench, seconds=seconds) if pgbench.is_there() else None
    pair: Pair | None = None
    with bench.webs(WEBS) as webs:
        counter = Counter(webs=webs, operators=[operator])
        counter.warm(lane, seconds=bench.scale(3, 1))
        if plain:
            pair = interleave(lambda: counter.measure(lane, seconds=seconds), plain.measure, repeats=repeats)
        else:
            for _ in range(repeats):
                counter.measure(lane, seconds=seconds)
        counter.check()
    yield counter.against_plain(NAME, TARGET, pair, plain)
