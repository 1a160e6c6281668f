"""What a fair draw does, exactly: the laws that the observed counts are held against."""

from fractions import Fraction
from math import comb, prod, sqrt

from fairness.draw import DRAW_SIZE, POOL_SIZE

PAIRS = comb(POOL_SIZE, 2)
PAIRS_IN_A_DRAW = comb(DRAW_SIZE, 2)
MIDDLE_SUM = DRAW_SIZE * (POOL_SIZE + 1) // 2
"""810: the sum of a draw lies above as often as below, since k -> 81 - k turns a fair draw into a fair draw."""
LONGEST_COLLECTION = 120
"""Draws until all 80 numbers have been seen: more are needed once in 10 million million collections."""


def all_drawn(numbers: int) -> Fraction:
    """The probability that so many given numbers are all in one draw: 20/80 * 19/79 * ..."""
    return prod((Fraction(DRAW_SIZE - i, POOL_SIZE - i) for i in range(numbers)), start=Fraction(1))


NUMBER_VARIANCE = Fraction(15, 79)
"""
Of one draw, in any direction that sums to zero. The 80 indicators "k is drawn" have variance p(1-p) = 3/16 and
covariance -(3/16)/79, since exactly 20 of them are 1: the covariance matrix is (3/16)(80/79)(I - J/80), J all ones.
"""

PAIR_VARIANCE = all_drawn(2) - 2 * all_drawn(3) + all_drawn(4)
"""
Of one draw, in any direction of the space of pairs that the numbers' own counts do not already explain.

The covariance of "i and j are drawn" with "k and l are drawn" depends only on how many numbers the two pairs share:
it is a matrix of the Johnson scheme J(80, 2), which has three eigenspaces. On constants (dimension 1) it is zero:
every draw has 190 pairs. On sums a_i + a_j (dimension 79) it only repeats what the numbers tell. On the rest (dimension
3160 - 80 = 3080) the scheme's eigenvalues are 1 for the pair itself, -2 for the pairs that share one number and 1 for
the disjoint ones, which gives p2 - 2 p3 + p4 with the probabilities of `all_drawn`.
"""

POSITION_VARIANCE = Fraction(1, 79)
"""
Of one draw, for differences between the 20 positions. "Number k is the i-th ball" has, on directions of k that sum to
zero, variance 1/80 within a position and covariance -1/(80*79) between positions (no number twice). Differences between
positions therefore have 1/80 + 1/(80*79) = 1/79; their sum is the numbers' own part.
"""


def overlap_probabilities() -> list[Fraction]:
    """How many of a draw's numbers a second one repeats, 0 to 20: hypergeometric."""
    ways = comb(POOL_SIZE, DRAW_SIZE)
    return [
        Fraction(comb(DRAW_SIZE, k) * comb(POOL_SIZE - DRAW_SIZE, DRAW_SIZE - k), ways) for k in range(DRAW_SIZE + 1)
    ]


def collection_probabilities() -> list[float]:
    """
    How many draws it takes until all 80 numbers have been seen, by that number from 0 on; the last is "or more".

    By inclusion and exclusion over the numbers still missing, in whole numbers:
    P(T <= t) = sum over j of (-1)^j C(80, j) (C(80 - j, 20) / C(80, 20))^t.
    """
    reached = [_all_seen_within(t) for t in range(LONGEST_COLLECTION)] + [Fraction(1)]
    return [float(after - before) for before, after in zip([Fraction(0), *reached], reached, strict=False)]


def _all_seen_within(draws: int) -> Fraction:
    terms = (
        (-1) ** j * comb(POOL_SIZE, j) * comb(POOL_SIZE - j, DRAW_SIZE) ** draws
        for j in range(POOL_SIZE - DRAW_SIZE + 1)
    )
    return Fraction(sum(terms), comb(POOL_SIZE, DRAW_SIZE) ** draws) if draws else Fraction(0)


def collections_within(draws: int, probabilities: list[float]) -> int:
    """
    So many collections are finished within so many draws but for one case in 30,000: their mean count less four
    standard deviations, by the renewal theorem.
    """
    mean = sum(t * p for t, p in enumerate(probabilities))
    deviation = sqrt(sum((t - mean) ** 2 * p for t, p in enumerate(probabilities)))
    return max(0, int((draws - 4 * deviation * sqrt(draws / mean)) / mean))
