"""One bet for each HTTP request, through two real web processes, against pgbench."""

from collections.abc import Iterable

from bench import plots
from bench.harness import Bench, Pair, Row, interleave, meets
from bench.load import Lane
from bench.placing import PLAYERS, Counter, Yardstick, bettors
from bench.setting import make_game, make_operator, open_round
from bench.yardsticks import pgbench

ORDER, SECONDS = 10, 33
WEBS = 2
CONNECTIONS = 64
NAME = f"one bet per HTTP request ({CONNECTIONS} connections, {WEBS} web processes)"
NAME_P99 = f"one bet per HTTP request: 99 of 100 answered within ({CONNECTIONS} connections)"
TARGET, TARGET_P99 = ">= 2.0x", "<= 25 ms"
P99_MS = 25


def run(bench: Bench) -> Iterable[Row]:
    seconds, repeats = bench.scale(4, 1), bench.scale(3, 2)
    operator, key = make_operator("hot")
    backend = bettors([(operator, key)], open_round(make_game("placement")), players=PLAYERS)
    lane = Lane(name="hot", bettors=backend, connections=CONNECTIONS)
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
    series = {f"run {n}": met.sample for n, met in enumerate(counter.met, 1)}
    plots.latencies(bench.pictures / "placement_latency.png", title=NAME, series=series, target_ms=P99_MS)
    yield counter.against_plain(NAME, TARGET, pair, plain)
    p99 = counter.median(lambda met: met.p99_ms)
    yield Row(
        name=NAME_P99,
        value=p99,
        unit="ms",
        target=TARGET_P99,
        met=meets(TARGET_P99, p99),
        samples=tuple(met.p99_ms for met in counter.met),
    )
