"""How often each number was drawn in the latest rounds."""

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from keno_platform.http.openapi import Problem, query_parameters
from keno_platform.http.parsing import Ask, ParameterInvalid, read_query
from players.authentication import PlayerOrOperatorView
from rounds import selectors
from rounds.frequency import ROUNDS_MAX, frequencies


class StatisticsQuery(Ask, frozen=True, kw_only=True):
    """Over how many of the latest drawn rounds."""

    rounds: int = 100


class NumberOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    One number: in how many of the rounds it was drawn, and how many rounds ago last: 0 is the newest round, null none
    of them.
    """

    number: int
    drawn: int
    rounds_ago: int | None


class StatisticsOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    Counts over the latest drawn rounds of a game: `rounds` of them, fewer than asked for where there are no more, and
    from number `first_round` to `last_round`. Each draw is independent: counts tell nothing of the next one.
    """

    game: str
    rounds: int
    first_round: int | None
    last_round: int | None
    numbers: list[NumberOutput]


class StatisticsView(PlayerOrOperatorView):
    """How often each number was drawn in the latest rounds. It says nothing of rounds to come."""

    @extend_schema(
        operation_id="number_statistics",
        parameters=query_parameters(StatisticsQuery),
        responses={200: StatisticsOutput, 404: Problem, 422: Problem},
    )
    def get(self, request: Request, code: str) -> Response:
        query = read_query(request, StatisticsQuery)
        if not 1 <= query.rounds <= ROUNDS_MAX:
            raise ParameterInvalid(f"rounds must be 1 to {ROUNDS_MAX}.", rounds_max=ROUNDS_MAX)
        game = selectors.get_game(code=code, operator_id=self.operator.pk)
        found = frequencies(game, rounds=query.rounds)
        return Response(
            StatisticsOutput(
                game=game.code,
                rounds=found.rounds,
                first_round=found.first_round,
                last_round=found.last_round,
                numbers=[
                    NumberOutput(number=one.number, drawn=one.drawn, rounds_ago=one.rounds_ago) for one in found.numbers
                ],
            )
        )
