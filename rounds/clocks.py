"""The clock of a sandbox's game as it stands, and what happens next by it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import connection

from rounds.models import Game, RoundStatus

DRAW_AFTER = timedelta(seconds=1)
"""How long after its close a sandbox's round is drawn, by its own time: as with a beacon, and one can stop there."""


class Boundary(StrEnum):
    """What happens to a round by the clock. Settlement and revealing follow the draw without it."""

    OPENED = "opened"
    CLOSED = "closed"
    DRAWN = "drawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """
    The time of a sandbox's game. `lead`: by how much it is ahead of the real time; standing uses it up.

    Where it stands, `goes_on_at` is the real time at which it goes on by itself.
    """

    now: datetime
    lead: timedelta
    stands: bool
    goes_on_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A boundary of a round, and when it is by the game's time."""

    boundary: Boundary
    round_id: int
    number: int
    at: datetime


def read_clock(game: Game) -> Clock:
    """The clock of a sandbox's game. Any other game has none, and to ask for it is a fault: it fails."""
    with connection.cursor() as cursor:
        cursor.execute(_CLOCK, [game.pk])
        now, real, stands, goes_on_at = cursor.fetchone()
    return Clock(now=now, lead=now - real, stands=stands, goes_on_at=goes_on_at if stands else None)


def next_event(game: Game) -> Event | None:
    """What comes next in a sandbox's game, or what is due and not done yet; None where no round is committed."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_EVENT, {"game": game.pk, "after": DRAW_AFTER.total_seconds()})
        row = cursor.fetchone()
    return Event(boundary=Boundary(row[0]), round_id=row[1], number=row[2], at=row[3]) if row else None


# The real time is read once: a clock that goes on by itself at this moment does not come out as standing.
_CLOCK = """
    WITH moment AS MATERIALIZED (SELECT clock_timestamp() AS real)
    SELECT public.game_time(c.lead, c.stopped_at, c.resumes_at, m.real), m.real,
           c.stopped_at IS NOT NULL AND m.real < c.resumes_at, c.resumes_at
    FROM public.rounds_gameclock c, moment m WHERE c.game_id = %s
"""
_NEXT_EVENT = f"""
    (SELECT '{Boundary.DRAWN}', id, number, closes_at + make_interval(secs => %(after)s) AS at FROM public.rounds_round
     WHERE game_id = %(game)s AND status = '{RoundStatus.CLOSED}' ORDER BY number LIMIT 1)
    UNION ALL
    (SELECT '{Boundary.CLOSED}', id, number, closes_at FROM public.rounds_round
     WHERE game_id = %(game)s AND status = '{RoundStatus.OPEN}')
    UNION ALL
    (SELECT '{Boundary.OPENED}', id, number, opens_at FROM public.rounds_round
     WHERE game_id = %(game)s AND status = '{RoundStatus.SCHEDULED}' ORDER BY opens_at LIMIT 1)
    ORDER BY at, number LIMIT 1
"""
