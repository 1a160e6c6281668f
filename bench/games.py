"""Many games whose rounds come due at the same moments, for the rows that measure how rounds are driven."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rounds.models import Game, Round


def make_games(count: int, *, code: str, network: str) -> "list[Game]":
    """So many games that no schedule touches."""
    from rounds.models import Game

    run = secrets.token_hex(3)
    names = [f"{code}-{run}-{n:04d}" for n in range(count)]
    return Game.objects.bulk_create([Game(code=name, name=name, network=network, active=False) for name in names])


def commit_in_step(games: "Sequence[Game]", *, rounds: int, step_s: float, ahead_s: float) -> "list[Round]":
    """
    One epoch with so many rounds of each game, all opening and closing at the same moments, each opening as the one
    before it closes. The first opens so many seconds ahead, or later where committing takes longer.
    """
    from tests.support.rounds import Timing, commit_rounds

    return commit_rounds(games, count=rounds, timing=Timing(opens_in=ahead_s, betting=step_s, pause=0.0))


def boundaries(rounds: "Sequence[Round]") -> list[datetime]:
    """The moments at which something is due, in order: openings, and the last close."""
    return sorted({one.opens_at for one in rounds} | {one.closes_at for one in rounds})


def at_each(moments: Sequence[datetime], do: Callable[[], float]) -> list[float]:
    """What this gives at each of these moments, by the database's clock."""
    from django.db import connection

    measured = []
    for moment in moments:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep_until(%s)", [moment + timedelta(milliseconds=1)])
        measured.append(do())
    return measured


def require_revealed(rounds: "Sequence[Round]") -> None:
    """:raises RuntimeError: one of these rounds has not come to its good end."""
    from rounds.models import Round, RoundStatus

    ids = [one.pk for one in rounds]
    left = Round.objects.filter(pk__in=ids).exclude(status=RoundStatus.REVEALED).count()
    if left:
        raise RuntimeError(f"{left} of {len(ids)} rounds are not revealed")
