"""
The tests: each asks one question of the counts and answers with the probability that a fair draw looks as odd.

All p-values are two-sided. Counts that are too even are as suspicious as counts that are too uneven: a draw that was
smoothed by hand, or that avoids what came last, is not a fair draw either.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from fairness.draw import DRAW_SIZE, POOL_SIZE
from reports.statistics import distributions
from reports.statistics.distributions import PAIRS
from reports.statistics.tally import Tally

ALPHA = 0.01
"""A fair draw is flagged in one run of a hundred, all tests taken together."""
HARDLY = 1e-6
EXPECTED_MIN = 5
"""Cells that expect fewer are joined with their neighbours: Pearson's chi-square needs as many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What one test found. `expected` is the statistic's mean for a fair draw, `freedom` the degrees of freedom of a
    chi-square. `p_holm` is the p-value with all tests of the run taken into account.
    """

    code: str
    question: str
    statistic: float
    expected: float
    freedom: int | None
    p_value: float
    p_holm: float = 1.0

    @property
    def is_odd(self) -> bool:
        """Whether a fair draw would look like this too rarely."""
        return self.p_holm < ALPHA


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """A test, and how many draws it needs before its p-values are what they say."""

    code: str
    draws_min: int
    ask: Callable[[Tally], Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All outcomes of a run, and the tests for which there were too few draws."""

    outcomes: tuple[Outcome, ...]
    skipped: tuple[Test, ...]

    @property
    def odd(self) -> tuple[Outcome, ...]:
        """The outcomes that a fair draw would show too rarely."""
        return tuple(one for one in self.outcomes if one.is_odd)

    @property
    def words(self) -> str:
        """The verdict in one sentence or two."""
        if not self.outcomes:
            return "There are too few draws to say anything."
        lowest = min(self.outcomes, key=lambda one: one.p_value)
        if not self.odd:
            return (
                f"Nothing speaks against a fair draw: the lowest of {len(self.outcomes)} p-values is "
                f"{lowest.p_value:.2g} ({lowest.code}), or {lowest.p_holm:.2g} with their number taken into account."
            )
        chance = (
            f"By chance that happens in one run of {round(1 / ALPHA)}: repeat it with other draws, a bias comes again."
            if lowest.p_holm > HARDLY
            else "Chance alone does that less than once in a million runs."
        )
        return f"Not as a fair draw: {', '.join(one.code for one in self.odd)}. {chance}"


def judge(tally: Tally) -> Verdict:
    """Ask all tests for which there are enough draws."""
    asked = [test for test in TESTS if tally.draws >= test.draws_min]
    outcomes = [test.ask(tally) for test in asked]
    adjusted = holm([one.p_value for one in outcomes])
    return Verdict(
        outcomes=tuple(replace(one, p_holm=p) for one, p in zip(outcomes, adjusted, strict=True)),
        skipped=tuple(test for test in TESTS if test not in asked),
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """
    p-values that take into account how many there are: below `a` any of them is with probability `a` at most.

    The smallest of m is multiplied by m (Bonferroni), the next by m - 1, and so on, never falling. It holds however
    the tests depend on one another. S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian
    Journal of Statistics 6 (1979), 65-70.
    """
    adjusted, highest = [1.0] * len(p_values), 0.0
    for rank, at in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[at]))
        adjusted[at] = highest
    return adjusted


def numbers(tally: Tally) -> Outcome:
    """
    Do all 80 numbers come up equally often?

    Q = (79/60) sum (C_k - n/4)^2 / (n/4), chi-square with 79 degrees of freedom. Pearson's own sum would be that of 80
    independent counts; here 20 numbers are drawn without replacement, so that each draw evens the counts out, and the
    plain sum has mean 60: every unfair draw would seem fair. See NUMBER_VARIANCE for the factor. H. Joe, Tests of
    uniformity for sets of lotto numbers, Statistics & Probability Letters 16 (1993), 181-188; J. Haigh, The statistics
    of the National Lottery, Journal of the Royal Statistical Society A 160 (1997), 187-206.
    """
    deviations = tally.numbers - tally.draws / 4
    statistic = np.square(deviations).sum() / (tally.draws * float(distributions.NUMBER_VARIANCE))
    return _chi_square("numbers", "Do all 80 numbers come up equally often?", statistic, POOL_SIZE - 1)


