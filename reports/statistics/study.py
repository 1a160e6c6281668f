"""A study of draws from beginning to end: count, test, plot, store."""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from reports.models import RunKind, SimulationRun
from reports.services import store_run
from reports.statistics import dataset, significance
from reports.statistics.picture import draw_picture
from reports.statistics.samples import Sample
from reports.statistics.significance import ALPHA, Verdict
from reports.statistics.tally import Tally, count_draws


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A finished study and the row that keeps it."""

    verdict: Verdict
    run: SimulationRun


def run_study(*, sample: Sample, directory: Path, at: datetime) -> Study:
    """
    Test these draws and keep them: a Parquet file, a picture and a row.

    :raises DrawsInvalid: what the sample holds are not draws.
    """
    tally = count_draws(sample.draws)
    verdict = significance.judge(tally)
    result = result_of(tally, verdict)
    path = dataset.new_path(directory, at)
    file, plot = path.with_suffix(".parquet"), path.with_suffix(".png")
    digest = dataset.write_parquet(file, sample, result)
    draw_picture(plot, tally=tally, verdict=verdict, parameters=sample.parameters, at=at)
    run = store_run(
        kind=RunKind.DRAW_STATISTICS,
        parameters=sample.parameters,
        result=result,
        confidence=str(1 - ALPHA),
        file=file,
        file_sha256=digest,
        plot=plot,
    )
    return Study(verdict=verdict, run=run)


def result_of(tally: Tally, verdict: Verdict) -> dict[str, Any]:
    """Verdict and counts as JSON."""
    return {
        "passed": not verdict.odd,
        "verdict": verdict.words,
        "alpha": ALPHA,
        "tests": [asdict(one) | {"odd": one.is_odd} for one in verdict.outcomes],
        "skipped": [{"code": test.code, "draws_min": test.draws_min} for test in verdict.skipped],
        "counts": {
            "numbers": tally.numbers.tolist(),
            "first_ball": tally.first_ball.tolist(),
            "overlaps": tally.overlaps.tolist(),
            "collections": np.bincount(tally.collections).tolist(),
            "high": tally.high,
            "low": tally.low,
            "runs": tally.runs,
        },
    }
