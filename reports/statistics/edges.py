"""
What a paytable returns at the edges: amounts are whole minor units, so a prize is rounded down, and the smaller the
stake the more that takes; and the highest stake is the one whose top prize the operator still pays in full.

A simulation counts hits, and what a bet wins follows from its hits and its stake alone. So one run says what came out
for every stake; beside it stands the exact fraction, which is below the table's by what rounding takes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from statistics import NormalDist

from bets.paytables import Multipliers, chance, highest_stake, payout_of, potential_of, statistics
from reports.statistics.returns import JOINT_CONFIDENCE, Played

SMALLEST = 1
"""The smallest amount that there is, in minor units, whatever the currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What may be staked and won in a currency, in minor units."""

    currency: str
    min_bet: int
    max_bet: int
    max_win: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """
    One pick count at one stake, in minor units. `exact` is what it returns with prizes rounded down, `lost` by how much
    that is less than the table says; `low` and `high` bound an interval about `simulated`. `capped`: some prize is cut
    off by what the bet was accepted for, which must never be.
    """

    name: str
    pick_count: int
    stake: int
    exact: Fraction
    lost: Fraction
    simulated: Fraction
    low: float
    high: float
    capped: bool

    @property
    def holds(self) -> bool:
        """Whether the exact return lies in the interval, and nothing was cut off."""
        return self.low <= self.exact <= self.high and not self.capped


def edges(table: Multipliers, played: Mapping[int, Played], limits: Sequence[Limits]) -> list[Edge]:
    """
    What each pick count returned at the smallest amount that there is, and in each currency at the lowest and at the
    highest stake that is accepted. The intervals of all of them hold the exact values together with JOINT_CONFIDENCE.
    """
    cases = list(_cases(table, limits))
    quantile = NormalDist().inv_cdf(1 - (1 - JOINT_CONFIDENCE) / len(cases) / 2)
    return [_edge(name, played[pick], table[pick], stake, quantile) for name, pick, stake in cases]


def _cases(table: Multipliers, limits: Sequence[Limits]) -> Iterator[tuple[str, int, int]]:
    """(name, pick count, stake). A pick count of which no stake is accepted has no highest one."""
    for pick, row in sorted(table.items()):
        yield "smallest amount", pick, SMALLEST
        for one in limits:
            highest = min(one.max_bet, highest_stake(top=max(row.values()), max_win=one.max_win))
            if highest >= one.min_bet:
                yield f"lowest stake, {one.currency}", pick, one.min_bet
                yield f"highest stake, {one.currency}", pick, highest


def _edge(name: str, played: Played, row: Mapping[int, int], stake: int, quantile: float) -> Edge:
    potential = potential_of(stake=stake, top=max(row.values()))
    pays = {hits: payout_of(stake=stake, hundredths=times, potential=potential) for hits, times in row.items()}
    exact, deviation = _law(played.pick_count, pays, stake)
    paid = sum(played.hits[hits] * amount for hits, amount in pays.items())
    simulated = Fraction(paid, stake * played.bets)
    reach = quantile * deviation / sqrt(played.bets)
    return Edge(
        name=name,
        pick_count=played.pick_count,
        stake=stake,
        exact=exact,
        lost=statistics(played.pick_count, row).rtp - exact,
        simulated=simulated,
        low=float(simulated) - reach,
        high=float(simulated) + reach,
        capped=any(stake * times // 100 > pays[hits] for hits, times in row.items()),
    )


def _law(pick_count: int, pays: Mapping[int, int], stake: int) -> tuple[Fraction, float]:
    """Mean and standard deviation of what one stake returns, in stakes."""
    chances = {hits: chance(pick_count=pick_count, hits=hits) for hits in pays}
    mean = sum((chances[hits] * Fraction(amount, stake) for hits, amount in pays.items()), Fraction(0))
    square = sum((chances[hits] * Fraction(amount, stake) ** 2 for hits, amount in pays.items()), Fraction(0))
    return mean, sqrt(square - mean**2)
