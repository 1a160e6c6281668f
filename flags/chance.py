"""
How likely it is to win so much, by the paytable: exactly where that can be reckoned, else a bound never too low.

A draw decides all bets of its round together, so a round is what is left to chance once, however many bets are in it.
What a round pays is a sum over its numbers of hits, whose chances are hypergeometric; draws are independent.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from bets.paytables import chance

WORK_MAX = 2_000_000
"""Steps of an exact reckoning, about a second; more is left to the bound."""

Prizes = tuple[int, ...]
"""What bets on the same numbers pay together, in minor units, by number of hits from 0 on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A player's bets in one round: the prizes of each set of numbers that was played."""

    sets: tuple[Prizes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """The chance to win so much or more; or, if it is not exact, what it certainly does not exceed."""

    value: float
    exact: bool

    def __str__(self) -> str:
        return f"{'' if self.exact else 'at most '}{self.value:.3g}"


@lru_cache(maxsize=16)
def hit_chances(pick_count: int) -> tuple[Fraction, ...]:
    """The chances of 0, 1, ... hits."""
    return tuple(chance(pick_count=pick_count, hits=hits) for hits in range(pick_count + 1))


def expected(rounds: Sequence[Played]) -> Fraction:
    """What these bets win on average, in minor units. Exact."""
    every = Counter(prizes for one in rounds for prizes in one.sets)
    return sum((count * _mean(prizes) for prizes, count in every.items()), Fraction(0))


def chance_of(rounds: Sequence[Played], won: int) -> Chance:
    """
    The chance that these bets win `won` or more, in minor units.

    Exact, but for the rounding of floating-point sums, where each round has one set of numbers and there are not too
    many sums that can come out; else the best bound of Chernoff's.
    """
    if won <= 0:
        return Chance(value=1.0, exact=True)
    if all(len(one.sets) == 1 for one in rounds):
        found = _exact([one.sets[0] for one in rounds], won)
        if found is not None:
            return Chance(value=found, exact=True)
    return Chance(value=_bound(rounds, won), exact=False)


def _mean(prizes: Prizes) -> Fraction:
    return sum((p * prize for p, prize in zip(hit_chances(len(prizes) - 1), prizes, strict=True)), Fraction(0))


def _distribution(prizes: Prizes) -> Mapping[int, float]:
    """The chance of each sum that a set of numbers can pay."""
    found: dict[int, Fraction] = {}
    for p, prize in zip(hit_chances(len(prizes) - 1), prizes, strict=True):
        found[prize] = found.get(prize, Fraction(0)) + p
    return {prize: float(p) for prize, p in found.items()}


def _exact(sets: Sequence[Prizes], won: int) -> float | None:
    """By convolution; sums that reach `won` are not told apart. None where it would take too long."""
    unit = math.gcd(*(prize for prizes in set(sets) for prize in prizes)) or 1
    if len(sets) * (won // unit + 1) * 6 > WORK_MAX:
        return None
    distributions = {prizes: _distribution(prizes) for prizes in set(sets)}
    sums, reached = {0: 1.0}, 0.0
    for prizes in sets:
        after: dict[int, float] = {}
        for prize, p in distributions[prizes].items():
            for before, weight in sums.items():
                if before + prize >= won:
                    reached += weight * p
                else:
                    after[before + prize] = after.get(before + prize, 0.0) + weight * p
        sums = after
    return min(1.0, reached)


def _bound(rounds: Sequence[Played], won: int) -> float:
    """
    min over t >= 0 of exp(-t won) E[exp(t X)], which the chance of X >= won does not exceed for any t.

    Sets of numbers in one round depend on each other in ways that need not be known: by Hoelder's inequality the mean
    of a product of m factors is at most the product of the m-th roots of the means of their m-th powers.
    """
    weighed = Counter((prizes, len(one.sets)) for one in rounds for prizes in one.sets)
    parts = [(_distribution(prizes), m, count) for (prizes, m), count in weighed.items()]
    top = max(max(distribution) * m for distribution, m, _ in parts)
    if top == 0:
        return 0.0  # nothing could be won

    def log_bound(t: float) -> float:
        return sum(count / m * _log_mean(distribution, t * m) for distribution, m, count in parts) - t * won

    return min(1.0, math.exp(min(0.0, _least(log_bound, 1.0 / top))))


def _log_mean(distribution: Mapping[int, float], t: float) -> float:
    """ln E[exp(t X)], without overflow."""
    highest = max(distribution)
    return t * highest + math.log(
        sum(chance * math.exp(t * (prize - highest)) for prize, chance in distribution.items())
    )


def _least(function: Callable[[float], float], step: float) -> float:
    """The least value of a convex function of t >= 0 that is 0 at 0, near enough; any value of it is a bound."""
    low, high = 0.0, step
    for _ in range(60):
        if function(2 * high) >= function(high):
            break
        low, high = high, 2 * high
    high *= 2
    for _ in range(80):
        third = (high - low) / 3
        if function(low + third) < function(high - third):
            high -= third
        else:
            low += third
    return function((low + high) / 2)
