"""Placing, reading, proving and cancelling bets; paytables."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bets import selectors
from bets.door.desk import place_together
from bets.models import BetState, BetStatus
from bets.proofs import bet_proof
from bets.services import cancellation
from bets.shapes import (
    CREATED,
    BatchAsk,
    BatchOutput,
    BetAsk,
    BetOutput,
    BetQuery,
    PaytableOutput,
    PlacedOutput,
    ReceiptQuery,
    show_answer,
    show_batch,
    show_bet,
    show_paytable,
)
from bets.slips import SlipAsk
from keno_platform.core.errors import Refusal
from keno_platform.http.openapi import IDEMPOTENCY_KEY, Problem, query_parameters
from keno_platform.http.pagination import Page, paginate
from keno_platform.http.parsing import ParameterInvalid, idempotency_key, read, read_query
from operators.authentication import Caller, CallerView
from operators.models import Operator
from players.authentication import PlayerOrOperatorView
from players.selectors import get_player
from players.services import check_region
from rounds.selectors import get_game, rounds_by_id

BATCH_MAX = 1000


class BetsView(PlayerOrOperatorView):
    """Placing one bet, and listing bets."""

    counts_bets = True

    @extend_schema(
        operation_id="place_bet",
        parameters=[IDEMPOTENCY_KEY],
        request=BetAsk,
        responses={201: PlacedOutput, 403: Problem, 409: Problem, 422: Problem, 429: Problem, 503: Problem},
    )
    def post(self, request: Request) -> Response:
        self.take_bets(1)
        check_region(operator=self.operator, country=self.caller.country)
        body = read(request, BetAsk)
        ask = slip_ask(body, caller=self.caller, key=idempotency_key(request))
        [placed] = place_together(self.operator, [ask])
        if isinstance(placed, Refusal):
            raise placed
        return Response(show_answer(self.operator, placed, sign_receipt=body.sign_receipt), status=CREATED)

    @extend_schema(operation_id="list_bets", parameters=query_parameters(BetQuery), responses={200: Page, 422: Problem})
    def get(self, request: Request) -> Response:
        query, operator = read_query(request, BetQuery), self.operator
        bets = _found(query, operator, self.caller)
        page = paginate(request, query, bets, lambda bet: bet)
        rounds = rounds_by_id(bet.round_id for bet in page.results)
        shown = [show_bet(operator, bet, rounds[bet.round_id]) for bet in page.results]
        return Response(Page(next=page.next, previous=page.previous, results=shown))


class BatchView(CallerView):
    """Placing up to 1,000 bets at once. Each is accepted or refused by itself."""

    counts_bets = True

    @extend_schema(
        operation_id="place_bets",
        parameters=[IDEMPOTENCY_KEY],
        request=BatchAsk,
        responses={200: BatchOutput, 422: Problem, 429: Problem, 503: Problem},
    )
    def post(self, request: Request) -> Response:
        key, asked = idempotency_key(request), read_batch(read(request, BatchAsk))
        self.take_bets(len(asked))
        placed = place_together(self.operator, slip_asks(asked, caller=self.caller, key=key))
        return Response(show_batch(self.operator, asked, placed))


def read_batch(body: BatchAsk) -> list[BetAsk]:
    """
    The bets of a bulk call.

    :raises ParameterInvalid: none, or more than BATCH_MAX.
    """
    if not 1 <= len(body.bets) <= BATCH_MAX:
        raise ParameterInvalid(f"bets must be a list of 1 to {BATCH_MAX}.", bets_max=BATCH_MAX)
    return body.bets


def slip_asks(asked: Sequence[BetAsk], *, caller: Caller, key: str) -> list[SlipAsk]:
    """
    The bets of a bulk call as the placement service takes them.

    :raises ParameterInvalid: as for `slip_ask`.
    """
    return [slip_ask(ask, caller=caller, key=f"{key}#{n}") for n, ask in enumerate(asked)]


def slip_ask(ask: BetAsk, *, caller: Caller, key: str) -> SlipAsk:
    """
    A request's bet as the placement service takes it. Keys of different callers never meet.

    :raises ParameterInvalid: not exactly one of `game` and `round_id`, or a player token where it does not belong.
    """
    if (ask.game is None) == (ask.round_id is None):
        raise ParameterInvalid("Give either game or round_id.")
    token = caller.player_token or ask.player_token
    if token is None or (ask.player_token is not None and ask.player_token != token):
        raise ParameterInvalid("player_token must name the player; a player's own call leaves it out.")
    return SlipAsk(
        key=f"p{caller.player_id}:{key}" if caller.player_id else f"o:{key}",
        player_token=token,
        picks=ask.picks,
        stake=ask.stake,
        currency=ask.currency,
        game=ask.game,
        round_id=ask.round_id,
        rounds=ask.rounds,
        session_id=caller.session_id,
    )


def _found(query: BetQuery, operator: Operator, caller: Caller) -> QuerySet[BetState]:
    """
    The bets of a list: a player's own, or those of the operator's that it asks for.

    :raises ParameterInvalid: a status that is none, or a game without what narrows the search: bets of a game that is
        seldom played would be looked for among all that there are.
    :raises GameNotFound: none, or another operator's.
    """
    bets = selectors.bets()
    if caller.player_id:
        bets = bets.filter(player_id=caller.player_id)
    elif query.player_token is not None:
        bets = bets.filter(player=get_player(query.player_token))
    elif query.game is not None and query.round_id is None:
        raise ParameterInvalid("Bets of a game are listed for one player or one round: name it too.")
    if query.round_id is not None:
        bets = bets.filter(round_id=query.round_id)
    if query.game is not None:
        bets = selectors.of_game(bets, get_game(code=query.game, operator_id=operator.pk))
    if query.status is not None:
        bets = bets.filter(settlement_status=_status(query.status))
    return selectors.placed_between(bets, since=query.since, to=query.to)


def _status(name: str) -> str:
    if name not in BetStatus.values:
        raise ParameterInvalid(f"status must be one of {', '.join(BetStatus.values)}.")
    return name


class BetView(PlayerOrOperatorView):
    """One bet."""

    @extend_schema(
        operation_id="read_bet", parameters=query_parameters(ReceiptQuery), responses={200: BetOutput, 404: Problem}
    )
    def get(self, request: Request, bet_id: UUID) -> Response:
        query = read_query(request, ReceiptQuery)
        bet = selectors.get_bet(bet_id, player_id=self.caller.player_id)
        one = rounds_by_id([bet.round_id])[bet.round_id]
        return Response(show_bet(self.operator, bet, one, sign_receipt=query.sign_receipt))


class BetProofView(PlayerOrOperatorView):
    """The proof that a bet is in its round's committed set."""

    @extend_schema(operation_id="bet_proof", responses={200: dict, 404: Problem})
    def get(self, request: Request, bet_id: UUID) -> Response:
        bet = selectors.get_bet(bet_id, player_id=self.caller.player_id)
        return Response(bet_proof(self.operator, bet))


class CancelView(CallerView):
    """Taking a bet back while its round is open."""

    moves_money = True

    @extend_schema(operation_id="cancel_bet", request=None, responses={200: BetOutput, 409: Problem})
    def post(self, request: Request, bet_id: UUID) -> Response:
        bet = cancellation.cancel_bet(operator=self.operator, bet_id=bet_id)
        return Response(show_bet(self.operator, bet, rounds_by_id([bet.round_id])[bet.round_id]))


class PaytableView(PlayerOrOperatorView):
    """One version of the paytable, with exact figures."""

    @extend_schema(operation_id="read_paytable", responses={200: PaytableOutput, 404: Problem})
    def get(self, request: Request, paytable_id: UUID) -> Response:
        return Response(show_paytable(selectors.get_paytable(paytable_id)))


class ActivePaytableView(PlayerOrOperatorView):
    """The paytable that new bets get."""

    @extend_schema(operation_id="active_paytable", responses={200: PaytableOutput, 401: Problem})
    def get(self, request: Request) -> Response:
        return Response(show_paytable(selectors.active_paytable()))
