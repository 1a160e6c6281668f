"""Games and rounds."""

from collections.abc import Sequence
from typing import Any

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from anchors.selectors import anchored
from keno_platform.core import clock
from keno_platform.http.openapi import ListOf, Problem, query_parameters
from keno_platform.http.pagination import Page, PageQuery, paginate
from keno_platform.http.parsing import Ask, ParameterInvalid, read, read_query
from operators.authentication import CallerNotAllowed, CallerView
from operators.models import Operator
from players.authentication import PlayerOrOperatorView
from rounds import beacons, selectors
from rounds.models import Game, Round, RoundStatus
from rounds.services.games import create_sandbox_game


class GameOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A sequence of rounds that this operator's players can play, and the limits of one bet in it."""

    code: str
    name: str
    interval_seconds: int
    betting_seconds: int
    entropy_network: str
    entropy_public: bool
    anchoring: str
    active: bool
    sandbox: bool
    currency: str
    min_stake: str
    max_stake: str
    max_win: str


class RoundOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    A round. What is not known, or not public yet, is null. The seed is public once the round is revealed.

    `commitment_status` is `anchored` where the commitment was final on the chain when the round opened, `signed-only`
    where it was not; the two references are transactions on the chain: of the commitment, and of the result.
    """

    round_id: int
    game: str
    number: int
    status: str
    opens_at: str
    closes_at: str
    commitment: str
    bets_count: int | None
    bets_root: str | None
    numbers: list[int] | None
    drawn_at: str | None
    server_seed: str | None
    server_seed_hash: str
    commitment_status: str | None
    blockchain_commit_reference: str | None
    blockchain_reveal_reference: str | None
    void_reason: str | None
    created_at: str


class CurrentRound(RoundOutput, frozen=True, kw_only=True):
    """The round now, with the server's time to count from and the sequence number that the stream goes on from."""

    server_time: str
    seq: int


class RoundsQuery(PageQuery, frozen=True, kw_only=True):
    """Filters of the round list; `from` and `to` are RFC 3339 times of opening."""

    game: str | None = None
    since: str | None = msgspec.field(default=None, name="from")
    to: str | None = None
    status: str | None = None


class RecentQuery(Ask, frozen=True, kw_only=True):
    """How many of the latest draws."""

    count: int = 10


def show_game(game: Game, operator: Operator) -> GameOutput:
    return GameOutput(
        code=game.code,
        name=game.name,
        interval_seconds=game.interval_seconds,
        betting_seconds=game.betting_seconds,
        entropy_network=game.network,
        entropy_public=beacons.get_network(game.network).public,
        anchoring=game.anchoring,
        active=game.active,
        sandbox=game.sandbox,
        currency=operator.currency_code,
        min_stake=operator.money(operator.min_bet),
        max_stake=operator.money(operator.max_bet),
        max_win=operator.money(operator.max_win_per_ticket),
    )


def show_rounds(rounds: Sequence[Round]) -> list[RoundOutput]:
    """These rounds, their references read together."""
    references = _references(rounds)
    return [RoundOutput(**_members(one, references)) for one in rounds]


def _references(rounds: Sequence[Round]) -> dict[int, str]:
    """The transactions that have put the roots of these rounds on the chain, by the roots' places."""
    seqs = {one.epoch.anchor_seq for one in rounds} | {
        one.results_tree.anchor_seq for one in rounds if one.results_tree
    }
    return {seq: found.transaction for seq, found in anchored(seq for seq in seqs if seq is not None).items()}


def _commitment_status(one: Round) -> str | None:
    if one.signed_only is None:
        return None
    return "signed-only" if one.signed_only else "anchored"


def _members(one: Round, references: dict[int, str]) -> dict[str, Any]:
    sealed = one.close_message is not None and one.bets_root is not None
    revealed = one.status in selectors.FINISHED and one.server_seed is not None
    return {
        "round_id": one.pk,
        "game": one.game.code,
        "number": one.number,
        "status": one.status,
        "opens_at": clock.to_text(one.opens_at),
        "closes_at": clock.to_text(one.closes_at),
        "commitment": bytes(one.server_seed_hash).hex(),
        "bets_count": one.bets_count if sealed else None,
        "bets_root": bytes(one.bets_root or b"").hex() if sealed else None,
        "numbers": one.numbers_drawn,
        "drawn_at": clock.to_text(one.drawn_at) if one.drawn_at else None,
        "server_seed": bytes(one.server_seed or b"").hex() if revealed else None,
        "server_seed_hash": bytes(one.server_seed_hash).hex(),
        "commitment_status": _commitment_status(one),
        "blockchain_commit_reference": references.get(one.epoch.anchor_seq or 0),
        "blockchain_reveal_reference": references.get(one.results_tree.anchor_seq or 0) if one.results_tree else None,
        "void_reason": one.void_reason or None,
        "created_at": clock.to_text(one.created_at),
    }


