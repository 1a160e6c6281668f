"""Placing, reading, proving and cancelling bets; paytables."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bets import selectors
from bets.models import BetStatus
from bets.proofs import bet_proof
from bets.services import cancellation, placement, terms
from bets.shapes import (
    BatchAsk,
    BatchItem,
    BatchOutput,
    BetAsk,
    BetOutput,
    BetQuery,
    PaytableOutput,
    PlacedOutput,
    ReceiptQuery,
    show_bet,
    show_paytable,
    show_placed,
)
from keno_platform.core import clock
from keno_platform.core.errors import Refusal
from keno_platform.core.ids import uuid7_floor
from keno_platform.http.openapi import IDEMPOTENCY_KEY, Problem, query_parameters
from keno_platform.http.pagination import Page, paginate
from keno_platform.http.parsing import ParameterInvalid, idempotency_key, read, read_query
from keno_platform.http.problems import STATUS, problem
from operators.authentication import Caller, CallerView
from players.authentication import PlayerOrOperatorView
from players.selectors import get_player
from rounds.selectors import rounds_by_id

BATCH_MAX = 1000
CREATED = 201


class BetsView(PlayerOrOperatorView):
    """Placing one bet, and listing bets."""

    @extend_schema(
        operation_id="place_bet",
        parameters=[IDEMPOTENCY_KEY],
        request=BetAsk,
        responses={201: PlacedOutput, 409: Problem, 422: Problem},
    )
    def post(self, request: Request) -> Response:
        body = read(request, BetAsk)
        ask = slip_ask(body, caller=self.caller, key=idempotency_key(request))
        [placed] = placement.place_slips(operator=self.operator, asks=[ask])
        if isinstance(placed, Refusal):
            raise placed
        rounds = rounds_by_id(bet.round_id for bet in placed)
        shown = show_placed(self.operator, placed, rounds, sign_receipt=body.sign_receipt)
        return Response(shown, status=CREATED)

    @extend_schema(operation_id="list_bets", parameters=query_parameters(BetQuery), responses={200: Page, 422: Problem})
    def get(self, request: Request) -> Response:
        query, operator, caller = read_query(request, BetQuery), self.operator, self.caller
        bets = selectors.bets()
        if caller.player_id:
            bets = bets.filter(player_id=caller.player_id)
        elif query.player_token is not None:
            bets = bets.filter(player=get_player(query.player_token))
        if query.round_id is not None:
            bets = bets.filter(round_id=query.round_id)
        if query.status is not None:
            bets = bets.filter(settlement_status=_status(query.status))
        if query.since is not None:
            bets = bets.filter(pk__gte=uuid7_floor(clock.from_text(query.since)))
        page = paginate(request, query, bets, lambda bet: bet)
        rounds = rounds_by_id(bet.round_id for bet in page.results)
        shown = [show_bet(operator, bet, rounds[bet.round_id]) for bet in page.results]
        return Response(Page(next=page.next, previous=page.previous, results=shown))


class BatchView(CallerView):
    """Placing up to 1,000 bets at once. Each is accepted or refused by itself."""

    @extend_schema(
        operation_id="place_bets",
        parameters=[IDEMPOTENCY_KEY],
        request=BatchAsk,
        responses={200: BatchOutput, 422: Problem},
    )
    def post(self, request: Request) -> Response:
        key, body, operator = idempotency_key(request), read(request, BatchAsk), self.operator
        if not 1 <= len(body.bets) <= BATCH_MAX:
            raise ParameterInvalid(f"bets must be a list of 1 to {BATCH_MAX}.", bets_max=BATCH_MAX)
        asks = [slip_ask(ask, caller=self.caller, key=f"{key}#{n}") for n, ask in enumerate(body.bets)]
        placed = placement.place_slips(operator=operator, asks=asks)
        rounds = rounds_by_id(bet.round_id for own in placed if not isinstance(own, Refusal) for bet in own)
        return Response(
            BatchOutput(
                results=[
                    BatchItem(status=STATUS[own.kind], problem=problem(own))
                    if isinstance(own, Refusal)
                    else BatchItem(
                        status=CREATED, bet=show_placed(operator, own, rounds, sign_receipt=ask.sign_receipt)
                    )
                    for ask, own in zip(body.bets, placed, strict=True)
                ]
            )
        )


def slip_ask(ask: BetAsk, *, caller: Caller, key: str) -> terms.SlipAsk:
    """
    A request's bet as the placement service takes it. Keys of different callers never meet.

    :raises ParameterInvalid: not exactly one of `game` and `round_id`, or a player token where it does not belong.
    """
    if (ask.game is None) == (ask.round_id is None):
        raise ParameterInvalid("Give either game or round_id.")
    token = caller.player_token or ask.player_token
    if token is None or (ask.player_token is not None and ask.player_token != token):
        raise ParameterInvalid("player_token must name the player; a player's own call leaves it out.")
    return terms.SlipAsk(
        key=f"p{caller.player_id}:{key}" if caller.player_id else f"o:{key}",
        player_token=token,
        picks=ask.picks,
        stake=ask.stake,
        currency=ask.currency,
        game=ask.game,
        round_id=ask.round_id,
        rounds=ask.rounds,
    )


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
