"""Abnormal return: a player has won more than chance explains, by the paytables that the bets were accepted for."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from bets import patterns, selectors
from bets.models import Paytable
from flags.chance import Played, Prizes, chance_of, expected
from flags.findings import Finding, New
from flags.models import RuleCode
from flags.selectors import last_dismissed
from keno_platform.core.ids import uuid7_floor

CHANCE_MAX = 1e-9
"""Below this it is told. Every player is looked at after every good round: of a thousand million such looks at honest
play one is expected to end here."""
PLAYERS_MAX = 200
"""Looked at more closely in one look: those who won most for their stakes in the new rounds."""
BETS_MAX = 2_000
DAYS = timedelta(days=30)
"""How far back a player's bets are taken together."""


def find_returns(new: New) -> Sequence[Finding]:
    """Players whose winnings have a chance below CHANCE_MAX."""
    rounds = [one.round_id for one in new.rounds if one.drawn]
    if not rounds:
        return []
    winners = patterns.winners(round_ids=rounds, after=new.rounds_after, limit=PLAYERS_MAX)
    found = (_look(new, one.player_id) for one in winners)
    return [one for one in found if one is not None]


def _look(new: New, player_id: int) -> Finding | None:
    plays = patterns.plays_of(player_id=player_id, after=_since(new, player_id), bets=BETS_MAX)
    if not plays:
        return None
    rounds, won = played(plays), sum(one.won for one in plays)
    chance = chance_of(rounds, won)
    if chance.value >= CHANCE_MAX:
        return None
    operator, staked = new.operator, sum(one.stake * one.bets for one in plays)
    return Finding(
        rule=RuleCode.RETURN,
        subject=f"player:{player_id}",
        player_id=player_id,
        evidence={
            "bets": sum(one.bets for one in plays),
            "rounds": len(rounds),
            "first_round_id": min(one.round_id for one in plays),
            "last_round_id": max(one.round_id for one in plays),
            "staked": operator.money(staked),
            "won": operator.money(won),
            "expected": operator.money(round(expected(rounds))),
            "return_percent": f"{100 * won / staked:.2f}",
            "chance": str(chance),
            "exact": chance.exact,
            "rule": f"a chance below {CHANCE_MAX:g}",
        },
    )


def _since(new: New, player_id: int) -> UUID:
    """What staff have looked at and dismissed is not held against a player again."""
    newest = datetime.fromtimestamp((new.bets_before.int >> 80) / 1000, UTC)
    dismissed = last_dismissed(rule=RuleCode.RETURN, player_id=player_id)
    since = newest - DAYS
    return uuid7_floor(max(since, dismissed.seen_at) if dismissed else since)


def played(plays: Sequence[patterns.Play]) -> list[Played]:
    """The same as chance sees it: round by round, bets on the same numbers together."""
    rounds: dict[int, dict[str, list[patterns.Play]]] = defaultdict(lambda: defaultdict(list))
    for one in plays:
        rounds[one.round_id][one.picks].append(one)
    tables = {one: selectors.get_paytable(one) for one in {play.paytable_id for play in plays}}
    return [Played(sets=tuple(_prizes(alike, tables) for alike in sets.values())) for _, sets in sorted(rounds.items())]


def _prizes(alike: Sequence[patterns.Play], tables: dict[UUID, Paytable]) -> Prizes:
    """As settlement pays: rounded down to the minor unit, and never above what the bet was accepted for."""
    hits = range(alike[0].pick_count + 1)
    return tuple(sum(_prize(one, tables[one.paytable_id], hit) for one in alike) for hit in hits)


def _prize(one: patterns.Play, table: Paytable, hits: int) -> int:
    multiplier = selectors.multipliers(table).get(one.pick_count, {}).get(hits, 0)
    return one.bets * min(one.stake * multiplier // 100, one.win_max)
