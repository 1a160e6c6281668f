"""`manage.py simulate_rtp`: bets played by the law of a draw return what the exact fraction says, and are kept."""

import hashlib
import io
import json
from math import comb
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from scipy import stats

from bets.paytables import K88, chance, statistics
from bets.selectors import active_paytable
from operators.models import Operator
from operators.tenancy import tenant_context
from reports.models import RunKind, SimulationRun
from reports.statistics import dataset, returns
from reports.statistics.returns import JOINT_CONFIDENCE, Method, Played, hits_by_law, hits_of_draws, judge, simulate

SEED = "a seed of the tests"
PNG = b"\x89PNG\r\n\x1a\n"
PICKS = range(1, 11)


def generator(number: int) -> np.random.Generator:
    return np.random.default_rng(number)


def fit(observed: np.ndarray, pick_count: int) -> float:
    """The p-value of Pearson's chi-square against the exact law; rare numbers of hits are taken together."""
    expected = np.array([float(chance(pick_count=pick_count, hits=h)) for h in range(pick_count + 1)]) * observed.sum()
    common = expected >= 5
    cells = [*observed[: pick_count + 1][common], observed[: pick_count + 1][~common].sum()]
    laws = [*expected[common], expected[~common].sum()]
    if laws[-1] < 1e-9:
        cells, laws = cells[:-1], laws[:-1]
    return float(stats.chisquare(cells, laws).pvalue)


class TestHits:
    @pytest.mark.parametrize("pick_count", PICKS)
    def test_the_range_is_divided_as_the_law_divides_draws(self, pick_count: int) -> None:
        bounds = [0, *map(int, returns.thresholds(pick_count)), 2**64]
        for hits in range(pick_count + 1):
            ways = comb(pick_count, hits) * comb(80 - pick_count, 20 - hits)
            exact = ways * 2**64 / comb(80, 20)
            assert abs((bounds[hits + 1] - bounds[hits]) - exact) <= max(1.0, exact * 1e-15)

    @pytest.mark.parametrize("pick_count", PICKS)
    def test_by_the_law_they_are_distributed_as_theory_says(self, pick_count: int) -> None:
        hits = hits_by_law(generator(pick_count), pick_count, 400_000)
        assert fit(np.bincount(hits, minlength=11), pick_count) > 1e-4

    @pytest.mark.parametrize("pick_count", [1, 4, 10])
    def test_of_whole_draws_they_are_distributed_alike(self, pick_count: int) -> None:
        drawn = np.bincount(hits_of_draws(generator(pick_count), pick_count, 60_000), minlength=11)
        assert fit(drawn, pick_count) > 1e-4
        by_law = np.bincount(hits_by_law(generator(99 + pick_count), pick_count, 60_000), minlength=11)
        common = (drawn + by_law) >= 20
        assert stats.chi2_contingency([drawn[common], by_law[common]]).pvalue > 1e-4

    def test_a_crooked_law_would_be_found(self) -> None:
        hits = hits_by_law(generator(5), 5, 400_000)
        favoured = np.where(generator(6).random(hits.size) < 0.02, np.minimum(hits + 1, 5), hits)
        assert fit(np.bincount(favoured, minlength=11), 5) < 1e-6


class TestSimulation:
    def test_is_the_same_for_any_number_of_processes_and_another_for_another_seed(self) -> None:
        table, bets = {3: K88[3], 7: K88[7]}, returns.PART + 1000
        alone = simulate(table, bets=bets, seed=SEED, processes=1)
        together = simulate(table, bets=bets, seed=SEED, processes=2)
        assert [(one.hits, one.paid) for one in alone.values()] == [(one.hits, one.paid) for one in together.values()]
        assert sum(alone[3].hits) == alone[3].bets == bets
        other = simulate(table, bets=bets, seed="another", processes=1)
        assert other[3].hits != alone[3].hits

    def test_pays_each_bet_by_its_hits(self) -> None:
        for method in Method:
            played = simulate(K88, bets=50_000, seed=SEED, processes=1, method=method)
            for pick, one in played.items():
                assert one.paid == sum(count * K88[pick].get(hits, 0) for hits, count in enumerate(one.hits))

    def test_the_exact_return_lies_in_the_interval_as_often_as_it_should(self) -> None:
        table = {pick: K88[pick] for pick in (1, 2, 3, 4, 5)}
        held = [
            all(one.holds for one in judge(table, simulate(table, bets=40_000, seed=str(n), processes=1)))
            for n in range(150)
        ]
        assert stats.binomtest(sum(held), len(held), JOINT_CONFIDENCE).pvalue > 1e-3

    def test_a_table_that_pays_more_than_it_says_is_found(self) -> None:
        played = simulate({4: K88[4] | {2: 101}}, bets=returns.PART, seed=SEED, processes=1)
        [found] = judge({4: K88[4]}, played)
        assert found.holds  # a hundredth more for every fifth bet is too little to be seen in four million bets
        played = simulate({4: K88[4] | {2: 120}}, bets=returns.PART, seed=SEED, processes=1)
        [found] = judge({4: K88[4]}, played)
        assert not found.holds
        assert found.p_value < 1e-6

    def test_a_prize_that_no_bet_of_the_sample_won_does_not_narrow_the_interval(self) -> None:
        lucky = Played(pick_count=10, bets=1000, hits=(0,) * 11, paid=0, cpu_s=0.0)
        [found] = judge({10: K88[10]}, {10: lucky})
        exact = statistics(10, K88[10])
        assert found.high - found.low > 2 * exact.standard_deviation / 1000**0.5


