"""Keeping what was run."""

from pathlib import Path
from typing import Any

from django.db import transaction

from audit import services as audit
from reports.models import RunKind, SimulationRun


@transaction.atomic
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
    """Keep a finished run, whose files are written by now, on record."""
    run = SimulationRun.objects.create(
        kind=kind,
        parameters=parameters,
        result=result,
        exact_value=exact_value,
        confidence=confidence,
        file=str(file.resolve()),
        file_sha256=file_sha256,
        plot=str(plot.resolve()) if plot else "",
    )
    audit.record(
        "simulation.finished",
        description=f"{kind.label}: {result.get('verdict', '')}".removesuffix(": "),
        actor="command line",
        after={"run_id": run.pk, "kind": str(kind), "file_sha256": file_sha256.hex(), "passed": result.get("passed")},
    )
    return run
