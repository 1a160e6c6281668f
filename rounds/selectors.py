"""Reading games and rounds."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet

from keno_platform.core.clock import to_milliseconds
from keno_platform.core.errors import Kind, NotFound, Refusal, Retry
from rounds.models import (
    Countersignature,
    Epoch,
    EpochKey,
    Game,
    Participation,
    ResultsTree,
    Round,
    RoundStatus,
)
from rounds.statements import run

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
    retry = Retry.NEW_KEY


def database_now() -> datetime:
    """The clock that every rule of a round goes by."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def game_now(game_id: int) -> datetime:
    """The time that a game's rounds go by: the database's clock, or in a sandbox the game's own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.game_clock(%s)", [game_id])
        moment: datetime = cursor.fetchone()[0]
    return moment


def list_games() -> QuerySet[Game]:
    """All games of the installation, sandboxes' own too."""
    return Game.objects.order_by("code")


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


def get_any_game(code: str) -> Game:
    """
    A game by its code, whoever's it is: for who looks at `owner_id` before telling of it.

    :raises GameNotFound: none.
    """
    game = Game.objects.filter(code=code).first()
    if game is None:
        raise GameNotFound(game=code)
    return game


def _full() -> QuerySet[Round]:
    """Rounds with all that answers about them are made of, without what is long or secret and seldom needed."""
    rounds = Round.objects.select_related("game", "epoch", "results_tree")
    return rounds.defer("epoch__sealed_key", "epoch__nodes", "results_tree__nodes")


def rounds_for(operator_id: UUID) -> QuerySet[Round]:
    """Rounds of the games that are open to this operator."""
    return _full().filter(Q(game__owner__isnull=True) | Q(game__owner_id=operator_id))


def rounds_of(game: Game) -> QuerySet[Round]:
    """A game's rounds, as the bare rows that a condition on other tables needs."""
    return Round.objects.filter(game=game)


def open_rounds_of_shared_games(*, round_ids: Iterable[int], codes: Iterable[str]) -> list[Round]:
    """Those of these rounds, and of the rounds of these games, that are open and belong to no operator alone."""
    shared = _full().filter(game__owner__isnull=True, status=RoundStatus.OPEN)
    ids, names = list(round_ids), list(codes)
    by_id = list(shared.filter(pk__in=ids)) if ids else []
    return by_id + (list(shared.filter(game__code__in=names)) if names else [])


def get_round(*, round_id: int, operator_id: UUID | None = None) -> Round:
    """
    One round; with an operator, only of its games.

    :raises RoundNotFound: none, or another operator's.
    """
    rounds = _full() if operator_id is None else rounds_for(operator_id)
    found = rounds.filter(pk=round_id).first()
    if found is None:
        raise RoundNotFound(round_id=round_id)
    return found


def open_numbers() -> dict[int, int]:
    """By game, the number of the round in which bets can be placed now."""
    return dict(Round.objects.filter(status=RoundStatus.OPEN).values_list("game_id", "number"))


def current_round(game: Game) -> Round:
    """
    The round that is open, or else the next one that will open.

    :raises RoundNotOpen: the game has no round ahead.
    """
    ahead = _full().filter(game=game)
    found = ahead.filter(status=RoundStatus.OPEN).first() or (
        ahead.filter(status=RoundStatus.SCHEDULED).order_by("opens_at").first()
    )
    if found is None:
        raise RoundNotOpen(game=game.code)
    return found


def latest_drawn(game: Game, count: int) -> Sequence[Round]:
    """The last rounds of a game whose numbers are known, newest first."""
    drawn = [RoundStatus.DRAWN, RoundStatus.SETTLED, RoundStatus.REVEALED]
    rounds = _full().filter(game=game, status__in=drawn)
    return list(rounds.order_by("-number")[:count])


def consecutive_rounds(first: Round, count: int) -> list[Round]:
    """The first round and those that follow it; fewer than asked when no more are scheduled yet."""
    following = Round.objects.select_related("game").filter(game_id=first.game_id, number__gte=first.number)
    return list(following.order_by("number")[:count])


def epoch_commitments(epoch_id: int, *, first: int = 0, last: int | None = None) -> Iterator[Round]:
    """The rounds of an epoch in the order of its tree: all, or those with indexes from `first` to before `last`."""
    rounds = Round.objects.select_related("game").filter(epoch_id=epoch_id, leaf_index__gte=first)
    rounds = rounds.order_by("leaf_index")
    return rounds.iterator(chunk_size=2000) if last is None else iter(rounds.filter(leaf_index__lt=last))