def run(*arguments: str, output: Path) -> tuple[str, SimulationRun]:
    printed = io.StringIO()
    call_command("simulate_rtp", *arguments, "--output", str(output), stdout=printed, stderr=io.StringIO())
    return printed.getvalue(), SimulationRun.objects.order_by("-pk")[0]


@pytest.mark.django_db
class TestTheCommand:
    def test_plays_every_pick_count_and_keeps_what_came_out(self, tmp_path: Path) -> None:
        printed, row = run("--bets", "200000", "--seed", SEED, "--processes", "2", output=tmp_path)
        assert (row.kind, row.confidence, row.result["passed"]) == (RunKind.RETURNS, "0.99", True)
        assert row.parameters["bets_each"] == 200_000
        assert [one["pick_count"] for one in row.result["returns"]] == list(PICKS)
        for said in (SEED, row.file, row.plot, bytes(row.file_sha256).hex(), "88.7500%", row.result["verdict"]):
            assert said in printed
        assert hashlib.sha256(Path(row.file).read_bytes()).digest() == bytes(row.file_sha256)
        assert Path(row.plot).read_bytes()[:8] == PNG
        counts = pq.read_table(row.file).to_pylist()
        assert sum(one["bets"] for one in counts) == 10 * 200_000
        paid = sum(one["bets"] * one["multiplier_hundredths"] for one in counts if one["pick_count"] == 6)
        assert row.result["returns"][5]["simulated"] == pytest.approx(paid / 100 / 200_000)
        metadata = json.loads(pq.read_schema(row.file).metadata[dataset.METADATA])
        assert metadata == {"parameters": row.parameters, "result": row.result}

    def test_of_one_pick_count_keeps_the_exact_fraction(self, tmp_path: Path) -> None:
        _, row = run(
            "--bets", "1000", "--seed", SEED, "--pick", "1", "--whole-draws", "--processes", "1", output=tmp_path
        )
        assert row.exact_value == "71/80"
        assert row.parameters["source"] == "draws"
        assert row.parameters["pick_counts"] == [1]

    def test_plays_the_table_that_an_operator_has(self, operator_a: Operator, tmp_path: Path) -> None:
        _, row = run("--bets", "1000", "--seed", SEED, "--operator", "alpha", "--processes", "1", output=tmp_path)
        with tenant_context(operator_a):
            assert row.parameters["paytable_hash"] == bytes(active_paytable().hash).hex()
        assert "alpha" in row.parameters["paytable"]

    def test_exits_with_1_when_an_exact_return_lies_outside(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(returns._MAKERS, Method.LAW, lambda random, pick, bets: np.full(bets, pick, np.uint8))
        with pytest.raises(SystemExit) as ended:
            run("--bets", "1000", "--processes", "1", output=tmp_path)
        assert ended.value.code == 1
        row = SimulationRun.objects.order_by("-pk")[0]
        assert row.result["passed"] is False
        assert "outside" in row.result["verdict"]

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("--bets", "0"), "--bets is 1 to"),
            (("--processes", "0"), "--processes"),
            (("--pick", "11"), "does not offer it"),
            (("--operator", "nobody"), "no operator nobody"),
        ],
    )
    def test_refuses_what_makes_no_sense_and_keeps_nothing(
        self, arguments: tuple[str, ...], said: str, tmp_path: Path
    ) -> None:
        before = SimulationRun.objects.count()
        with pytest.raises(CommandError, match=said):
            run(*arguments, output=tmp_path)
        assert SimulationRun.objects.count() == before
        assert list(tmp_path.iterdir()) == []
