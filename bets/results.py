"""Reading what became of a whole round's bets, inside an operator's schema: for telling players and operators."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from bets.models import BetStatus, bits_of
from keno_platform.core.ids import uuid7_floor
from rounds.selectors import RoundOutcome

BETS_WITHIN = timedelta(days=1)
"""A round's bets are placed less than this before it opens: ids outside are not looked at, nor are their partitions."""
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class PlayersResults:
    """
    One player's settled bets of a round, and perhaps the balance: parallel sequences, amounts in minor units.
    No win: the stake went back.
    """

    player_id: int
    balance: int | None
    bets: list[UUID]
    stakes: list[int]
    wins: list[int | None]


@dataclass(frozen=True, slots=True)
class Result:
    """One settled bet. Without a win its stake went back; a void round has no hits."""

    bet_id: UUID
    player_token: str
    stake: int
    win: int | None
    hits: int | None


def id_range(one: RoundOutcome) -> tuple[UUID, UUID]:
    """The bounds of the ids that a round's bets can have, the upper one excluded."""
    return uuid7_floor(one.opens_at - BETS_WITHIN), uuid7_floor(one.closes_at + BETS_WITHIN)


def status_of(win: int | None) -> str:
    """What a settled bet is, by what it won."""
    if win is None:
        return BetStatus.ROLLED_BACK.value
    return BetStatus.WON.value if win > 0 else BetStatus.LOST.value


def by_player(one: RoundOutcome, *, balances: bool) -> Iterator[PlayersResults]:
    """Every player's results of a settled round, on demand with the balance of now."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_PLAYER, _bounds(one) | {"balances": balances})
        while rows := cursor.fetchmany(_CHUNK):
            yield from (PlayersResults(*row) for row in rows)


def by_bet(one: RoundOutcome) -> Iterator[Result]:
    """Every bet of a settled round."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_BET, _bounds(one) | {"drawn": one.numbers and bits_of(one.numbers)})
        while rows := cursor.fetchmany(_CHUNK):
            yield from (Result(*row) for row in rows)


def _bounds(one: RoundOutcome) -> dict[str, Any]:
    low, high = id_range(one)
    return {"round": one.round_id, "low": low, "high": high}


_BETS = """
    SELECT b.id, b.player_id, b.stake, b.picks,
           CASE WHEN c.bet_id IS NULL AND s.outcome = 'drawn' THEN coalesce(p.amount, 0) END AS win
    FROM bets_bet b
    JOIN bets_settlement s ON s.round_id = b.round_id
    LEFT JOIN bets_payout p
      ON p.bet_id = b.id AND p.round_id = %(round)s AND p.bet_id >= %(low)s AND p.bet_id < %(high)s
    LEFT JOIN bets_cancellation c ON c.bet_id = b.id AND c.round_id = %(round)s
    WHERE b.round_id = %(round)s AND b.id >= %(low)s AND b.id < %(high)s
"""
_BY_PLAYER = f"""
    SELECT r.player_id, a.balance, r.bets, r.stakes, r.wins
    FROM (SELECT o.player_id, array_agg(o.id) AS bets, array_agg(o.stake) AS stakes, array_agg(o.win) AS wins
          FROM ({_BETS}) o GROUP BY o.player_id) r
    LEFT JOIN wallet_account a ON %(balances)s AND a.player_id = r.player_id
"""
_BY_BET = f"""
    SELECT o.id, p.token, o.stake, o.win, bit_count(o.picks & %(drawn)s::bit(80))
    FROM ({_BETS}) o JOIN players_player p ON p.id = o.player_id
"""
