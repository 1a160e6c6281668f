"""
What a paytable returns, in exact fractions.

The chance of h hits with p picks when 20 of 80 are drawn is hypergeometric: C(p, h) C(80-p, 20-h) / C(80, 20).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import comb, sqrt

from fairness import rules
from keno_platform.core.errors import Kind, Refusal

POOL, DRAWN, PICKS_MAX = 80, 20, 10
RTP_MAX = Fraction(89, 100)
"""The house edge is never below 11 %."""

Multipliers = Mapping[int, Mapping[int, int]]
"""By pick count and hits, in hundredths of the stake."""

K88: dict[int, dict[int, int]] = {
    1: {1: 355},
    2: {1: 100, 2: 840},
    3: {2: 200, 3: 4400},
    4: {2: 100, 3: 600, 4: 13500},
    5: {3: 300, 4: 2000, 5: 61000},
    6: {3: 200, 4: 900, 5: 6000, 6: 145000},
    7: {3: 100, 4: 300, 5: 3000, 6: 20000, 7: 625000},
    8: {4: 200, 5: 1500, 6: 10000, 7: 105000, 8: 1000000},
    9: {4: 100, 5: 700, 6: 4000, 7: 30000, 8: 400000, 9: 1000000},
    10: {0: 200, 5: 300, 6: 1500, 7: 15000, 8: 150000, 9: 400000, 10: 1000000},
}
"""The default paytable: 88.48 to 88.97 % for every pick."""

_MULTIPLIER = re.compile(r"(0|[1-9][0-9]{0,5})(?:\.([0-9]{1,2}))?", re.ASCII)


class PaytableInvalid(Refusal):
    """Not a table: pick counts 1..10, hits up to the picks, positive multipliers with at most two decimals."""

    code = "paytable_invalid"
    kind = Kind.INVALID
    title = "The paytable is not valid"


class HouseEdgeTooLow(Refusal):
    """A pick count would return more than 89 %."""

    code = "house_edge_too_low"
    kind = Kind.INVALID
    title = "The paytable returns too much"


@dataclass(frozen=True, slots=True, kw_only=True)
class PickStatistics:
    """What one pick count of a table does: exact return, chance of any win, standard deviation in stakes."""

    pick_count: int
    rtp: Fraction
    hit_frequency: Fraction
    standard_deviation: float


def chance(*, pick_count: int, hits: int) -> Fraction:
    """The probability of exactly this many hits."""
    return Fraction(comb(pick_count, hits) * comb(POOL - pick_count, DRAWN - hits), comb(POOL, DRAWN))


def statistics(pick_count: int, row: Mapping[int, int]) -> PickStatistics:
    """Exact figures of one pick count; `row` gives hundredths of the stake by hits."""
    chances = {hits: chance(pick_count=pick_count, hits=hits) for hits in row}
    mean = sum((chances[hits] * Fraction(pays, 100) for hits, pays in row.items()), Fraction(0))
    square = sum((chances[hits] * Fraction(pays, 100) ** 2 for hits, pays in row.items()), Fraction(0))
    return PickStatistics(
        pick_count=pick_count,
        rtp=mean,
        hit_frequency=sum(chances.values(), Fraction(0)),
        standard_deviation=sqrt(square - mean**2),
    )


def check(table: Multipliers) -> dict[int, PickStatistics]:
    """
    The figures of every pick count of a table that may be offered.

    :raises PaytableInvalid: it is not a table. :raises HouseEdgeTooLow: a pick count returns more than 89 %.
    """
    if not table or not all(1 <= pick <= PICKS_MAX and row for pick, row in table.items()):
        raise PaytableInvalid("Pick counts are 1 to 10, each with at least one prize.")
    for pick, row in table.items():
        if not all(0 <= hits <= pick and 0 < pays <= 10**8 for hits, pays in row.items()):
            raise PaytableInvalid(f"Pick {pick}: hits are 0 to {pick} and multipliers positive.", pick_count=pick)
    figures = {pick: statistics(pick, row) for pick, row in sorted(table.items())}
    for pick, one in figures.items():
        if one.rtp > RTP_MAX:
            raise HouseEdgeTooLow(
                f"Pick {pick} returns {float(one.rtp):.4%}; at most 89 % is allowed.",
                pick_count=pick,
                rtp=str(one.rtp),
            )
    return figures


def hash_of(table: Multipliers) -> bytes:
    """The paytable hash of KPS-1, which every BET leaf carries."""
    return rules.paytable_hash(
        {pick: {hits: text_of(pays) for hits, pays in row.items()} for pick, row in table.items()}
    )


def payout_of(*, stake: int, hundredths: int, potential: int) -> int:
    """What a bet wins, in minor units: rounded down, and never more than what it was accepted for."""
    return min(stake * hundredths // 100, potential)


def potential_of(*, stake: int, top: int) -> int:
    """What a bet can win at most, in minor units. `top` is the highest prize of its pick count in hundredths."""
    return stake * top // 100


def highest_stake(*, top: int, max_win: int) -> int:
    """The highest stake, in minor units, of which the top prize is not above what the operator pays for one bet."""
    return (max_win * 100 + 99) // top


def text_of(hundredths: int) -> str:
    """A multiplier as decimal text without trailing zeros: 355 is 3.55, 840 is 8.4, 100 is 1."""
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".")


def hundredths_of(text: str) -> int:
    """
    The reverse of `text_of`.

    :raises PaytableInvalid: not a plain decimal with at most two decimals.
    """
    match = _MULTIPLIER.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise PaytableInvalid(f"{text!r} is not a multiplier such as 3.55.")
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