def results_of(tree_id: int, *, first: int = 0, last: int | None = None) -> Iterator[Round]:
    """The rounds of a tree of results in its order: all, or those with indexes from `first` to before `last`."""
    rounds = Round.objects.select_related("game").filter(results_tree_id=tree_id, results_index__gte=first)
    rounds = rounds.order_by("results_index")
    return rounds.iterator(chunk_size=2000) if last is None else iter(rounds.filter(results_index__lt=last))


def rounds_for_proof(round_ids: Iterable[int]) -> list[Round]:
    """These rounds with all that their proof documents are made of, in the order of their numbers."""
    rounds = _full()
    return list(rounds.filter(pk__in=list(round_ids)).order_by("game_id", "number"))


def get_round_for_proof(round_id: int) -> Round:
    """
    One round with all that its proof document is made of.

    :raises RoundNotFound: there is none.
    """
    found = rounds_for_proof([round_id])
    if not found:
        raise RoundNotFound(round_id=round_id)
    return found[0]


def finished_on(*, code: str, day: date) -> list[int]:
    """
    The ids of a game's rounds that opened on this day (UTC) and are revealed or void, in the order of their numbers.

    :raises GameNotFound: no game has this code.
    """
    game = Game.objects.filter(code=code).first()
    if game is None:
        raise GameNotFound(game=code)
    begin = datetime.combine(day, time(), UTC)
    rounds = Round.objects.filter(game=game, opens_at__gte=begin, opens_at__lt=begin + timedelta(days=1))
    return list(rounds.filter(status__in=FINISHED).order_by("number").values_list("pk", flat=True))


def countersignatures(round_ids: Iterable[int]) -> dict[int, list[Countersignature]]:
    """The operators' signatures under the CLOSE of these rounds, by round, in the order of operators' ids."""
    found: dict[int, list[Countersignature]] = {}
    for each in Countersignature.objects.filter(round_id__in=list(round_ids)).order_by("operator_id"):
        found.setdefault(each.round_id, []).append(each)
    return found


def published_keys(epoch_ids: Iterable[int]) -> dict[int, bytes]:
    """The keys of those of these epochs that are over and published."""
    return {each.epoch_id: bytes(each.key) for each in EpochKey.objects.filter(epoch_id__in=list(epoch_ids))}


def key_due_ms(epoch: Epoch) -> int:
    """When the key of an epoch is due to be published, in milliseconds since 1970."""
    return to_milliseconds(epoch.ends_at + timedelta(seconds=settings.EPOCH_KEY_DELAY_SECONDS))


def epochs_to_publish() -> list[int]:
    """The epochs that are over, with their delay and all their rounds, and whose key is not published."""
    with connection.cursor() as cursor:
        cursor.execute(_UNPUBLISHED, [settings.EPOCH_KEY_DELAY_SECONDS])
        return [row[0] for row in cursor.fetchall()]


_UNPUBLISHED = """
    SELECT e.id FROM public.rounds_epoch e
    WHERE e.ends_at + make_interval(secs => %s) <= clock_timestamp()
      AND NOT EXISTS (SELECT 1 FROM public.rounds_epochkey k WHERE k.epoch_id = e.id)
      AND NOT EXISTS (SELECT 1 FROM public.rounds_round r
                      WHERE r.epoch_id = e.id
                        AND (r.status NOT IN ('revealed', 'void') OR r.closes_at > clock_timestamp()))
    ORDER BY e.id
"""


def trees_of_latest(latest: int | None) -> tuple[list[Epoch], list[ResultsTree]]:
    """The epochs and trees of results in which the latest N finished rounds stand; without N all there are."""
    if latest is None:
        return list(Epoch.objects.order_by("pk")), list(ResultsTree.objects.order_by("pk"))
    rounds = Round.objects.filter(status__in=FINISHED).order_by("-pk").values_list("epoch_id", "results_tree_id")
    pairs = list(rounds[:latest])
    epochs = Epoch.objects.filter(pk__in={epoch for epoch, _ in pairs}).order_by("pk")
    return list(epochs), list(ResultsTree.objects.filter(pk__in={tree for _, tree in pairs}).order_by("pk"))