def first_ball(tally: Tally) -> Outcome:
    """
    Is every number equally often the first ball?

    Q = sum (F_k - n/80)^2 / (n/80), chi-square with 79 degrees of freedom: one ball a draw, so that Pearson's sum is
    right as it is. K. Pearson, Philosophical Magazine (5) 50 (1900), 157-175. It sees at once a remainder taken
    without rejection (256 = 3 * 80 + 16 favours the numbers 1 to 16).
    """
    expected = tally.draws / POOL_SIZE
    statistic = np.square(tally.first_ball - expected).sum() / expected
    return _chi_square("first_ball", "Is every number equally often the first ball?", statistic, POOL_SIZE - 1)


def positions(tally: Tally) -> Outcome:
    """
    Does it make no difference to a number whether it is the first ball, the second, ... or the twentieth?

    Q = (79/n) (sum over positions i and numbers k of (C_ik - n/80)^2 - sum over k of (C_k - n/4)^2 / 20), chi-square
    with 19 * 79 = 1501 degrees of freedom. What is subtracted is the part that `numbers` tests; see POSITION_VARIANCE.
    """
    cells = np.square(tally.positions - tally.draws / POOL_SIZE).sum()
    of_numbers = np.square(tally.numbers - tally.draws / 4).sum() / DRAW_SIZE
    statistic = (cells - of_numbers) / (tally.draws * float(distributions.POSITION_VARIANCE))
    freedom = (DRAW_SIZE - 1) * (POOL_SIZE - 1)
    return _chi_square("positions", "Does a number's place in the order of the draw not matter?", statistic, freedom)


def pairs(tally: Tally) -> Outcome:
    """
    Do all 3,160 pairs of numbers come up equally often, beyond what the numbers themselves do?

    With D_ij = C_ij - n p2, R_i = (1/78) sum over j of D_ij, and the probabilities pm of m given numbers in a draw:
    Q = sum over pairs of (D_ij - R_i - R_j)^2 / (n (p2 - 2 p3 + p4)), chi-square with 3160 - 80 = 3080 degrees of
    freedom. The pairs of one draw are not independent, and no single factor mends Pearson's sum: it is a
    mixture of two chi-squares with weights 0.879 / p2 and 0.035 / p2. The first only repeats the numbers' test, so that
    it is taken out; see PAIR_VARIANCE. C. Genest, R. A. Lockhart, M. A. Stephens, Chi-square and the lottery, The
    Statistician 51 (2002), 243-257. By symmetry every draw has the same length in that space, so that Q has mean 3080
    and variance 6160 (1 - 1/n) exactly, for any n.
    """
    statistic = np.square(pair_residuals(tally)).sum() / 2 / (tally.draws * float(distributions.PAIR_VARIANCE))
    return _chi_square("pairs", "Do all 3,160 pairs of numbers come up equally often?", statistic, PAIRS - POOL_SIZE)


def pair_residuals(tally: Tally) -> npt.NDArray[np.float64]:
    """80 x 80: how much oftener each pair came up than expected, less what its two numbers did; the diagonal is 0."""
    deviations = tally.pairs - tally.draws * float(distributions.all_drawn(2))
    np.fill_diagonal(deviations, 0)
    of_number = deviations.sum(axis=1) / (POOL_SIZE - 2)
    residuals = deviations - of_number[:, None] - of_number
    np.fill_diagonal(residuals, 0)
    return np.asarray(residuals)


def overlap(tally: Tally) -> Outcome:
    """
    Does a draw repeat as many numbers of the draw before as chance would?

    Pearson's chi-square of the n - 1 overlaps against the hypergeometric law C(20, k) C(60, 20 - k) / C(80, 20), rare
    cells joined. The overlaps are independent of one another, although neighbours share a draw: whatever the draws so
    far were, the next one's overlap with the last has this law. W. Feller, An Introduction to Probability Theory and
    Its Applications I (1968), II.6.
    """
    chances = np.array([float(p) for p in distributions.overlap_probabilities()])
    statistic, freedom = _pearson(tally.overlaps, chances * (tally.draws - 1))
    question = "Does a draw repeat as many numbers of the draw before as chance would?"
    return _chi_square("overlap", question, statistic, freedom)


