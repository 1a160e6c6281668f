"""One bet for each HTTP request, through one real web process, against the usual way to write it."""

from collections.abc import Iterable
from contextlib import ExitStack

import psycopg

from bench import load, plots
from bench.harness import Bench, Row, interleave, meets
from bench.load import Lane, Met
from bench.placing import PLAYERS, Counter, bettors
from bench.setting import make_game, make_operator, open_round
from bench.yardsticks.typical import server
from bench.yardsticks.typical.server import Typical

ORDER, SECONDS = 11, 30
QUICK = False
CONNECTIONS = 64
NAME = f"one bet per HTTP request, against a typical implementation ({CONNECTIONS} connections)"
YARDSTICK = f"{server.NAME}, {server.WORKERS} workers"
TARGET = ">= 30x"
NO_DATABASE = "The typical implementation needs a role that may create a database (CREATEDB)."


def run(bench: Bench) -> Iterable[Row]:
    with ExitStack() as stack:
        try:
            running = stack.enter_context(server.running(bench.database_url, players=PLAYERS, balance="1000000000.00"))
        except psycopg.errors.InsufficientPrivilege:
            yield Row(
                name=NAME, value=None, unit="bets/s", yardstick=YARDSTICK, target=TARGET, met=None, note=NO_DATABASE
            )
            return
        yield _compare(bench, stack, running)


def _compare(bench: Bench, stack: ExitStack, running: Typical) -> Row:
    seconds = bench.scale(3, 1)
    operator, key = make_operator("beside")
    backend = bettors([(operator, key)], open_round(make_game("typical")), players=PLAYERS)
    lane = Lane(name="hot", bettors=backend, connections=CONNECTIONS)
    counter = Counter(webs=[stack.enter_context(bench.web())], operators=[operator])
    usual = _Usual(running)
    counter.warm(lane, seconds=bench.scale(3, 1))
    pair = interleave(
        lambda: counter.measure(lane, seconds=seconds),
        lambda: usual.measure(seconds),
        repeats=bench.scale(3, 2),
    )
    counter.check()
    series = {"this platform": counter.met[-1].sample, "the typical implementation": usual.met[-1].sample}
    plots.latencies(bench.pictures / "typical_latency.png", title=NAME, series=series)
    return Row(
        name=NAME,
        value=pair.value,
        unit="bets/s",
        yardstick=YARDSTICK,
        yardstick_value=pair.yardstick_value,
        ratio=pair.ratio,
        target=TARGET,
        met=meets(TARGET, pair.ratio),
        samples=pair.work,
        yardstick_samples=pair.yardstick,
        figures={
            "p99_ms": counter.median(lambda met: met.p99_ms),
            "typical_p50_ms": usual.met[-1].p50_ms,
            "typical_p99_ms": usual.met[-1].p99_ms,
        },
    )


class _Usual:
    """The typical implementation under the same load."""

    def __init__(self, running: Typical) -> None:
        self._url = running.url
        self._lane = Lane(name="typical", bettors=[running.bettor], connections=CONNECTIONS)
        self.met: list[Met] = []
        load.run(self._url, [self._lane], seconds=1)  # warm

    def measure(self, seconds: int) -> float:
        """
        Accepted bets a second.

        :raises RuntimeError: it refuses what the platform accepts, and is no yardstick then.
        """
        [met] = load.run(self._url, [self._lane], seconds=seconds).values()
        if met.refused:
            raise RuntimeError(f"the typical implementation refused bets: {met.refused}")
        self.met.append(met)
        return met.rate
