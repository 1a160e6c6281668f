"""What operators took and paid, over time and by game: the figures that several reports share. All exact."""

from collections import defaultdict
from dataclasses import dataclass, fields
from datetime import date
from typing import Self

from operators.models import Operator
from reports.query import Query
from reports.reading import fetch

# As in reports.selectors: a round counts when it was settled and a cancelled bet when it was cancelled, so that the
# figures of a time that has passed stay as they are. Settlements do not hold cancelled bets.
BOOKED = """
    SELECT (m.at AT TIME ZONE 'UTC')::date, g.code, sum(m.rounds), sum(m.bets), sum(m.stakes), sum(m.winners),
           sum(m.payouts), sum(m.void_rounds), sum(m.void_bets), sum(m.void_stakes), sum(m.cancelled_bets),
           sum(m.cancelled_stakes)
    FROM (
        SELECT s.round_id, s.settled_at AS at, 1 AS rounds, s.bets, s.stakes, s.winners, s.payouts, 0 AS void_rounds,
               0 AS void_bets, 0 AS void_stakes, 0 AS cancelled_bets, 0 AS cancelled_stakes
        FROM {s}.bets_settlement s
        WHERE s.outcome = 'drawn' AND s.settled_at >= %(since)s AND s.settled_at < %(until)s
        UNION ALL
        SELECT s.round_id, s.settled_at, 0, 0, 0, 0, 0, 1, s.bets, s.payouts, 0, 0
        FROM {s}.bets_settlement s
        WHERE s.outcome = 'void' AND s.settled_at >= %(since)s AND s.settled_at < %(until)s
        UNION ALL
        SELECT c.round_id, c.created_at, 0, 0, 0, 0, 0, 0, 0, 0, 1, coalesce(f.stake, b.stake)
        FROM {s}.bets_cancellation c
        LEFT JOIN {s}.bets_carriedcancellation f ON f.bet_id = c.bet_id
        LEFT JOIN {s}.bets_bet b ON b.id = c.bet_id
        WHERE c.created_at >= %(since)s AND c.created_at < %(until)s
    ) m
    JOIN public.rounds_round r ON r.id = m.round_id
    JOIN public.rounds_game g ON g.id = r.game_id
    WHERE %(game)s = '' OR g.code = %(game)s
    GROUP BY 1, 2
    ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """Counts, and sums in minor units. Void and cancelled bets stand by themselves and count nowhere else."""

    rounds: int = 0
    bets: int = 0
    stakes: int = 0
    winners: int = 0
    payouts: int = 0
    void_rounds: int = 0
    void_bets: int = 0
    void_stakes: int = 0
    cancelled_bets: int = 0
    cancelled_stakes: int = 0

    def __add__(self, other: Self) -> "Booked":
        names = [one.name for one in fields(self)]
        return Booked(**{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def ggr(self) -> int:
        """Gross gaming revenue: stakes less payouts."""
        return self.stakes - self.payouts

    @property
    def refunds(self) -> int:
        """What went back to players: stakes of void rounds and of cancelled bets."""
        return self.void_stakes + self.cancelled_stakes


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """Where figures belong: the first day of their bucket, and the game."""

    day: date
    game: str


def booked_by_day(operator: Operator, query: Query) -> dict[Place, Booked]:
    """The figures of each day (UTC) and game on which something was booked."""
    rows = fetch(operator, BOOKED, {"since": query.since, "until": query.until, "game": query.game})
    names = [one.name for one in fields(Booked)]
    return {
        Place(day=day, game=game): Booked(**dict(zip(names, map(int, sums), strict=True))) for day, game, *sums in rows
    }


def booked(operator: Operator, query: Query) -> dict[Place, Booked]:
    """The figures of each bucket and game, in their order."""
    found: dict[Place, Booked] = defaultdict(Booked)
    for place, own in booked_by_day(operator, query).items():
        found[bucket_of(query, place)] += own
    return dict(sorted(found.items()))


def bucket_of(query: Query, place: Place) -> Place:
    """The bucket that a day falls into."""
    if query.by == "day":
        return place
    first = query.since.date() if query.by == "period" else place.day.replace(day=1)
    return Place(day=first, game=place.game)


def bucket_text(query: Query, place: Place) -> str:
    """How the bucket is named: a day, a month, or the period."""
    if query.by == "period":
        return f"{query.since:%Y-%m-%d}/{query.until:%Y-%m-%d}"
    return f"{place.day:%Y-%m}" if query.by == "month" else place.day.isoformat()
