"""For whoever keeps the server running: is it alive, and is it ready, part by part."""

from collections.abc import Callable

import redis
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse

from keno_platform.core import clock
from rounds.selectors import count_overdue, database_now

CLOCK_LAG_MAX_S = 2.0
OVERDUE_MAX_S = 15


def live(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """200 when every part works, 503 with the reasons otherwise."""
    parts = {name: _state(check) for name, check in _CHECKS.items()}
    healthy = all(state == "ok" for state in parts.values())
    response = JsonResponse(
        {"status": "ok" if healthy else "not ready", "parts": parts}, status=200 if healthy else 503
    )
    response._has_been_logged = True  # type: ignore[attr-defined]  # a probe's 503 is an answer, not an error of ours
    return response


def _state(check: Callable[[], str]) -> str:
    try:
        return check()
    except Exception as error:
        return f"{type(error).__name__}"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _broker() -> str:
    redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1).ping()
    return "ok"


def _clock() -> str:
    lag = abs((database_now() - clock.now()).total_seconds())
    return "ok" if lag < CLOCK_LAG_MAX_S else f"this machine's clock is {lag:.1f} s off the database's"


def _rounds() -> str:
    overdue = count_overdue(by_s=OVERDUE_MAX_S)
    return "ok" if not overdue else f"{overdue} rounds are overdue: is a worker serving the queue `rounds`, and beat?"


_CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "broker": _broker,
    "clock": _clock,
    "rounds": _rounds,
}
