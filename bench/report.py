"""What a run leaves behind: lines in the terminal, latest.json, and a page with pictures."""

import json
import os
import platform
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import plots
from bench.harness import Row, read_target

_TIMES = ("x", "×", "times")
TARGETS = "targets.png"
ALWAYS = ("name", "value", "unit", "yardstick", "ratio", "target", "met")


def as_line(row: Row) -> str:
    """One row for the terminal, its further figures below."""
    against = f" against {_number(row.yardstick_value)} ({row.yardstick})" if row.yardstick_value is not None else ""
    ratio = f", ratio {row.ratio:.2f}" if row.ratio is not None else ""
    lines = [f"  {_word(row):<8} {row.name}: {_number(row.value)} {row.unit}{against}{ratio}; target {row.target}"]
    if row.figures:
        lines.append("           " + ", ".join(f"{name} {_number(value)}" for name, value in row.figures.items()))
    if row.note:
        lines.append(f"           {row.note}")
    return "\n".join(lines)


def as_json(row: Row) -> dict[str, Any]:
    """One row of latest.json; what is empty is left out, but for the members that every row has."""
    members = asdict(row) | {"figures": dict(row.figures)}
    told = {name: members[name] for name in ALWAYS} | {
        name: value for name, value in members.items() if value not in (None, "", (), {})
    }
    return {name: _rounded(value) for name, value in told.items()}


def _rounded(value: Any) -> Any:
    """Figures to six digits: no clock here knows more."""
    match value:
        case float():
            return float(f"{value:.6g}")
        case dict():
            return {name: _rounded(one) for name, one in value.items()}
        case tuple() | list():
            return [_rounded(one) for one in value]
    return value


def write(out: Path, rows: Sequence[Row], *, quick: bool, began: float, command: str) -> None:
    """latest.json, and README.md with a table, the bars and the pictures that this run made."""
    scores = {row.name: score for row in rows if (score := score_of(row)) is not None}
    if scores:
        plots.bars(out / TARGETS, title="Measured, in multiples of the target", scores=scores)
    (out / "latest.json").write_text(json.dumps([as_json(row) for row in rows], indent=2) + "\n")
    pictures = sorted(
        path.name for path in out.glob("*.png") if path.stat().st_mtime >= began - 1 and path.name != TARGETS
    )
    (out / "README.md").write_text(
        _page(rows, quick=quick, command=command, pictures=[TARGETS] * bool(scores) + pictures)
    )


def verdict(rows: Sequence[Row]) -> str:
    """How many targets were met, in a sentence."""
    met, failed = sum(row.met is True for row in rows), sum(row.met is False for row in rows)
    return f"{met} targets met, {failed} not, {len(rows) - met - failed} without a verdict."


def score_of(row: Row) -> float | None:
    """How many times better than its target; None where that cannot be said."""
    try:
        bound, limit = read_target(row.target)
    except ValueError:
        return None
    of_ratio = row.target.rstrip(") ").endswith(_TIMES) or any(f"{word}," in row.target for word in _TIMES)
    measured = row.ratio if of_ratio else row.value
    if not measured or not limit:
        return None
    return measured / limit if bound.startswith(">") else limit / measured


def _page(rows: Sequence[Row], *, quick: bool, command: str, pictures: Sequence[str]) -> str:
    parts = [
        "# Measured",
        f"Written by `{command}` on {time.strftime('%Y-%m-%d', time.gmtime())}. {verdict(rows)} {machine()}",
        "Absolute figures move with the machine; a ratio is between medians of repeats taken in turns in one run, on "
        "the same servers. The same figures are in [latest.json](latest.json).",
    ]
    if quick:
        parts.append(
            "**A quick run**: fewer repeats and smaller sizes than `make bench`. Its figures say that everything runs, "
            "and roughly how fast; they are no verdict."
        )
    parts.append("\n".join(_table(rows)))
    notes = list(_details(rows))
    if notes:
        parts += ["## In detail", "\n".join(notes)]
    parts += [f"![{Path(name).stem.replace('_', ' ')}]({name})" for name in pictures]
    return "\n\n".join(parts) + "\n"


def _table(rows: Iterable[Row]) -> Iterable[str]:
    yield "| what | measured | yardstick | ratio | target | met |"
    yield "| --- | ---: | --- | ---: | --- | --- |"
    for row in rows:
        yardstick = f"{row.yardstick}: {_number(row.yardstick_value)}" if row.yardstick_value is not None else ""
        cells = [
            row.name,
            f"{_number(row.value)} {row.unit}".strip(),
            yardstick or row.yardstick,
            f"{row.ratio:.2f}" if row.ratio is not None else "",
            row.target,
            _word(row),
        ]
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _details(rows: Iterable[Row]) -> Iterable[str]:
    for row in rows:
        said = [f"{name.replace('_', ' ')} {_number(value)}" for name, value in row.figures.items()]
        if row.samples:
            said.append(f"samples {', '.join(map(_number, row.samples))}")
        if row.yardstick_samples:
            said.append(f"yardstick {', '.join(map(_number, row.yardstick_samples))}")
        text = "; ".join(said)
        if text or row.note:
            yield f"- **{row.name}**: {'. '.join(part for part in (text, row.note) if part)}"


def machine() -> str:
    """The machine, its Python and its database, in a sentence."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_DATABASE)
        [postgres] = cursor.fetchone()
    return (
        f"{os.cpu_count()} cores ({_processor()}), {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, PostgreSQL {postgres}; the load generator on the same cores."
    )


_DATABASE = """
    SELECT format('%s (fsync %s, synchronous_commit %s)', current_setting('server_version'), current_setting('fsync'),
                  current_setting('synchronous_commit'))
"""


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    models = [line for line in cpuinfo.read_text().splitlines() if "model name" in line] if cpuinfo.exists() else []
    return models[0].partition(": ")[2].strip() if models else platform.processor() or "unknown"


def _word(row: Row) -> str:
    if row.met is None:
        return "not run" if row.value is None else "–"
    return "met" if row.met else "NOT MET"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    digits = 1 if abs(value) >= 100 else 2 if abs(value) >= 1 else 4
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")
