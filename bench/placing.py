"""Placement under load through a real web process: what the rows of placement have in common."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench import books, load
from bench.harness import Bench, Pair, PostgresCpu, Row, Web, meets
from bench.load import Bettor, Lane, Met
from bench.setting import make_players
from bench.yardsticks import pgbench

if TYPE_CHECKING:
    from operators.models import Operator
    from rounds.models import Round

BALANCE = 100_000_000_000
PLAYERS = 1000


@dataclass(slots=True, kw_only=True)
class Counter:
    """Web processes, whoever bets at them, and what each run of load met and cost."""

    webs: Sequence[Web]
    operators: "Sequence[Operator]"
    cpu: PostgresCpu = field(default_factory=PostgresCpu)
    met: list[Met] = field(default_factory=list)
    warming: list[Met] = field(default_factory=list)
    web_us: list[float] = field(default_factory=list)
    postgres_us: list[float] = field(default_factory=list)

    def warm(self, lane: Lane, *, seconds: float) -> None:
        """Load that does not count."""
        self.warming += load.run(self.webs, [lane], seconds=seconds).values()

    def measure(self, lane: Lane, *, seconds: float) -> float:
        """Accepted bets a second."""
        web, postgres = self.web_s(), self.cpu.seconds()
        [met] = load.run(self.webs, [lane], seconds=seconds).values()
        bets = max(met.placed, 1)
        self.web_us.append((self.web_s() - web) / bets * 1e6)
        after = self.cpu.seconds()
        if postgres is not None and after is not None:
            self.postgres_us.append((after - postgres) / bets * 1e6)
        self.met.append(met)
        return met.rate

    def web_s(self) -> float:
        """CPU seconds of all web processes so far."""
        return sum(web.cpu_s() for web in self.webs)

    def check(self) -> None:
        """:raises books.BooksDiffer: not everything that was accepted is stored, and paid for."""
        books.check(self.operators, [*self.met, *self.warming])

    def median(self, figure: Callable[[Met], float]) -> float:
        return statistics.median(figure(met) for met in self.met)

    def figures(self) -> dict[str, float]:
        """Latencies and CPU, medians of the repeats."""
        found = {
            "p50_ms": self.median(lambda met: met.p50_ms),
            "p95_ms": self.median(lambda met: met.p95_ms),
            "p99_ms": self.median(lambda met: met.p99_ms),
            "web_cpu_us_per_bet": statistics.median(self.web_us),
            "load_cpu_us_per_call": self.median(lambda met: met.load_cpu_us),
        }
        if self.postgres_us:
            found["postgres_cpu_us_per_bet"] = statistics.median(self.postgres_us)
        return found

    def against_plain(self, name: str, target: str, pair: Pair | None, plain: "Yardstick | None") -> Row:
        """The row of this against pgbench; without it, the figure and what to install."""
        return Row(
            name=name,
            value=self.median(lambda met: met.rate),
            unit="bets/s",
            yardstick=pgbench.NAME,
            yardstick_value=pair.yardstick_value if pair else None,
            ratio=pair.ratio if pair else None,
            target=target,
            met=meets(target, pair.ratio) if pair else None,
            samples=tuple(met.rate for met in self.met),
            yardstick_samples=pair.yardstick if pair else (),
            figures={**self.figures(), **(plain.figures() if plain else {})},
            note=self.refusals() or ("" if pair else pgbench.MISSING),
        )

    def refusals(self) -> str:
        """What was not accepted, in words; empty when everything was."""
        counts: dict[str, int] = {}
        for met in self.met:
            for code, times in met.refused.items():
                counts[code] = counts.get(code, 0) + times
        return f"Refused: {', '.join(f'{code} {times}' for code, times in counts.items())}." if counts else ""


def bettors(made: "Iterable[tuple[Operator, str]]", one: "Round", *, players: int) -> list[Bettor]:
    """Each operator's backend, with so many new players, on this round."""
    return [
        Bettor(
            key=key,
            players=make_players(operator, players, BALANCE),
            round_id=one.pk,
            currency=operator.currency_code,
        )
        for operator, key in made
    ]


class Yardstick:
    """pgbench in turns with the work; without pgbench it says so."""

    def __init__(self, bench: Bench, *, seconds: int) -> None:
        self._bench, self._seconds = bench, seconds
        self.cpu_us: list[float] = []
        self.client_us: list[float] = []
        self.latency_ms: list[float] = []
        pgbench.prepare()

    def measure(self) -> float:
        """Transactions a second."""
        measured = pgbench.measure(self._bench.database_url, seconds=self._seconds)
        self.latency_ms.append(measured.latency_ms)
        self.client_us.append(measured.client_cpu_us)
        if measured.postgres_cpu_us is not None:
            self.cpu_us.append(measured.postgres_cpu_us)
        return measured.rate

    def figures(self) -> Mapping[str, float]:
        """Its mean latency, and what it costs the server."""
        found = {
            "yardstick_mean_ms": statistics.median(self.latency_ms),
            "yardstick_client_cpu_us": statistics.median(self.client_us),
        }
        if self.cpu_us:
            found["yardstick_postgres_cpu_us"] = statistics.median(self.cpu_us)
        return found
