"""
What players got back, against what the paytable says: the actual return with a band, from settlements alone.

Bets of one round share its draw, so that a round is what is left to chance, not a bet. The spread is measured round by
round; and because a prize that has not come yet cannot be measured, it is never taken for less than theory gives to as
many independent bets of the pick count that varies most.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

from bets import paytables
from bets.models import Paytable
from bets.selectors import RoundSums, multipliers

SIGMAS = 3.0
DRIFT_SIGMAS = 4.0
"""Beyond so many standard errors from theory somebody should look: by chance alone once in some 16,000 looks."""
ROUNDS_MIN = 200
"""Below so many rounds the spread between them says nothing yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theory:
    """What a paytable returns for the pick counts that it offers, the lowest and the highest, and its widest spread."""

    lowest: float
    highest: float
    deviation: float

    def __str__(self) -> str:
        return f"{self.lowest:.2%} to {self.highest:.2%} by pick count"


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """Sums of settled rounds in minor units, and the standard error of the return; parts of one, not percent."""

    bets: int
    rounds: int
    stakes: int
    payouts: int
    error: float
    theory: Theory

    @property
    def actual(self) -> float | None:
        """The return that came about; None without a stake."""
        return self.payouts / self.stakes if self.stakes else None

    @property
    def distance(self) -> float:
        """From the nearest that theory allows, in standard errors: above zero when players got more."""
        if self.actual is None or not self.error:
            return 0.0
        nearest = min(max(self.actual, self.theory.lowest), self.theory.highest)
        return (self.actual - nearest) / self.error

    @property
    def has_drifted(self) -> bool:
        """Whether chance alone hardly explains it."""
        return self.rounds >= ROUNDS_MIN and abs(self.distance) > DRIFT_SIGMAS


def theory_of(paytable: Paytable) -> Theory:
    """The range of exact returns of a paytable."""
    figures = [paytables.statistics(pick, row) for pick, row in multipliers(paytable).items()]
    return Theory(
        lowest=float(min(one.rtp for one in figures)),
        highest=float(max(one.rtp for one in figures)),
        deviation=max(one.standard_deviation for one in figures),
    )


def returned(sums: RoundSums, theory: Theory) -> Returned:
    """What rounds paid; void ones return stakes and do not count."""
    return Returned(
        bets=sums.bets,
        rounds=sums.rounds,
        stakes=sums.stakes,
        payouts=sums.payouts,
        error=_error(sums, theory) if sums.stakes else 0.0,
        theory=theory,
    )


def _error(sums: RoundSums, theory: Theory) -> float:
    # The sum of (paid - actual * staked) squared over rounds, written out; exact, so that nothing cancels.
    actual = Fraction(sums.payouts, sums.stakes)
    squares = sums.payouts_squared - 2 * actual * sums.products + actual**2 * sums.stakes_squared
    measured = math.sqrt(squares) / sums.stakes
    return max(measured, theory.deviation / math.sqrt(sums.bets))
