"""What a scale run shows: a document in JSON, a page in Markdown, and pictures beside it."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.scaling.figures import Delays, count_over

LATE_MS = 250.0
SECONDS_A_POINT = 10
HEARD = ("opened", "closed", "drawn", "settled", "revealed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One line of the table of processes."""

    name: str
    processes: int
    cpu_s: float
    memory_mb: float


@dataclass(slots=True, kw_only=True)
class Outcome:
    """Everything that a run has found out. Delays are pairs: when (seconds since 1970), how long (milliseconds)."""

    asked: Mapping[str, Any]
    seconds: float = 0.0
    steps: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)
    heard: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)
    rounds: int = 0
    not_revealed_in_time: int = 0
    states: Mapping[str, int] = field(default_factory=dict)
    participations: int = 0
    load: Mapping[str, Any] = field(default_factory=dict)
    processes: Sequence[Process] = ()
    cpu_total_s: float = 0.0
    sizes: Mapping[str, Any] = field(default_factory=dict)
    took: Mapping[str, float] = field(default_factory=dict)
    invariants: Mapping[str, int] | None = None
    died: Sequence[str] = ()
    statements: Sequence[Mapping[str, Any]] = ()

    @property
    def late_closes(self) -> int:
        """Closes later than 250 ms after their boundary, by the database's clock."""
        return count_over([delay for _, delay in self.steps.get("closed", ())], LATE_MS)

    @property
    def unclosed(self) -> int:
        """Rounds whose time was up and that never closed: the latest of all."""
        return self.rounds - len(self.steps.get("closed", ()))

    @property
    def broken(self) -> int:
        """Invariants with a violation; one that could not be checked counts as broken."""
        return 1 if self.invariants is None else sum(1 for count in self.invariants.values() if count)

    @property
    def unserved(self) -> int:
        """Bets that met an error of the server, or no answer: not refusals by a rule, whose codes say which."""
        refused = self.load.get("refused", {})
        return sum(count for code, count in refused.items() if code == "maintenance" or not code.islower())

    @property
    def faults(self) -> list[str]:
        """Why this run has failed; empty when it has not."""
        found = [(self.late_closes, f"closes later than {LATE_MS:.0f} ms"), (self.unclosed, "rounds never closed")]
        found += [(self.broken, "invariants broken or not checked"), (len(self.died), "processes ended by themselves")]
        found += [(self.unserved, "bets met an error or no answer")]
        found += [(0 if self.rounds else 1, "run without any round")]
        return [f"{count} {what}" for count, what in found if count]


def write(outcome: Outcome, directory: Path) -> None:
    """scale.json, scale.md and their pictures, in this directory."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "scale.json").write_text(json.dumps(as_json(outcome), indent=1) + "\n")
    pictures = _draw(outcome, directory)
    (directory / "scale.md").write_text(as_page(outcome, pictures))


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The figures without the single measurements they come from."""
    return {
        "asked": outcome.asked,
        "ok": not outcome.faults,
        "faults": outcome.faults,
        "seconds": round(outcome.seconds, 1),
        "rounds": outcome.rounds,
        "rounds_per_second": round(outcome.rounds / outcome.seconds, 2) if outcome.seconds else None,
        "states": outcome.states,
        "late_closes": outcome.late_closes,
        "not_revealed_in_time": outcome.not_revealed_in_time,
        "participations": outcome.participations,
        "rows_ms": {name: _delays(points).as_json() for name, points in outcome.steps.items()},
        "announced_ms": {name: _delays(points).as_json() for name, points in outcome.heard.items()},
        "announced_late": {name: count_over([d for _, d in points], LATE_MS) for name, points in outcome.heard.items()},
        "bets": {name: value for name, value in outcome.load.items() if name != "times"},
        "cpu_seconds": round(outcome.cpu_total_s, 1),
        "processes": [asdict(one) for one in outcome.processes],
        "sizes": outcome.sizes,
        "took_s": outcome.took,
        "invariants": outcome.invariants,
        "died": list(outcome.died),
        "statements": list(outcome.statements),
    }


def as_page(outcome: Outcome, pictures: Mapping[str, str]) -> str:
    """The page for people."""
    fine = "Every close in time, every invariant holds."
    verdict = f"**{'; '.join(outcome.faults)}**" if outcome.faults else fine
    parts = [
        "# A scale run",
        f"`{outcome.asked['command']}`, on {outcome.asked['cores']} cores, {outcome.asked['began']}.",
        verdict,
        _table(("what", "figure"), _summary(outcome)),
        "## Delays after the boundary, in milliseconds",
        "*Rows* is what the rounds' rows say, by the database's clock; *announced* is when a subscriber of the live "
        "stream had the frame. Opening counts from the opening time, everything else from the closing time.",
        _table(("step", "rounds", "p50", "p95", "p99", "p99.9", "worst", "over 250"), _delay_rows(outcome)),
        "## Processes",
        "CPU seconds of the measured time alone; memory is each process's own, without what it shares.",
        _table(("process", "how many", "CPU s", "cores", "MB in all"), _process_rows(outcome)),
        *[f"![{text}]({file})" for file, text in pictures.items()],
    ]
    if outcome.statements:
        rows = [(f"`{one['query']}`", one["calls"], f"{one['total_s']:.1f}") for one in outcome.statements]
        parts += ["## Where PostgreSQL's time went", _table(("statement", "calls", "seconds"), rows)]
    return "\n\n".join(parts) + "\n"


