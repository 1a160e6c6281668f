"""What a bet pays, and what a paytable returns, in exact fractions."""

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from math import comb

from fairness.draw import DRAW_SIZE, POOL_SIZE
from fairness.errors import HouseEdgeTooLow

RETURN_MAX = Fraction(89, 100)
"""The house edge is never below 11 %, for any number of picks."""


def hundredths(multiplier: str) -> int:
    """A multiplier such as "3.55" in hundredths of the stake: 355. It has at most two decimals."""
    whole, _, rest = multiplier.partition(".")
    return int(whole) * 100 + int(rest.ljust(2, "0"))


def win_of(*, stake_minor: int, multiplier: str) -> int:
    """What a stake wins, in minor units, rounded down."""
    return stake_minor * hundredths(multiplier) // 100


def exact_return(picks: int, row: Mapping[int, str]) -> Fraction:
    """
    What one unit of stake returns on average. With `picks` numbers of 80 chosen and 20 drawn, the chance of h hits
    is C(picks, h) C(80 - picks, 20 - h) / C(80, 20).
    """
    ways = sum(
        comb(picks, hits) * comb(POOL_SIZE - picks, DRAW_SIZE - hits) * hundredths(multiplier)
        for hits, multiplier in row.items()
    )
    return Fraction(ways, 100 * _all_draws())


def require_house_edge(multipliers: Mapping[int, Mapping[int, str]]) -> Fraction:
    """
    The highest return of all numbers of picks, which must be within the bound.

    :raises HouseEdgeTooLow: some number of picks returns more than 89 %.
    """
    highest = Fraction(0)
    for picks, row in multipliers.items():
        returned = exact_return(picks, row)
        if returned > RETURN_MAX:
            raise HouseEdgeTooLow(
                f"{picks} picks return {float(returned):.4%}; at most {float(RETURN_MAX):.0%} is meant"
            )
        highest = max(highest, returned)
    return highest


@lru_cache(maxsize=1)
def _all_draws() -> int:
    return comb(POOL_SIZE, DRAW_SIZE)