def tree_of(seq: int) -> Epoch | ResultsTree:
    """
    The tree whose root has this place in the order of the chain.

    :raises NotFound: there is none.
    """
    found = Epoch.objects.filter(anchor_seq=seq).first() or ResultsTree.objects.filter(anchor_seq=seq).first()
    if found is None:
        raise NotFound()
    return found


def epochs_by_seq(seqs: Iterable[int]) -> dict[int, Epoch]:
    """The epochs whose roots have these places in the order of the chain."""
    return {epoch.anchor_seq or 0: epoch for epoch in Epoch.objects.filter(anchor_seq__in=list(seqs))}


def unsettled(round_ids: Iterable[int] | None = None, *, older_than_s: float = 0) -> list[tuple[int, UUID]]:
    """
    (round id, operator id) of what must be paid or refunded: drawn or void, not yet settled, oldest first.

    In a sandbox nothing counts as too young: its clock may stand.
    """
    payable = [RoundStatus.DRAWN, RoundStatus.VOID]
    found = Participation.objects.filter(settled_at__isnull=True, round__status__in=payable)
    if round_ids is not None:
        found = found.filter(round_id__in=list(round_ids))
    if older_than_s:
        found = found.extra(  # the database's clock, not this process's, says how old it is
            where=[
                "(coalesce(rounds_round.drawn_at, rounds_round.voided_at)"
                " < clock_timestamp() - make_interval(secs => %s)"
                " OR rounds_round.sandbox)"
            ],
            params=[older_than_s],
        )
    return list(found.order_by("round_id").values_list("round_id", "operator_id"))


def participants(round_ids: Iterable[int]) -> list[tuple[int, UUID]]:
    """(round id, operator id) of every operator with a bet in these rounds."""
    return [(round_id, operator_id) for round_id, operator_id in run(_PARTICIPANTS, [list(round_ids)])]


_PARTICIPANTS = "SELECT round_id, operator_id FROM public.rounds_participation WHERE round_id = ANY (%b::bigint[])"


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
    """Rounds that should have opened or closed this many seconds ago, by the time of their game, and have not."""
    with connection.cursor() as cursor:
        cursor.execute(_OVERDUE, {"by": by_s})
        return int(cursor.fetchone()[0])


_OVERDUE = """
    SELECT (
        SELECT count(*) FROM public.rounds_round
        WHERE status = 'open' AND closes_at < public.rounds_own_time(sandbox, game_id) - make_interval(secs => %(by)s)
    ) + (
        SELECT count(*) FROM public.rounds_round
        WHERE status = 'scheduled' AND NOT sandbox AND opens_at < clock_timestamp() - make_interval(secs => %(by)s)
    ) + (
        SELECT count(*) FROM public.rounds_sandbox_time s
        JOIN public.rounds_round r ON r.game_id = s.game_id AND r.status = 'scheduled' AND r.sandbox
        WHERE r.opens_at < s.now - make_interval(secs => %(by)s)
    )
"""


def rounds_by_id(round_ids: Iterable[int]) -> dict[int, Round]:
    """These rounds with their games, by id."""
    return {one.pk: one for one in Round.objects.select_related("game").filter(pk__in=set(round_ids))}


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundOutcome:
    """What a round came to, for who pays: numbers, or none when it is void. Nothing of it ever changes."""

    round_id: int
    game: str
    opens_at: datetime
    closes_at: datetime
    numbers: tuple[int, ...] | None


def outcome_of(round_id: int) -> RoundOutcome:
    """
    The outcome of a round that is drawn or void.

    :raises RoundNotFound: there is none with this id.
    :raises ValueError: it has no outcome yet.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OUTCOME, [round_id])
        row = cursor.fetchone()
    if row is None:
        raise RoundNotFound(round_id=round_id)
    game, status, opens_at, closes_at, drawn = row
    if drawn is None and status != RoundStatus.VOID:
        raise ValueError(f"round {round_id} is {status}: nothing to settle yet")
    numbers = None if drawn is None else tuple(drawn)
    return RoundOutcome(round_id=round_id, game=game, opens_at=opens_at, closes_at=closes_at, numbers=numbers)


_OUTCOME = """
    SELECT g.code, r.status, r.opens_at, r.closes_at, r.numbers_drawn
    FROM public.rounds_round r JOIN public.rounds_game g ON g.id = r.game_id WHERE r.id = %s
"""
