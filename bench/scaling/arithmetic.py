"""
The arithmetic of docs/scaling.md: what ten million rounds a day and a hundred thousand bets a second would take,
computed from what the last `make bench` and the last `python -m bench.scale` have measured.

`python -m bench.scaling.arithmetic` prints two tables in Markdown. A figure that is missing in the results stands as
"?", and so does whatever is computed from it.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent.parent / "results"
ROUNDS_A_DAY, SECONDS_A_DAY = 10_000_000, 86_400
INTERVAL_S = 10
BETS_A_SECOND = 100_000
SINGLE, BULK = "one bet per HTTP request (", "bulk calls of 500"
SETTLED, TICKED = "settle a round of 100,000 bets", "tick at a boundary of 250 games"
SCALE_RUN, BENCH = "`python -m bench.scale`", "`make bench`"
UNKNOWN = math.nan
Line = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the results say; NaN where they do not."""

    rows: Sequence[Mapping[str, Any]]
    scale: Mapping[str, Any]

    @classmethod
    def read(cls, directory: Path) -> "Measured":
        """The results in this directory, as far as there are any."""
        return cls(rows=_read(directory / "latest.json", []), scale=_read(directory / "scale.json", {}))

    def figure(self, name: str, figure: str) -> float:
        """A further figure of the row of `make bench` whose name begins so; "value" is the row's own."""
        row = next((row for row in self.rows if row["name"].startswith(name)), {})
        found = row.get("value") if figure == "value" else row.get("figures", {}).get(figure)
        return UNKNOWN if found is None else float(found)

    def cpu_s(self, *names: str) -> float:
        """CPU seconds of these processes in the scale run; a name counts for all that begin with it and a hyphen."""
        used = [
            one["cpu_s"]
            for one in self.scale.get("processes", ())
            if any(one["name"] == name or one["name"].startswith(f"{name}-") for name in names)
        ]
        return float(sum(used)) if used else UNKNOWN

    def of_scale(self, *path: str) -> float:
        """A number of the scale run's document."""
        found: Any = self.scale
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return UNKNOWN if found is None else float(found)


def _read(file: Path, otherwise: Any) -> Any:
    return json.loads(file.read_text()) if file.exists() else otherwise


def rounds_table(measured: Measured) -> list[Line]:
    """Ten million rounds a day."""
    rate = ROUNDS_A_DAY / SECONDS_A_DAY
    games = rate * INTERVAL_S
    tick_ms = _ratio(measured.cpu_s("rounds", "postgres for rounds"), measured.of_scale("rounds")) * 1000
    boundary_ms, row = measured.figure(TICKED, "value"), measured.of_scale("sizes", "bytes_a_round")
    return [
        ("rounds", f"10,000,000 / 86,400 s, games of {INTERVAL_S} s", f"{rate:.1f} a second, {games:,.0f} games"),
        (
            "tick",
            f"{_show(tick_ms, 'ms')} of CPU a round, of the worker `rounds` and its backend ({SCALE_RUN})",
            _show(rate * tick_ms / 1000, "cores"),
        ),
        (
            "all boundaries at once",
            f"{_show(boundary_ms, 'ms')} p95 for 250 games ({BENCH}), in proportion",
            _show(boundary_ms * games / 250, "ms"),
        ),
        (
            "rounds' rows",
            f"{_show(row, 'bytes')} with indexes ({SCALE_RUN})",
            _show(row * ROUNDS_A_DAY / 1e9, "GB a day"),
        ),
        ("frames", "five a round, to a web process with sockets on every game", f"{5 * rate:,.0f} a second"),
    ]


def bets_table(measured: Measured) -> list[Line]:
    """A hundred thousand bets a second."""
    pair_ms = (
        _ratio(measured.cpu_s("settlement", "postgres for settlement"), measured.of_scale("participations")) * 1000
    )
    wal = _ratio(measured.of_scale("sizes", "wal_bytes"), measured.of_scale("bets", "accepted"))
    log = wal * BETS_A_SECOND
    lines = [
        *_placing("bets one by one", measured, SINGLE),
        *_placing("bulk calls of 500", measured, BULK),
        *_cores("settlement, large rounds", measured, SETTLED, ("python_cpu_us_per_bet", "database_cpu_us_per_bet")),
    ]
    return [
        *lines,
        (
            "settlement, each bet a pair of its own",
            f"{_show(pair_ms, 'ms')} of CPU a pair of operator and round ({SCALE_RUN})",
            _show(BETS_A_SECOND * pair_ms / 1000, "cores"),
        ),
        (
            "write-ahead log",
            f"{_show(wal, 'bytes')} a bet, its share of rounds and settlement included ({SCALE_RUN})",
            f"{_show(log / 1e6, 'MB a second')}, {_show(log * SECONDS_A_DAY / 1e9, 'GB a day')}",
        ),
    ]


def _placing(what: str, measured: Measured, row: str) -> list[Line]:
    return [
        *_cores(f"web, {what}", measured, row, ("web_cpu_us_per_bet",)),
        *_cores(f"PostgreSQL, {what}", measured, row, ("postgres_cpu_us_per_bet",)),
    ]


def _cores(what: str, measured: Measured, row: str, figures: Sequence[str]) -> list[Line]:
    us = sum(measured.figure(row, figure) for figure in figures)
    return [(what, f"{_show(us, 'µs')} of CPU a bet ({BENCH})", _show(us * BETS_A_SECOND / 1e6, "cores"))]


def _ratio(value: float, by: float) -> float:
    return value / by if by else UNKNOWN


def _show(value: float, unit: str) -> str:
    if math.isnan(value):
        return f"? {unit}"
    digits = 0 if value >= 10 else 1 if value >= 1 else 2
    return f"{value:,.{digits}f} {unit}"


def as_markdown(head: str, lines: Sequence[Line]) -> str:
    """A table under this head."""
    return "\n".join(
        [f"| {head} | measured | computed |", "| --- | --- | --- |", *(f"| {' | '.join(x)} |" for x in lines)]
    )


def main() -> None:
    """Print both tables."""
    measured = Measured.read(RESULTS)
    print(as_markdown("ten million rounds a day", rounds_table(measured)))
    print()
    print(as_markdown("a hundred thousand bets a second", bets_table(measured)))


if __name__ == "__main__":
    main()