def runs(tally: Tally) -> Outcome:
    """
    Do high and low draws follow one another as chance would have it?

    A draw is high or low by whether the sum of its 20 numbers is above or below 810; those of exactly 810 are left out.
    All 20 balls take part, so that a generator that drifts or swings shows even where no number is repeated. Given a
    high draws and b low ones, all orders are equally likely, and the number of runs has mean 1 + 2ab/(a+b) and variance
    2ab(2ab - a - b) / ((a+b)^2 (a+b-1)); normal for many draws. It does not ask whether there are as many high draws as
    low ones, which `numbers` does. A. Wald, J. Wolfowitz, On a test whether two samples are from the same population,
    Annals of Mathematical Statistics 11 (1940), 147-162.
    """
    both, twice = tally.high + tally.low, 2 * tally.high * tally.low
    question = "Do high and low draws follow one another as chance would have it?"
    if not twice:  # all on one side: nothing alternates, which no fair draw does
        return _outcome("runs", question, tally.runs, 1 + both / 2, None, 0, 1)
    expected = 1 + twice / both
    variance = twice * (twice - both) / (both**2 * (both - 1))
    z = (tally.runs - expected) / sqrt(variance)
    return _outcome("runs", question, tally.runs, expected, None, special.ndtr(z), special.ndtr(-z))


def coupons(tally: Tally) -> Outcome:
    """
    Does it take as many draws as it should until all 80 numbers have been seen, again and again?

    Pearson's chi-square of the lengths of collections against P(T <= t) = sum over j of
    (-1)^j C(80, j) (C(80 - j, 20) / C(80, 20))^t, rare cells joined. The number of collections is fixed beforehand
    from the number of draws: all that happen to be finished would hold too few long ones. Those of them that are not
    finished after all count as longest. W. Stadje, The collector's problem with group drawings, Advances in Applied
    Probability 22 (1990), 866-882; the coupon collector's test in D. Knuth, The Art of Computer Programming 2, 3.3.2.
    """
    planned, longest = planned_collections(tally.draws), len(COLLECTION_CHANCES) - 1
    taken = np.minimum(tally.collections[:planned], longest)
    observed = np.bincount(taken, minlength=longest + 1)
    observed[longest] += planned - len(taken)
    statistic, freedom = _pearson(observed, np.array(COLLECTION_CHANCES) * planned)
    question = "Does it take as many draws as it should until all 80 numbers have been seen?"
    return _chi_square("coupons", question, statistic, freedom)


def planned_collections(draws: int) -> int:
    """How many collections are looked at of so many draws."""
    return distributions.collections_within(draws, COLLECTION_CHANCES)


COLLECTION_CHANCES = distributions.collection_probabilities()
TESTS = (
    Test(code="numbers", draws_min=100, ask=numbers),
    Test(code="first_ball", draws_min=400, ask=first_ball),
    Test(code="positions", draws_min=400, ask=positions),
    Test(code="pairs", draws_min=400, ask=pairs),
    Test(code="overlap", draws_min=100, ask=overlap),
    Test(code="runs", draws_min=100, ask=runs),
    Test(code="coupons", draws_min=1_000, ask=coupons),
)
DRAWS_MIN = min(test.draws_min for test in TESTS)


def _chi_square(code: str, question: str, statistic: Any, freedom: int) -> Outcome:
    below, above = special.chdtr(freedom, statistic), special.chdtrc(freedom, statistic)
    return _outcome(code, question, statistic, freedom, freedom, below, above)


def _outcome(
    code: str, question: str, statistic: Any, expected: float, freedom: int | None, below: Any, above: Any
) -> Outcome:
    return Outcome(
        code=code,
        question=question,
        statistic=float(statistic),
        expected=float(expected),
        freedom=freedom,
        p_value=min(1.0, 2 * min(float(below), float(above))),
    )


def _pearson(observed: npt.NDArray[Any], expected: npt.NDArray[Any]) -> tuple[float, int]:
    """Pearson's sum and its degrees of freedom, after joining both ends' rare cells until each expects enough."""
    enough = (np.cumsum(expected) >= EXPECTED_MIN) & (np.cumsum(expected[::-1])[::-1] >= EXPECTED_MIN)
    first, last = np.flatnonzero(enough)[[0, -1]]
    starts = [0, *range(first + 1, last + 1)]
    seen, due = np.add.reduceat(observed, starts), np.add.reduceat(expected, starts)
    return float((np.square(seen - due) / due).sum()), len(starts) - 1