def _summary(outcome: Outcome) -> list[tuple[str, str]]:
    load, seconds = outcome.load, max(outcome.seconds, 1e-9)
    refused = ", ".join(f"{count:,} {code}" for code, count in sorted(load.get("refused", {}).items())) or "none"
    answer = load.get("answer_ms", {})
    broken = "not checked" if outcome.invariants is None else f"{outcome.broken} of {len(outcome.invariants)}"
    return [
        ("operators, games", f"{outcome.asked['operators']}, {outcome.asked['games']}"),
        ("measured", f"{seconds:.0f} s"),
        ("rounds", f"{outcome.rounds:,} ({outcome.rounds / seconds:.1f} a second)"),
        ("closes later than 250 ms", f"{outcome.late_closes}"),
        ("not revealed within an interval of their close", f"{outcome.not_revealed_in_time:,}"),
        ("bets accepted", f"{load.get('accepted', 0):,} ({load.get('accepted', 0) / seconds:.0f} a second)"),
        ("bets refused", refused),
        ("not sent for want of a connection", f"{load.get('unsent', 0):,}"),
        ("answers, p50 / p99", f"{_ms(answer.get('p50'))} / {_ms(answer.get('p99'))}"),
        ("settlements (operators times rounds)", f"{outcome.participations:,}"),
        ("cores used", f"{outcome.cpu_total_s / seconds:.2f}"),
        ("database", f"{outcome.sizes.get('bytes', 0) / 1e6:,.0f} MB, {outcome.sizes.get('relations', 0):,} relations"),
        ("relations of one operator", f"{outcome.sizes.get('relations_an_operator', 0):,}"),
        ("a round's row with its indexes", f"{outcome.sizes.get('bytes_a_round', 0):,} bytes"),
        ("write-ahead log", f"{outcome.sizes.get('wal_bytes', 0) / 1e6 / seconds:.2f} MB a second"),
        ("connections", f"{outcome.sizes.get('connections', 0)}"),
        ("invariants broken", broken),
        *[(f"time for {name}", f"{seconds:.0f} s") for name, seconds in outcome.took.items()],
    ]


def _delay_rows(outcome: Outcome) -> list[tuple[str, ...]]:
    rows = [(f"{name}, rows", points) for name, points in outcome.steps.items()]
    rows += [(f"{name}, announced", outcome.heard[name]) for name in HEARD if name in outcome.heard]
    return [_delay_row(name, points) for name, points in rows]


def _delay_row(name: str, points: Sequence[tuple[float, float]]) -> tuple[str, ...]:
    found = _delays(points)
    shown = [f"{each:.0f}" for each in (found.p50, found.p95, found.p99, found.p999, found.worst)]
    return (name, f"{found.count:,}", *shown, f"{count_over([delay for _, delay in points], LATE_MS):,}")


def _process_rows(outcome: Outcome) -> list[tuple[str, ...]]:
    seconds = max(outcome.seconds, 1e-9)
    return [
        (one.name, f"{one.processes}", f"{one.cpu_s:.1f}", f"{one.cpu_s / seconds:.2f}", f"{one.memory_mb:.0f}")
        for one in outcome.processes
    ]


def _delays(points: Sequence[tuple[float, float]]) -> Delays:
    return Delays.of([delay for _, delay in points])


def _ms(value: float | None) -> str:
    return "?" if value is None or math.isnan(value) else f"{value:.0f} ms"


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def _draw(outcome: Outcome, directory: Path) -> dict[str, str]:
    """The pictures, file by what it shows; none where the plotting library is missing."""
    try:
        from bench import plots
    except ImportError:
        return {}
    drawn = {}
    if any(outcome.steps.values()):
        series = {name: worst_by_time(points) for name, points in outcome.steps.items() if points}
        plots.line(directory / "scale-rounds.png", title="Slowest round of 10 s", x=_X, y=_Y, log="y", series=series)
        drawn["scale-rounds.png"] = "The slowest round of each ten seconds, by step"
    if outcome.load.get("times"):
        series = {"slowest": worst_by_time(outcome.load["times"]), "median": middle_by_time(outcome.load["times"])}
        plots.line(directory / "scale-bets.png", title="Answers to bets", x=_X, y=_Y, log="y", series=series)
        drawn["scale-bets.png"] = "Answers to bets: median and slowest of each ten seconds"
    return drawn


_X, _Y = "seconds", "milliseconds"


def worst_by_time(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The longest delay of each ten seconds, by seconds since the first."""
    return [(at, delays[-1]) for at, delays in _by_time(points)]


def middle_by_time(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The median delay of each ten seconds, by seconds since the first."""
    return [(at, delays[len(delays) // 2]) for at, delays in _by_time(points)]


def _by_time(points: Sequence[tuple[float, float]]) -> list[tuple[float, list[float]]]:
    begin = min(at for at, _ in points)
    slots: dict[int, list[float]] = {}
    for at, delay in points:
        slots.setdefault(int((at - begin) // SECONDS_A_POINT), []).append(max(delay, 0.1))
    return [(float(slot * SECONDS_A_POINT), sorted(delays)) for slot, delays in sorted(slots.items())]
