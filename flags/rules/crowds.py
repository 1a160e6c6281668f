"""Identical slips: many players with the same numbers and the same stake in one round."""

import hashlib
from collections.abc import Sequence
from fractions import Fraction
from math import comb, log10

from bets import patterns
from bets.paytables import POOL
from configuration.selectors import value
from flags.configured import CROWD_PICKS, CROWD_PLAYERS
from flags.findings import Finding, New
from flags.models import RuleCode
from operators.models import Operator

CROWDS_MAX, NAMES_MAX = 100, 50
"""Told of in one look, and players that are named in each; the largest first."""


def find_crowds(new: New) -> Sequence[Finding]:
    """Slips of at least as many numbers that as many players have alike as is configured."""
    picks, players = value(CROWD_PICKS), value(CROWD_PLAYERS)
    rounds = [one.round_id for one in new.rounds if one.drawn and one.bets >= players]
    if not rounds:
        return []
    found = patterns.crowds(
        round_ids=rounds,
        after=new.rounds_after,
        picks_min=picks,
        players_min=players,
        names=NAMES_MAX,
        limit=CROWDS_MAX,
    )
    rule = f"{players} players with the same {picks} or more numbers and the same stake"
    return [_finding(new, one, rule) for one in found]


def _finding(new: New, one: patterns.Crowd, rule: str) -> Finding:
    slips = patterns.slips_of_size(round_id=one.round_id, after=new.rounds_after, pick_count=len(one.picks))
    operator: Operator = new.operator
    return Finding(
        rule=RuleCode.CROWD,
        subject=f"slips:{one.round_id}:{_mark(one)}",
        round_id=one.round_id,
        evidence={
            "picks": list(one.picks),
            "stake": operator.money(one.stake),
            "players": one.players,
            "player_tokens": list(one.player_tokens),
            "slips": one.slips,
            "slips_of_this_size": slips,
            "chance_at_most": chance_at_most(slips=slips, alike=one.players, pick_count=len(one.picks)),
            "rule": rule,
        },
    )


def chance_at_most(*, slips: int, alike: int, pick_count: int) -> str:
    """
    What the chance does not exceed that among so many slips so many are alike, if each had any numbers with the same
    chance: the sum over all groups of so many. People have favourites, so it is a measure and no proof.
    """
    bound = Fraction(comb(slips, alike), comb(POOL, pick_count) ** (alike - 1))
    if bound >= 1:
        return "1"
    exponent = log10(bound.numerator) - log10(bound.denominator)
    return f"1e{int(exponent)}"


def _mark(one: patterns.Crowd) -> str:
    return hashlib.sha256(f"{one.picks}:{one.stake}".encode()).hexdigest()[:16]
