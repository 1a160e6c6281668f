"""Reading games and rounds."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from keno_platform.core.errors import Kind, Refusal
from rounds.models import Game, Participation, Round, RoundStatus

FINISHED = (RoundStatus.REVEALED, RoundStatus.VOID)


class GameNotFound(Refusal):
    """No such game, or not one of this operator's."""

    code = "game_not_found"
    kind = Kind.NOT_FOUND
    title = "There is no such game"


class RoundNotFound(Refusal):
    """No such round, or not one of this operator's."""

    code = "round_not_found"
    kind = Kind.NOT_FOUND
    title = "There is no such round"


class RoundNotOpen(Refusal):
    """Betting on the round has not begun or has ended."""

    code = "round_not_open"
    kind = Kind.CONFLICT
    title = "Betting on this round is not open"


def database_now() -> datetime:
    """The clock that every rule of a round goes by."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def games_for(operator_id: UUID) -> QuerySet[Game]:
    """The games that this operator's players can play: the shared ones and its own."""
    return Game.objects.filter(Q(owner__isnull=True) | Q(owner_id=operator_id)).order_by("code")


def get_game(*, code: str, operator_id: UUID) -> Game:
    """
    A game of this operator by its code.

    :raises GameNotFound: none, or another operator's.
    """
    game = games_for(operator_id).filter(code=code).first()
    if game is None:
        raise GameNotFound(game=code)
    return game


def rounds_for(operator_id: UUID) -> QuerySet[Round]:
    """Rounds of the games that are open to this operator."""
    return Round.objects.select_related("game", "epoch").filter(
        Q(game__owner__isnull=True) | Q(game__owner_id=operator_id)
    )


def get_round(*, round_id: int, operator_id: UUID | None = None) -> Round:
    """
    One round; with an operator, only of its games.

    :raises RoundNotFound: none, or another operator's.
    """
    rounds = Round.objects.select_related("game", "epoch") if operator_id is None else rounds_for(operator_id)
    found = rounds.filter(pk=round_id).first()
    if found is None:
        raise RoundNotFound(round_id=round_id)
    return found


def current_round(game: Game) -> Round:
    """
    The round that is open, or else the next one that will open.

    :raises RoundNotOpen: the game has no round ahead.
    """
    ahead = Round.objects.select_related("game", "epoch").filter(game=game)
    found = ahead.filter(status=RoundStatus.OPEN).first() or (
        ahead.filter(status=RoundStatus.SCHEDULED).order_by("opens_at").first()
    )
    if found is None:
        raise RoundNotOpen(game=game.code)
    return found


def latest_drawn(game: Game, count: int) -> Sequence[Round]:
    """The last rounds of a game whose numbers are known, newest first."""
    drawn = [RoundStatus.DRAWN, RoundStatus.SETTLED, RoundStatus.REVEALED]
    return list(Round.objects.filter(game=game, status__in=drawn).order_by("-number")[:count])


def consecutive_rounds(first: Round, count: int) -> list[Round]:
    """The first round and those that follow it; fewer than asked when no more are scheduled yet."""
    following = Round.objects.select_related("game").filter(game_id=first.game_id, number__gte=first.number)
    return list(following.order_by("number")[:count])


def epoch_commitments(epoch_id: int) -> list[Round]:
    """All rounds of an epoch in the order of its tree."""
    return list(Round.objects.select_related("game").filter(epoch_id=epoch_id).order_by("leaf_index"))


def unsettled(round_ids: Iterable[int] | None = None, *, older_than_s: float = 0) -> list[tuple[int, UUID]]:
    """(round id, operator id) of what must be paid or refunded: drawn or void, not yet settled, oldest first."""
    payable = [RoundStatus.DRAWN, RoundStatus.VOID]
    found = Participation.objects.filter(settled_at__isnull=True, round__status__in=payable)
    if round_ids is not None:
        found = found.filter(round_id__in=list(round_ids))
    if older_than_s:
        found = found.extra(  # the database's clock, not this process's, says how old it is
            where=[
                "coalesce(rounds_round.drawn_at, rounds_round.voided_at)"
                " < clock_timestamp() - make_interval(secs => %s)"
            ],
            params=[older_than_s],
        )
    return list(found.order_by("round_id").values_list("round_id", "operator_id"))


def participants(round_ids: Iterable[int]) -> list[tuple[int, UUID]]:
    """(round id, operator id) of every operator with a bet in these rounds."""
    found = Participation.objects.filter(round_id__in=list(round_ids))
    return list(found.values_list("round_id", "operator_id"))


def list_finished_between(after: int, up_to: int) -> list[Round]:
    """Rounds with ids in (after, up_to] that are revealed or void, in order of their ids."""
    finished = Round.objects.select_related("game").filter(pk__gt=after, pk__lte=up_to, status__in=FINISHED)
    return list(finished.order_by("pk"))


def rounds_with_numbers(latest: int | None) -> "QuerySet[Round]":
    """Rounds whose numbers are drawn, newest first; the latest N or all."""
    return Round.objects.select_related("game").filter(numbers_drawn__isnull=False).order_by("-pk")[:latest]


def rounds_with_bets_sealed(latest: int | None) -> "QuerySet[Round]":
    """Rounds whose bets are committed to by a CLOSE message, newest first; the latest N or all."""
    return Round.objects.select_related("game").filter(close_message__isnull=False).order_by("-pk")[:latest]


def count_overdue(*, by_s: float) -> int:
    """Rounds that should have opened or closed this many seconds ago, by the database's clock, and have not."""
    with connection.cursor() as cursor:
        cursor.execute(_OVERDUE, {"by": by_s})
        return int(cursor.fetchone()[0])


_OVERDUE = """
    SELECT count(*) FROM public.rounds_round
    WHERE (status = 'open' AND closes_at < clock_timestamp() - make_interval(secs => %(by)s))
       OR (status = 'scheduled' AND opens_at < clock_timestamp() - make_interval(secs => %(by)s))
"""


def rounds_by_id(round_ids: Iterable[int]) -> dict[int, Round]:
    """These rounds with their games, by id."""
    return {one.pk: one for one in Round.objects.select_related("game").filter(pk__in=set(round_ids))}
