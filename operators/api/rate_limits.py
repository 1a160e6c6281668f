"""The rate limits of an operator and of its players: the provider sets them, the operator reads its own."""

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from keno_platform.http.openapi import Problem
from keno_platform.http.parsing import Ask, read
from keno_platform.limits import rates
from operators import selectors
from operators.authentication import CallerView
from operators.limiting import rate_of
from operators.models import Operator
from operators.services.rate_limits import set_rate_limits


class RateLimitsAsk(Ask, frozen=True, kw_only=True):
    """
    What is to change. `10/100` is ten a second and a hundred at once, `off` no limit, null the installation's own;
    what is left out stays.
    """

    operator_bets: str | msgspec.UnsetType | None = msgspec.UNSET
    operator_calls: str | msgspec.UnsetType | None = msgspec.UNSET
    player_bets: str | msgspec.UnsetType | None = msgspec.UNSET
    player_calls: str | msgspec.UnsetType | None = msgspec.UNSET


class RateLimitOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A limit in force: so many a second, a decimal, and so many at once. Null: there is no limit."""

    limit: str
    per_second: str | None
    burst: int | None
    own: bool


class RateLimitsOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of one operator and of each of its players. `own`: set for this operator alone."""

    limits: list[RateLimitOutput]


def show(operator: Operator) -> RateLimitsOutput:
    """An operator's limits as the API prints them."""
    return RateLimitsOutput(limits=[_show(operator, name) for name in rates.OF_OPERATOR])


def _show(operator: Operator, name: str) -> RateLimitOutput:
    rate = rate_of(operator, name)
    return RateLimitOutput(
        limit=name,
        per_second=f"{rate.per_second:g}" if rate else None,
        burst=rate.burst if rate else None,
        own=name in operator.rate_limits,
    )


class RateLimitsView(CallerView):
    """The operator reads how often it and its players may call."""

    @extend_schema(operation_id="get_rate_limits", responses={200: RateLimitsOutput, 401: Problem})
    def get(self, request: Request) -> Response:
        return Response(show(self.operator))


class OperatorRateLimitsView(CallerView):
    """The provider reads and sets an operator's limits."""

    provider_only = True

    @extend_schema(operation_id="get_operator_rate_limits", responses={200: RateLimitsOutput, 404: Problem})
    def get(self, request: Request, slug: str) -> Response:
        return Response(show(selectors.get_operator(slug=slug)))

    @extend_schema(
        operation_id="set_operator_rate_limits",
        request=RateLimitsAsk,
        responses={200: RateLimitsOutput, 404: Problem, 422: Problem},
    )
    def put(self, request: Request, slug: str) -> Response:
        ask, operator = read(request, RateLimitsAsk), selectors.get_operator(slug=slug)
        given = {name: getattr(ask, name) for name in rates.OF_OPERATOR}
        limits = {name: value for name, value in given.items() if value is not msgspec.UNSET}
        set_rate_limits(operator=operator, limits=limits, actor=self.caller.actor)
        return Response(show(operator))
