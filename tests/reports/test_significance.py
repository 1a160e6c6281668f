"""
The tests of draws: their p-values are uniform for a good generator, each fails on a draw that was made crooked for it,
and the laws that they compare with are right.
"""

from collections.abc import Callable
from itertools import combinations, pairwise
from math import comb

import numpy as np
import pytest
from scipy import stats

from reports.statistics import distributions
from reports.statistics.significance import TESTS, Outcome, Verdict, holm, judge, numbers, runs
from reports.statistics.tally import DrawsInvalid, Tally, count_draws
from tests.reports import generators
from tests.reports.generators import Draws, Generator

BY_CODE = {test.code: test for test in TESTS}
FEW = sorted({test.draws_min for test in TESTS})
UNIFORM_ENOUGH = 0.001
Tallies = Callable[[int], list[Tally]]


@pytest.fixture(scope="module")
def fair_tallies() -> Tallies:
    """By number of draws: many series of a good generator, always the same."""
    made: dict[int, list[Tally]] = {}

    def tallies(draws: int) -> list[Tally]:
        if draws not in made:
            chance = np.random.default_rng(draws)
            series = max(100, min(600, 200_000 // draws))
            made[draws] = [count_draws(generators.fair(chance, draws)) for _ in range(series)]
        return made[draws]

    return tallies


def uniformity(p_values: list[float]) -> float:
    """The p-value of Kolmogorov and Smirnov for these being uniform."""
    return float(stats.kstest(p_values, "uniform").pvalue)


@pytest.mark.parametrize("code", BY_CODE)
@pytest.mark.parametrize("draws", [*FEW, 4_000])
def test_p_values_are_uniform_for_a_good_generator(code: str, draws: int, fair_tallies: Tallies) -> None:
    test = BY_CODE[code]
    if draws < test.draws_min:
        assert code not in {one.code for one in judge(fair_tallies(draws)[0]).outcomes}
        return
    outcomes = [test.ask(tally) for tally in fair_tallies(draws)]
    assert uniformity([one.p_value for one in outcomes]) > UNIFORM_ENOUGH
    mean, error = np.mean([one.statistic for one in outcomes]), stats.sem([one.statistic for one in outcomes])
    assert mean == pytest.approx(np.mean([one.expected for one in outcomes]), abs=4 * error)


def test_the_plain_chi_square_of_numbers_would_be_wrong(fair_tallies: Tallies) -> None:
    """Its mean is 60, so that it would take an unfair draw for a fair one."""
    plain = [float((np.square(one.numbers - 250) / 250).sum()) for one in fair_tallies(1_000)]
    assert np.mean(plain) == pytest.approx(60, abs=4 * stats.sem(plain))
    assert uniformity([stats.chi2(79).sf(one) for one in plain]) < 1e-9
    assert [numbers(one).statistic for one in fair_tallies(1_000)] == pytest.approx([one * 79 / 60 for one in plain])


def test_the_plain_chi_square_of_pairs_would_be_wrong_with_any_factor(fair_tallies: Tallies) -> None:
    expected = 1_000 * 19 / 316
    upper = np.triu_indices(80, 1)
    plain = np.array([(np.square(one.pairs[upper] - expected) / expected).sum() for one in fair_tallies(1_000)])
    assert uniformity(stats.chi2(3159).sf(plain).tolist()) < 1e-9
    scaled = plain * 3159 / plain.mean()
    assert scaled.std() > 1.5 * np.sqrt(2 * 3159)
    assert uniformity(stats.chi2(3159).sf(scaled).tolist()) < 1e-6


def test_the_pairs_statistic_has_the_mean_and_variance_that_symmetry_demands(fair_tallies: Tallies) -> None:
    found = [BY_CODE["pairs"].ask(one).statistic for one in fair_tallies(400)]
    assert np.mean(found) == pytest.approx(3080, abs=4 * stats.sem(found))
    # The variance of a sample of m has a standard error of about variance * sqrt(2 / m).
    variance = 2 * 3080 * (1 - 1 / 400)
    assert np.var(found) == pytest.approx(variance, abs=4 * variance * np.sqrt(2 / len(found)))


def test_the_variances_are_those_of_the_covariance_matrices_written_out() -> None:
    p1, p2, p3, p4 = (float(distributions.all_drawn(count)) for count in (1, 2, 3, 4))
    chance = np.random.default_rng(1)

    of_numbers = np.full((80, 80), p2) + np.eye(80) * (p1 - p2) - p1**2
    some = chance.normal(size=80)
    some -= some.mean()
    assert of_numbers @ some == pytest.approx(float(distributions.NUMBER_VARIANCE) * some)

    pairs = np.array(list(combinations(range(80), 2)))
    holds = np.zeros((len(pairs), 80))
    holds[np.arange(len(pairs))[:, None], pairs] = 1
    of_pairs = np.choose((holds @ holds.T).astype(int), [p4, p3, p2]) - p2**2
    some = chance.normal(size=len(pairs))
    some -= holds @ np.linalg.lstsq(holds, some)[0]  # what sums of its two numbers explain
    assert of_pairs @ some == pytest.approx(float(distributions.PAIR_VARIANCE) * some)

    other = (1 - np.eye(80)) / (80 * 79) - 1 / 6400  # between two positions
    of_positions = np.kron(np.eye(20), np.eye(80) / 80 - 1 / 6400 - other) + np.kron(np.ones((20, 20)), other)
    table = chance.normal(size=(20, 80))
    table -= table.mean(axis=0)
    table -= table.mean(axis=1, keepdims=True)
    assert of_positions @ table.ravel() == pytest.approx(float(distributions.POSITION_VARIANCE) * table.ravel())


def test_overlaps_are_hypergeometric() -> None:
    chances = distributions.overlap_probabilities()
    assert sum(chances) == 1
    assert sum(k * p for k, p in enumerate(chances)) == 5
    assert [float(p) for p in chances] == pytest.approx(stats.hypergeom(80, 20, 20).pmf(range(21)))


def test_collections_of_all_numbers_take_four_draws_at_least_and_seldom_many() -> None:
    chances = distributions.collection_probabilities()
    assert sum(chances) == pytest.approx(1)
    assert chances[:4] == [0, 0, 0, 0]
    assert chances[4] == pytest.approx(comb(60, 20) * comb(40, 20) / comb(80, 20) ** 3)
    assert chances[-1] < 1e-12


def test_holm_multiplies_the_smallest_by_all_and_never_falls() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def verdict_on(generator: Generator, draws: int = 20_000, seed: int = 7) -> Verdict:
    return judge(count_draws(generator(np.random.default_rng(seed), draws)))


CROOKED: dict[str, tuple[Generator, set[str]]] = {
    "a remainder without rejection": (generators.without_rejection, {"numbers", "first_ball", "positions"}),
    "one number too often": (generators.favours_seven, {"numbers", "positions"}),
    "a number that seldom comes first": (generators.seldom_opens_with_seven, {"first_ball"}),
    "an end in order": (generators.sorts_its_end, {"positions"}),
    "numbers that stick together": (generators.draws_couples, {"pairs"}),
    "a draw repeated": (generators.repeats_a_draw, {"overlap"}),
    "numbers kept from the draw before": (generators.clings_to_a_number, {"overlap"}),
    "draws that swing": (generators.swings, {"runs"}),
    "the last draw but one repeated": (generators.repeats_the_last_but_one, {"coupons"}),
    "a deck dealt to its end": (generators.deals_out_the_pool, {"numbers", "overlap", "coupons"}),
}


@pytest.mark.parametrize("name", CROOKED)
def test_a_crooked_draw_is_found_by_the_test_for_it(name: str) -> None:
    generator, expected = CROOKED[name]
    found = {one.code for one in verdict_on(generator).odd}
    assert found >= expected


def test_every_test_finds_something_that_a_test_before_it_would_miss() -> None:
    """So that none of them could be left out."""
    alone = {
        "an end in order": "positions",
        "draws that swing": "runs",
        "a number that seldom comes first": "first_ball",
    }
    for name, code in alone.items():
        assert {one.code for one in verdict_on(CROOKED[name][0]).odd} == {code}, name
    assert set.union(*(expected for _, expected in CROOKED.values())) == set(BY_CODE)


def test_a_fair_draw_passes_and_the_verdict_says_so_in_words() -> None:
    verdict = verdict_on(generators.fair)
    assert not verdict.odd
    assert not verdict.skipped
    assert verdict.words.startswith("Nothing speaks against a fair draw")
    crooked = verdict_on(generators.without_rejection)
    assert crooked.words.startswith("Not as a fair draw: numbers, first_ball, positions.")


def test_a_verdict_near_the_border_asks_for_another_run() -> None:
    odd = Outcome(code="runs", question="?", statistic=1, expected=1, freedom=None, p_value=0.001, p_holm=0.007)
    assert "one run of 100" in Verdict(outcomes=(odd,), skipped=()).words


def test_counts_that_are_too_even_are_odd_as_well() -> None:
    even = verdict_on(generators.deals_out_the_pool)
    [found] = [one for one in even.outcomes if one.code == "numbers"]
    assert found.statistic < 0.001
    assert found.is_odd


@pytest.mark.parametrize("draws", [100, 500, 1_500])
def test_the_same_draw_over_and_over_fails_every_test(draws: int) -> None:
    once = generators.fair(np.random.default_rng(1), 1)
    verdict = judge(count_draws(np.repeat(once, draws, axis=0)))
    assert len(verdict.odd) == len(verdict.outcomes) > 2


def test_draws_of_exactly_the_middle_sum_leave_no_runs_to_count() -> None:
    middle = np.array([[*range(1, 11), *range(71, 81)]], np.uint8)
    assert middle.sum() == distributions.MIDDLE_SUM
    tally = count_draws(np.repeat(middle, 100, axis=0))
    assert (tally.high, tally.low, tally.runs) == (0, 0, 0)
    assert runs(tally).p_value == 0


def test_few_draws_are_not_judged_by_tests_that_need_more() -> None:
    verdict = judge(count_draws(generators.fair(np.random.default_rng(1), 99)))
    assert verdict.outcomes == ()
    assert len(verdict.skipped) == len(TESTS)
    assert "too few" in verdict.words


def test_counts_are_those_of_a_slow_count() -> None:
    draws = generators.fair(np.random.default_rng(3), 300)
    tally = count_draws(draws)
    rows = [tuple(int(k) for k in row) for row in draws]
    assert tally.positions[4, 11] == sum(row[4] == 12 for row in rows)
    assert tally.first_ball[79] == sum(row[0] == 80 for row in rows)
    assert tally.numbers.tolist() == [sum(k in row for row in rows) for k in range(1, 81)]
    assert tally.pairs[2, 69] == tally.pairs[69, 2] == sum({3, 70} <= set(row) for row in rows)
    shared = [len(set(a) & set(b)) for a, b in pairwise(rows)]
    assert tally.overlaps.tolist() == [shared.count(k) for k in range(21)]
    seen, since, lengths = set[int](), 0, []
    for row in rows:
        seen, since = seen | set(row), since + 1
        if len(seen) == 80:
            lengths.append(since)
            seen, since = set(), 0
    assert tally.collections.tolist() == lengths
    sides = [sum(row) > 810 for row in rows if sum(row) != 810]
    assert (tally.high, tally.low) == (sides.count(True), sides.count(False))
    assert tally.runs == 1 + sum(a != b for a, b in pairwise(sides))


def test_counting_in_chunks_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = generators.fair(np.random.default_rng(3), 1_000)
    whole = count_draws(draws)
    monkeypatch.setattr("reports.statistics.tally.CHUNK", 7)
    parts = count_draws(draws)
    assert (whole.pairs == parts.pairs).all()
    assert (whole.positions == parts.positions).all()
    assert (whole.overlaps == parts.overlaps).all()


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((5, 20), np.uint8),
        np.full((5, 20), 81, np.uint8),
        np.ones((5, 20), np.uint8),
        np.ones((5, 19), np.uint8),
        np.zeros((0, 20), np.uint8),
        np.tile(np.arange(1, 21), (5, 1)),
    ],
    ids=["zeros", "81", "a number twice", "19 numbers", "none", "not bytes"],
)
def test_what_is_not_a_draw_is_not_counted(wrong: Draws) -> None:
    with pytest.raises(DrawsInvalid):
        count_draws(wrong)
