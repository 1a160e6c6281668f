"""
What each call asks of the rate limits, and the base of all views, which ask.

A backend's calls count for its operator. A player's calls count for the player and for the address that they come from,
a player's bets also for the operator. Calls without a credential count for their address. The provider's do not count.
"""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from keno_platform.core.errors import Kind, Refusal
from keno_platform.limits import asking, rates
from keno_platform.limits.addresses import bucket_of
from keno_platform.limits.demands import Demand, Demands, RateLimited, Verdict
from keno_platform.limits.guesses import guesses
from keno_platform.limits.headers import headers_of
from keno_platform.limits.rates import OFF, Rate, read_rate
from operators.models import Operator
from operators.origins import client_address


def rate_of(operator: Operator, name: str) -> Rate | None:
    """What an operator is allowed, or its players are: its own rate or the installation's. None: no limit."""
    own = operator.rate_limits.get(name)
    if own is None:
        return settings.LIMITS.rates.get(name)
    return None if own == OFF else _read(own)


def installed(name: str) -> str:
    """What the installation allows, in words for staff."""
    return str(settings.LIMITS.rates.get(name, "no limit"))


@lru_cache(maxsize=1024)
def _read(text: str) -> Rate:
    return read_rate(text)


def of_operator(operator: Operator, name: str, *, units: int = 1) -> Demand | None:
    """So many units of one of an operator's own limits."""
    rate = rate_of(operator, name)
    return Demand(name=name, whose=operator.schema_name, rate=rate, units=units) if rate else None


def of_player(operator: Operator, name: str, player_id: int, *, units: int = 1) -> Demand | None:
    """So many units of one of a player's limits. Player ids repeat between operators."""
    rate = rate_of(operator, name)
    whose = f"{operator.schema_name}:{player_id}"
    return Demand(name=name, whose=whose, rate=rate, units=units) if rate else None


def of_address(bucket: str | None, name: str) -> Demand | None:
    """One unit of one of an address' limits; nothing for an address that is not counted."""
    rate = settings.LIMITS.rates.get(name) if bucket else None
    return Demand(name=name, whose=bucket, rate=rate) if bucket and rate else None


def of_call(operator: Operator, *, player_id: int | None, bucket: str | None) -> Demands:
    """What a call counts for that places no bet."""
    if player_id is None:
        return together(of_operator(operator, rates.OPERATOR_CALLS))
    return together(of_player(operator, rates.PLAYER_CALLS, player_id), of_address(bucket, rates.ADDRESS_CALLS))


def of_players_bets(operator: Operator, *, player_id: int | None, bucket: str | None, bets: int) -> Demands:
    """What bets that a player places count for, beside the operator's own limit. A backend's count for that alone."""
    if player_id is None:
        return ()
    return together(
        of_player(operator, rates.PLAYER_BETS, player_id, units=bets), of_address(bucket, rates.ADDRESS_CALLS)
    )


def together(*demands: Demand | None) -> Demands:
    """Those that there are."""
    return tuple(one for one in demands if one is not None)


def address_bucket(request: HttpRequest) -> str | None:
    """What the caller's address is counted under; None where it is not."""
    return bucket_of(client_address(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", "")))


class LimitedView(APIView):
    """The base of all views: counts wrong credentials, and tells in headers what is left of the limits."""

    verdict: Verdict | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        guesses.require_none(address_bucket(request._request))
        super().initial(request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Refusal) and exc.kind is Kind.UNAUTHENTICATED:
            guesses.note(of_address(address_bucket(self.request._request), rates.ADDRESS_GUESSES))
        if isinstance(exc, RateLimited):
            self.verdict = exc.verdict
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        if self.verdict is not None:
            for name, value in headers_of(self.verdict).items():
                answer[name] = value
        return answer

    def take(self, demands: Demands, *, money: bool) -> None:
        """
        Count this call.

        :raises RateLimited: too many. :raises LimitsUnavailable: it moves money, and nobody can count.
        """
        self.verdict = asking.take(demands, money=money)
        self.verdict.require()


class OpenView(LimitedView):
    """The base of calls without a credential, which count for their address."""

    address_limits: tuple[str, ...] = (rates.ADDRESS_CALLS,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        bucket = address_bucket(request._request)
        self.take(together(*(of_address(bucket, name) for name in self.address_limits)), money=False)
