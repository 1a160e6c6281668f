"""
Reading bets for whoever looks for patterns in them: how fast they came, who played the same, who won. Inside an
operator's schema. Every reading is bounded, and goes by an index; nothing is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from bets.models import Outcome
from bets.paytables import POOL


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """A player that placed many slips in a short time: so many that end such a time, between these moments."""

    player_id: int
    times: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A round that this operator has settled, drawn or void."""

    round_id: int
    settled_at: datetime
    drawn: bool
    bets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Players that played the same numbers for the same stake in one round, in minor units; some of them are named."""

    round_id: int
    picks: tuple[int, ...]
    stake: int
    players: int
    player_tokens: Sequence[str]
    slips: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Winner:
    """What a player staked and won in some rounds, in minor units."""

    player_id: int
    staked: int
    won: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """A player's bets of one round on the same numbers, with the same stake each, by one paytable. Minor units."""

    round_id: int
    picks: str
    pick_count: int
    paytable_id: UUID
    stake: int
    win_max: int
    bets: int
    won: int


def page_end(*, after: UUID, before: UUID, bets: int) -> UUID:
    """Where a part with so many bets ends, of those from one id to another; the other when there are fewer."""
    rows = _rows(
        "SELECT id FROM bets_bet WHERE id >= %s AND id < %s ORDER BY id OFFSET %s LIMIT 1", [after, before, bets]
    )
    return rows[0][0] if rows else before


def bursts(*, after: UUID, before: UUID, slips: int, within: timedelta, limit: int) -> list[Burst]:
    """
    Players with so many slips within such a time, the last of them among the bets from one id to another. A ticket is
    one slip.
    """
    known = {"after": after, "before": before, "back": slips - 1, "within": within, "limit": limit}
    milliseconds = int(within.total_seconds() * 1000)
    rows = _rows(_BURSTS, known | {"earlier": UUID(int=max(0, after.int - (milliseconds << 80)))})
    return [Burst(player_id=player, times=times, since=since, until=until) for player, times, since, until in rows]


def settled_after(*, settled_at: datetime, round_id: int, before: datetime, limit: int) -> list[Settled]:
    """Rounds settled behind this place and before this moment, oldest first."""
    rows = _rows(
        "SELECT round_id, settled_at, outcome, bets FROM bets_settlement"
        " WHERE (settled_at, round_id) > (%s, %s) AND settled_at >= %s AND settled_at < %s"
        " ORDER BY settled_at, round_id LIMIT %s",
        [settled_at, round_id, settled_at, before, limit],
    )
    return [
        Settled(round_id=one, settled_at=at, drawn=outcome == Outcome.DRAWN, bets=bets)
        for one, at, outcome, bets in rows
    ]


def crowds(
    *, round_ids: Sequence[int], after: UUID, picks_min: int, players_min: int, names: int, limit: int
) -> list[Crowd]:
    """
    Where so many players played the same in one of these rounds, with at least so many numbers. Bets before `after` are
    left out, so that old partitions are not looked into; of the players, `names` are named.
    """
    known = {"rounds": list(round_ids), "after": after, "picks": picks_min, "players": players_min}
    rows = _rows(_CROWDS, known | {"names": names, "limit": limit})
    return [
        Crowd(round_id=one, picks=_numbers(bits), stake=stake, players=players, player_tokens=some, slips=slips)
        for one, bits, stake, players, some, slips in rows
    ]


def slips_of_size(*, round_id: int, after: UUID, pick_count: int) -> int:
    """How many bets of a round have so many numbers."""
    [(count,)] = _rows(
        "SELECT count(*) FROM bets_bet WHERE round_id = %s AND id >= %s AND pick_count = %s",
        [round_id, after, pick_count],
    )
    return int(count)


def winners(*, round_ids: Sequence[int], after: UUID, limit: int) -> list[Winner]:
    """Players that won more than they staked in these rounds, those first who won most for their stakes."""
    rows = _rows(_WINNERS, {"rounds": list(round_ids), "after": after, "limit": limit})
    return [Winner(player_id=player, staked=int(staked), won=int(won)) for player, staked, won in rows]


def plays_of(*, player_id: int, after: UUID, bets: int) -> list[Play]:
    """What a player played with a result, newest first: of the last so many bets, and none before `after`."""
    rows = _rows(_PLAYS, {"player": player_id, "after": after, "bets": bets})
    names = ("round_id", "picks", "pick_count", "paytable_id", "stake", "win_max", "bets", "won")
    return [Play(**dict(zip(names, row, strict=True))) for row in rows]


def _rows(statement: str, parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _numbers(bits: str) -> tuple[int, ...]:
    return tuple(place for place in range(1, POOL + 1) if bits[place - 1] == "1")


_BURSTS = """
    SELECT player_id, count(*), min(since), max(created_at) FROM (
        SELECT id, player_id, created_at, lag(created_at, %(back)s) OVER (PARTITION BY player_id ORDER BY id) AS since
        FROM bets_bet WHERE id >= %(earlier)s AND id < %(before)s AND (ticket_id IS NULL OR ticket_id = id)
    ) slips WHERE id >= %(after)s AND created_at - since <= %(within)s
    GROUP BY player_id ORDER BY count(*) DESC, player_id LIMIT %(limit)s
"""
_CROWDS = """
    SELECT b.round_id, b.picks::text, b.stake, count(DISTINCT b.player_id),
           (array_agg(DISTINCT o.token))[:%(names)s], count(*)
    FROM bets_bet b JOIN players_player o ON o.id = b.player_id
    WHERE b.round_id = ANY (%(rounds)s) AND b.id >= %(after)s AND b.pick_count >= %(picks)s
      AND NOT EXISTS (
        SELECT 1 FROM bets_cancellation c WHERE c.bet_id = b.id AND c.round_id = ANY (%(rounds)s))
    GROUP BY b.round_id, b.picks, b.stake HAVING count(DISTINCT b.player_id) >= %(players)s
    ORDER BY count(DISTINCT b.player_id) DESC, b.round_id LIMIT %(limit)s
"""
_WINNERS = """
    SELECT b.player_id, sum(b.stake), sum(coalesce(p.amount, 0))
    FROM bets_bet b
    LEFT JOIN bets_payout p ON p.bet_id = b.id AND p.bet_id >= %(after)s AND p.round_id = ANY (%(rounds)s)
    WHERE b.round_id = ANY (%(rounds)s) AND b.id >= %(after)s
      AND NOT EXISTS (
        SELECT 1 FROM bets_cancellation c WHERE c.bet_id = b.id AND c.round_id = ANY (%(rounds)s))
    GROUP BY b.player_id HAVING sum(coalesce(p.amount, 0)) > sum(b.stake)
    ORDER BY sum(coalesce(p.amount, 0)) / sum(b.stake) DESC, b.player_id LIMIT %(limit)s
"""
_PLAYS = """
    SELECT round_id, picks::text, pick_count, paytable_id, stake, potential_max_win, count(*), sum(win_amount)::bigint
    FROM (
        SELECT * FROM bets_betstate
        WHERE player_id = %(player)s AND id >= %(after)s AND settlement_status IN ('won', 'lost')
        ORDER BY id DESC LIMIT %(bets)s
    ) mine
    GROUP BY round_id, picks, pick_count, paytable_id, stake, potential_max_win ORDER BY round_id DESC
"""
