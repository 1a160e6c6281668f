"""Counting and tracing calls that go through Django."""

import time
from collections.abc import Callable
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

from keno_platform.observability import tracing
from keno_platform.observability.instruments import REQUEST_SECONDS, REQUESTS

UNKNOWN = "unknown"
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
Handler = Callable[[HttpRequest], HttpResponse]


def measured(get_response: Handler) -> Handler:
    """Counts each call by its route as the address book writes it: what a caller makes up is one route, `unknown`."""

    def answer(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        method = request.method if request.method in METHODS else "other"
        with tracing.span(str(method), carrier=request.headers, kind="server"):
            response = get_response(request)
            route = route_of(request)
            tracing.rename(f"{method} {route}")
            tracing.annotate(status=response.status_code)
        requests, seconds = _instruments(str(method), route, response.status_code)
        requests.inc()
        seconds.observe(time.perf_counter() - began)
        return response

    return answer


def route_of(request: HttpRequest) -> str:
    """Such as `api/v1/bets/<uuid:bet_id>`; `unknown` where no view answered."""
    match = request.resolver_match
    return (match.route or "/") if match is not None else UNKNOWN


@lru_cache(maxsize=4096)
def _instruments(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(method, route, str(status)), REQUEST_SECONDS.labels(route)
