"""What came of a run, and how it is told."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from tests.faults.checking import Finding
from tests.faults.plan import BY_NAME, Chosen

RECOVERED_P95_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hurt:
    """
    One step, and how long after its heal all was well. `recovered_s` is None where that took too long: see `why`; or
    where nobody `waited` for it.
    """

    step: int
    done: list[Chosen]
    missed: dict[str, str]
    recovered_s: float | None = None
    why: str = ""
    waited: bool = True

    @property
    def failed(self) -> bool:
        return self.waited and self.recovered_s is None

    def describe(self) -> str:
        """A line."""
        names = " + ".join(f"{one.fault} {_short(one.parameters)}".strip() for one in self.done)
        missed = "".join(f" (not done: {name}: {why})" for name, why in self.missed.items())
        if self.failed:
            return f"{names}{missed}: NOT WELL, {self.why}"
        held = max((one.hold_s for one in self.done), default=0.0)
        well = "" if self.recovered_s is None else f", well {self.recovered_s:.1f} s after"
        return f"{names}{missed}: {held:.1f} s{well}"


@dataclass(slots=True, kw_only=True)
class Outcome:
    """Everything that a run has found."""

    seed: int
    seconds: float
    began: datetime
    hurts: list[Hurt] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    operations: dict[str, dict[str, int]] = field(default_factory=dict)
    resolved: dict[str, dict[str, int]] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    reads: dict[str, int] = field(default_factory=dict)
    looks: list[dict[str, Any]] = field(default_factory=list)
    watched: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def faults(self) -> Counter[str]:
        """How often each kind was done."""
        return Counter(one.fault for hurt in self.hurts for one in hurt.done)

    @property
    def numbers(self) -> set[str]:
        """Of the catalogue."""
        return {BY_NAME[name].number for name in self.faults}

    @property
    def recoveries(self) -> list[float]:
        return sorted(hurt.recovered_s for hurt in self.hurts if hurt.recovered_s is not None)

    def against(self) -> list[str]:
        """Everything that speaks against the run, in sentences; nothing when all is well."""
        found = [f"not well again after {hurt.describe()}" for hurt in self.hurts if hurt.failed]
        found += [f"{one.claim}: {one.against[:5]}" for one in self.findings if one.against]
        found += [f"while it hurt, at {look['at']:.0f}: {look['broken']}" for look in self.looks if look.get("broken")]
        if other := self.reads.get("of another player"):
            found.append(f"{other} reads showed another player's rows")
        return found

    def as_json(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "began": self.began.isoformat(),
            "faults": dict(self.faults),
            "recovered_s": _figures(self.recoveries),
            "against": self.against(),
        }


def summary(outcome: Outcome) -> str:
    """For people."""
    faults, missed = outcome.faults, sum(len(hurt.missed) for hurt in outcome.hurts)
    passes = [look for look in outcome.looks if "broken" in look]
    lines = [
        f"seed {outcome.seed}, {outcome.began:%Y-%m-%d %H:%M} UTC",
        f"{faults.total()} faults of {len(faults)} kinds, {len(outcome.numbers)} of the catalogue's numbers"
        + (f"; {missed} could not be done" if missed else ""),
        *(f"left out, without a compiler: {name}" for name in outcome.left_out),
        "",
        f"{'fault':<44} {'times':>5} {'p50 s':>6} {'p95 s':>6} {'max s':>6}",
        *(_row(name, count, _of(outcome, name)) for name, count in sorted(faults.items(), key=_in_order)),
        _row("all (well again after the heal)", faults.total(), outcome.recoveries),
        "",
        "operations told ok, fail, unknown:",
        *(f"  {kind:<10} {_three(counts)}" for kind, counts in outcome.operations.items()),
        f"  unknown ones, asked again: {_sum(outcome.resolved)}",
        f"  answers: {_shares(outcome.words)}",
        f"  reads: {_shares(outcome.reads)}",
        f"{len(passes)} looks at all that must hold always, {len(outcome.looks) - len(passes)} without a database",
        "",
        *(finding.describe() for finding in outcome.findings),
        "",
        *(f"AGAINST: {one}" for one in outcome.against()),
        "Nothing is lost, nothing is doubled." if not outcome.against() else "It does not hold.",
    ]
    return "\n".join(lines)


def percentile(values: list[float], share: float) -> float:
    """Of sorted values, the nearest rank."""
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def _of(outcome: Outcome, name: str) -> list[float]:
    return sorted(
        hurt.recovered_s
        for hurt in outcome.hurts
        if hurt.recovered_s is not None and any(one.fault == name for one in hurt.done)
    )


def _row(name: str, count: int, values: list[float]) -> str:
    figures = _figures(values)
    return f"{name:<44} {count:>5} {figures['p50']:>6.1f} {figures['p95']:>6.1f} {figures['max']:>6.1f}"


def _figures(values: list[float]) -> dict[str, float]:
    return {
        "p50": percentile(values, 0.50),
        "p95": percentile(values, 0.95),
        "max": values[-1] if values else 0.0,
    }


def _in_order(pair: tuple[str, int]) -> tuple[int, str]:
    return int(BY_NAME[pair[0]].number[1:]), pair[0]


def _three(counts: dict[str, int]) -> str:
    return "".join(f"{counts.get(word, 0):>7} {word}" for word in ("ok", "fail", "unknown"))


def _sum(counted: dict[str, dict[str, int]]) -> str:
    total: Counter[str] = Counter()
    for counts in counted.values():
        total.update(counts)
    return ", ".join(f"{count} {word}" for word, count in total.items()) or "none"


def _shares(counted: dict[str, int]) -> str:
    return ", ".join(f"{count} {word}" for word, count in counted.items())


def _short(parameters: dict[str, Any]) -> str:
    shown: Iterable[str] = (
        ",".join(value) if isinstance(value, list | tuple) else str(value)
        for name, value in parameters.items()
        if name != "seed"
    )
    return f"({' '.join(shown)})" if parameters else ""