class GameAsk(Ask, frozen=True, kw_only=True):
    """A sandbox's own game. Its code begins with `sandbox-`."""

    code: str
    name: str = ""
    interval_seconds: int = 10
    betting_seconds: int = 7


class GamesView(PlayerOrOperatorView):
    """The games open to the caller's operator. A sandbox can make some of its own."""

    @extend_schema(operation_id="list_games", responses={200: ListOf(GameOutput), 401: Problem})
    def get(self, request: Request) -> Response:
        return Response([show_game(game, self.operator) for game in selectors.games_for(self.operator.pk)])

    @extend_schema(
        operation_id="create_game",
        request=GameAsk,
        responses={201: GameOutput, 401: Problem, 403: Problem, 409: Problem, 422: Problem},
    )
    def post(self, request: Request) -> Response:
        if self.caller.player_id is not None:
            raise CallerNotAllowed()
        ask = read(request, GameAsk)
        game = create_sandbox_game(
            operator=self.operator,
            code=ask.code,
            name=ask.name or ask.code,
            interval_seconds=ask.interval_seconds,
            betting_seconds=ask.betting_seconds,
            actor=self.caller.actor,
        )
        return Response(show_game(game, self.operator), status=201)


class CurrentRoundView(PlayerOrOperatorView):
    """The round that is open, or the next one that will open."""

    @extend_schema(operation_id="current_round", responses={200: CurrentRound, 404: Problem})
    def get(self, request: Request, code: str) -> Response:
        game = selectors.get_game(code=code, operator_id=self.operator.pk)
        one = selectors.current_round(game)
        now = clock.to_text(selectors.game_now(game.pk))
        return Response(CurrentRound(**_members(one, _references([one])), server_time=now, seq=game.event_seq))


class LatestDrawsView(PlayerOrOperatorView):
    """The latest rounds whose numbers are known, newest first."""

    @extend_schema(
        operation_id="latest_draws",
        parameters=query_parameters(RecentQuery),
        responses={200: ListOf(RoundOutput), 404: Problem},
    )
    def get(self, request: Request, code: str) -> Response:
        query = read_query(request, RecentQuery)
        if not 1 <= query.count <= 100:
            raise ParameterInvalid("count must be 1 to 100.")
        game = selectors.get_game(code=code, operator_id=self.operator.pk)
        return Response(show_rounds(selectors.latest_drawn(game, query.count)))


class RoundView(PlayerOrOperatorView):
    """One round."""

    @extend_schema(operation_id="read_round", responses={200: RoundOutput, 404: Problem})
    def get(self, request: Request, round_id: int) -> Response:
        return Response(show_rounds([selectors.get_round(round_id=round_id, operator_id=self.operator.pk)])[0])


class RoundsView(CallerView):
    """Rounds with filters, newest first; without a status the finished ones."""

    @extend_schema(
        operation_id="list_rounds", parameters=query_parameters(RoundsQuery), responses={200: Page, 422: Problem}
    )
    def get(self, request: Request) -> Response:
        query, operator_id = read_query(request, RoundsQuery), self.operator.pk
        if query.status is not None and query.status not in RoundStatus.values:
            raise ParameterInvalid(f"status must be one of {', '.join(RoundStatus.values)}.")
        rounds = selectors.rounds_for(operator_id)
        rounds = rounds.filter(status__in=[query.status] if query.status else selectors.FINISHED)
        if query.game is not None:
            rounds = rounds.filter(game=selectors.get_game(code=query.game, operator_id=operator_id))
        if query.since is not None:
            rounds = rounds.filter(opens_at__gte=clock.from_text(query.since))
        if query.to is not None:
            rounds = rounds.filter(opens_at__lt=clock.from_text(query.to))
        page = paginate(request, query, rounds, lambda one: one)
        return Response(Page(next=page.next, previous=page.previous, results=show_rounds(page.results)))
