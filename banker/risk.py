"""What a phase may come to cost: by number, for each outcome, and what to lay off elsewhere."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from banker import selectors
from banker.models import Phase
from banker.slips.numbers import NUMBERS, neighbours_of, permutations_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRisk:
    """
    A number of a phase, in minor units: what is staked on it, what it would be paid if it won, what may still be staked
    on it, and its limit. `version` rises with each change.
    """

    number: str
    total: int
    bets: int
    potential_payout: int
    room: int
    limit: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the house would pay and keep, in minor units, if this number won; each prize that counts, by number."""

    number: str
    payout: int
    net: int
    prizes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayOff:
    """What to place elsewhere on a number, in minor units, so that its own payout is within what the house bears."""

    number: str
    total: int
    potential_payout: int
    amount: int


def prizes(phase: Phase, winning: str) -> dict[str, int]:
    """By number, what its stakes are multiplied by when this one wins: the highest that applies, and that one only."""
    paid = dict.fromkeys(neighbours_of(winning), phase.neighbour_multiplier)
    for number in permutations_of(winning):
        paid[number] = max(paid.get(number, 0), phase.tod_multiplier)
    paid[winning] = max(paid[winning], phase.multiplier)
    return {number: multiplier for number, multiplier in paid.items() if multiplier}


def heat_map(phase: Phase) -> list[NumberRisk]:
    """Every number of a phase, in order: a thousand, or none of a draft. The bets themselves are not read."""
    own = dict(selectors.limits(phase).values_list("number", "max_amount"))
    rows = selectors.exposures(phase).values_list("number", "total_amount", "bets", "version")
    return [
        NumberRisk(
            number=number,
            total=total,
            bets=bets,
            potential_payout=total * phase.multiplier,
            room=max(own.get(number, phase.global_limit) - total, 0),
            limit=own.get(number, phase.global_limit),
            version=version,
        )
        for number, total, bets, version in rows
    ]


def outcome(phase: Phase, risks: Iterable[NumberRisk], winning: str) -> Outcome:
    """What it would come to if this number won."""
    totals = {one.number: one.total for one in risks}
    return _outcome(phase, totals, winning, sum(totals.values()))


def worst(phase: Phase, risks: Iterable[NumberRisk], count: int) -> list[Outcome]:
    """The outcomes that would cost the most, highest first."""
    totals = {one.number: one.total for one in risks}
    taken = sum(totals.values())
    every = [_outcome(phase, totals, number, taken) for number in NUMBERS]
    return sorted(every, key=lambda one: (-one.payout, one.number))[:count]


def lay_offs(phase: Phase, risks: Iterable[NumberRisk], payout_max: int) -> list[LayOff]:
    """What to lay off of each number that would be paid more than `payout_max`, in minor units; the largest first."""
    found = [
        LayOff(
            number=one.number,
            total=one.total,
            potential_payout=one.potential_payout,
            amount=-(-(one.potential_payout - payout_max) // phase.multiplier),
        )
        for one in risks
        if one.potential_payout > payout_max
    ]
    return sorted(found, key=lambda one: (-one.amount, one.number))


def _outcome(phase: Phase, totals: Mapping[str, int], winning: str, taken: int) -> Outcome:
    paid = {number: totals.get(number, 0) * times for number, times in prizes(phase, winning).items()}
    paid = {number: amount for number, amount in paid.items() if amount}
    payout = sum(paid.values())
    return Outcome(number=winning, payout=payout, net=taken - payout, prizes=paid)
