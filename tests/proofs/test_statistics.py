"""
A million draws by the protocol against every test, and how crooked a draw must be for a million to show it.

The seeds are fixed, so that the outcome is always the same; `manage.py draw_statistics` without a seed takes a new one.
"""

import io
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from django.core.management import call_command
from scipy import stats

from reports.models import SimulationRun
from reports.statistics import dataset
from reports.statistics.significance import ALPHA, TESTS, judge
from reports.statistics.tally import count_draws
from tests.reports.generators import favours_seven, repeats_a_draw, shuffle

DRAWS = 1_000_000
SEED = "a million draws"
PIECE = 4_000
pytestmark = pytest.mark.proof


@pytest.mark.django_db
def test_a_million_draws_look_as_a_million_fair_draws_would(tmp_path: Path) -> None:
    printed, began = io.StringIO(), time.monotonic()
    call_command("draw_statistics", draws=DRAWS, seed=SEED, output=tmp_path, stdout=printed)
    print(f"\n{printed.getvalue()}\nall in all {time.monotonic() - began:.1f} s")
    [run] = SimulationRun.objects.filter(parameters__seed=SEED)
    tests = {one["code"]: one for one in run.result["tests"]}
    assert set(tests) == {test.code for test in TESTS}
    assert {code: one["p_holm"] for code, one in tests.items() if one["p_holm"] < ALPHA} == {}
    assert sum(run.result["counts"]["numbers"]) == 20 * DRAWS

    table = pq.read_table(run.file)
    draws = np.column_stack([table.column(name).to_numpy() for name in dataset.COLUMNS])
    pieces = [judge(count_draws(draws[at : at + PIECE])) for at in range(0, DRAWS, PIECE)]
    by_test = zip(*(piece.outcomes for piece in pieces), strict=True)
    uniform = {one[0].code: stats.kstest([each.p_value for each in one], "uniform").pvalue for one in by_test}
    print(f"p-values of {len(pieces)} pieces uniform:", {code: round(float(p), 3) for code, p in uniform.items()})
    assert set(uniform) == set(tests)
    assert min(uniform.values()) > ALPHA / len(uniform)


def test_a_million_draws_show_a_number_that_comes_three_percent_too_often() -> None:
    verdict = judge(count_draws(favours_seven(np.random.default_rng(1), DRAWS, share=0.01)))
    assert "numbers" in {one.code for one in verdict.odd}


def test_a_million_draws_show_that_one_in_twenty_thousand_is_a_repetition() -> None:
    verdict = judge(count_draws(repeats_a_draw(np.random.default_rng(1), DRAWS, share=1 / 20_000)))
    assert [one.code for one in verdict.odd] == ["overlap"]


def test_a_million_draws_do_not_show_a_remainder_of_two_bytes() -> None:
    """65,536 = 819 * 80 + 16: the numbers 1 to 16 are first 0.1 % too often. Only whoever reads the code sees it."""
    steps = np.random.default_rng(1).integers(0, 65_536, (DRAWS, 20)) % (80 - np.arange(20))
    assert not judge(count_draws(shuffle(steps))).odd
