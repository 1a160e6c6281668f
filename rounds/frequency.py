"""How often each number was drawn lately. It tells what was, and nothing of what comes: draws have no memory."""

from array import array
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import QuerySet

from rounds.models import Game, Round, RoundStatus
from rounds.selectors import game_now

ROUNDS_MAX = 1000
NUMBERS, PER_DRAW = 80, 20
_GAMES_REMEMBERED = 256
_DRAWN = (RoundStatus.DRAWN, RoundStatus.SETTLED, RoundStatus.REVEALED)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFrequency:
    """How often a number was drawn, and how many rounds ago last: 0 in the newest round, None in none of these."""

    number: int
    drawn: int
    rounds_ago: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequencies:
    """Of the latest `rounds` drawn rounds of a game, which are numbered from `first_round` to `last_round`."""

    rounds: int
    first_round: int | None
    last_round: int | None
    numbers: list[NumberFrequency]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draws:
    """A game's latest draws, newest first: PER_DRAW bytes for each, a byte for each number, so 20 kB for a thousand."""

    balls: bytes
    rounds: "array[int]"


def frequencies(game: Game, *, rounds: int) -> Frequencies:
    """The numbers 1 to 80 in the latest drawn rounds of a game: as many as asked for, or all that there are."""
    newest = _drawn(game).values_list("pk", flat=True).first()
    draws = _latest_draws(game, newest)
    balls, numbers = draws.balls[: rounds * PER_DRAW], draws.rounds[:rounds]
    counts = Counter(balls)
    return Frequencies(
        rounds=len(numbers),
        first_round=numbers[-1] if numbers else None,
        last_round=numbers[0] if numbers else None,
        numbers=[
            NumberFrequency(number=number, drawn=counts[number], rounds_ago=_rounds_ago(balls, number))
            for number in range(1, NUMBERS + 1)
        ],
    )


def _rounds_ago(balls: bytes, number: int) -> int | None:
    at = balls.find(number)
    return at // PER_DRAW if at >= 0 else None


def _drawn(game: Game) -> QuerySet[Round]:
    """
    A game's drawn rounds, newest first. By their time and not by their number, because thousands of rounds are
    committed ahead, and only the time tells where they begin.
    """
    past = Round.objects.filter(game=game, opens_at__lte=game_now(game.pk), status__in=_DRAWN)
    return past.order_by("-opens_at")


@lru_cache(maxsize=_GAMES_REMEMBERED)
def _latest_draws(game: Game, newest: int | None) -> _Draws:
    """What was read when `newest` was a game's newest draw. Draws never change, so it is right for as long as that."""
    del newest  # it is part of the key only
    rows = list(_drawn(game).values_list("number", "numbers_drawn")[:ROUNDS_MAX])
    return _Draws(
        balls=b"".join(bytes(drawn or ()) for _, drawn in rows), rounds=array("q", (number for number, _ in rows))
    )
