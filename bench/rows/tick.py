"""What happens at a boundary that 250 games share: rounds close, others open, and those that closed are drawn."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from bench.games import at_each, boundaries, commit_in_step, make_games, require_revealed
from bench.harness import Bench, Row, meets

if TYPE_CHECKING:
    from rounds.models import Game

ORDER, SECONDS = 50, 55
GAMES = 250
TARGET = "p95 <= 50 ms"
PER_ROUND_S = 1 / 2500
"""Time to commit a round to its epoch, on a busy machine."""


def run(bench: Bench) -> Iterable[Row]:
    from bench.yardsticks import game_by_game
    from rounds.models import NetworkName
    from rounds.services import tick

    games = make_games(bench.scale(GAMES, GAMES // 5), code="tick", network=NetworkName.NONE)
    work = Driver(games=games, drive=tick.run_due, step_s=bench.scale(0.6, 0.15))
    plain = Driver(games=games, drive=game_by_game.run_due, step_s=bench.scale(1.5, 0.3))
    bench.progress("warming")
    work.warm(boundary_count=2)
    plain.warm(boundary_count=1)
    for turn in range(bench.scale(3, 1)):
        bench.progress(f"turn {turn + 1}: game by game, then the platform's tick")
        plain.measure(boundary_count=1)
        work.measure(boundary_count=8)
    yield _row(bench, work, plain)


@dataclass(slots=True, kw_only=True)
class Driver:
    """One way of driving rounds. `step_s` is how far apart the boundaries are: more than one takes."""

    games: "Sequence[Game]"
    drive: Callable[[], int]
    step_s: float
    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    turns_ms: list[float] = field(default_factory=list)
    """The median of each turn."""

    def warm(self, *, boundary_count: int) -> None:
        """Boundaries that do not count, but for how far apart the next ones have to be."""
        self.step_s *= 2
        self.measure(boundary_count=boundary_count)
        self.step_s = max(self.step_s / 4, max(self.wall_ms) / 1000 * 1.3 + 0.05)
        for samples in (self.wall_ms, self.cpu_ms, self.turns_ms):
            samples.clear()

    def measure(self, *, boundary_count: int) -> None:
        """
        Drive so many boundaries: at each a round of every game closes, the next opens, the closed is drawn. What only
        opens before them and only closes after them is the platform's to drive, and not measured.
        """
        from rounds.services import tick

        rounds = boundary_count + 1
        ahead_s = 0.5 + len(self.games) * rounds * PER_ROUND_S
        made = commit_in_step(self.games, rounds=rounds, step_s=self.step_s, ahead_s=ahead_s)
        first, *middle, last = boundaries(made)
        at_each([first], tick.run_due)
        self.turns_ms.append(median(at_each(middle, self._once)))
        at_each([last], tick.run_due)
        while tick.run_due():
            pass
        require_revealed(made)

    def _once(self) -> float:
        cpu, began = time.process_time(), time.perf_counter()
        self.drive()
        self.wall_ms.append((time.perf_counter() - began) * 1e3)
        self.cpu_ms.append((time.process_time() - cpu) * 1e3)
        return self.wall_ms[-1]


def p95(samples: Sequence[float]) -> float:
    """The value that one sample in twenty is above."""
    return sorted(samples)[min(len(samples) - 1, int(len(samples) * 0.95))]


def _row(bench: Bench, work: Driver, plain: Driver) -> Row:
    value, against = p95(work.wall_ms), p95(plain.wall_ms)
    games = len(work.games)
    return Row(
        name=f"tick at a boundary of {games} games: all close with their signed CLOSE, the next open, all are drawn",
        value=value,
        unit="ms (p95)",
        yardstick="the same arrows game by game, in two transactions each",
        yardstick_value=against,
        ratio=value / against,
        target=TARGET,
        met=meets(TARGET, value),
        samples=tuple(work.turns_ms),
        yardstick_samples=tuple(plain.turns_ms),
        figures={
            "boundaries": float(len(work.wall_ms)),
            "median_ms": median(work.wall_ms),
            "python_cpu_ms": median(work.cpu_ms),
            "yardstick_median_ms": median(plain.wall_ms),
            "yardstick_python_cpu_ms": median(plain.cpu_ms),
        },
        note="rounds.services.tick.run_due from its call until nothing is due: closing, sealing, opening, drawing, "
        "settling and revealing rounds without bets, all stored and announced; samples are medians of a turn",
    )
