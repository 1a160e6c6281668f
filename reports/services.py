"""Keeping what was run."""

from pathlib import Path
from typing import Any

from reports.models import RunKind, SimulationRun


def store_run(
    *,
    kind: RunKind,
    parameters: dict[str, Any],
    result: dict[str, Any],
    file: Path,
    file_sha256: bytes,
    plot: Path | None = None,
    exact_value: str = "",
    confidence: str = "",
) -> SimulationRun:
    """Keep a finished run, whose files are written by now."""
    return SimulationRun.objects.create(
        kind=kind,
        parameters=parameters,
        result=result,
        exact_value=exact_value,
        confidence=confidence,
        file=str(file.resolve()),
        file_sha256=file_sha256,
        plot=str(plot.resolve()) if plot else "",
    )
