"""For whoever keeps the server running: is it alive, and is it ready, part by part."""

from collections.abc import Callable

import redis
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse

from anchors.selectors import chain_status
from audit.standing import sealing
from configuration import catalogue as configured
from configuration.selectors import value
from keno_platform.core import clock
from rounds.selectors import count_overdue, database_now

CLOCK_LAG_MAX_S = 2.0
OVERDUE_MAX_S = 15
CHAIN_LAG_MAX_S = 900


def live(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """
    200 when every part works, 503 with the reasons otherwise. Notices are for staff: rounds go on without the chain and
    without the record's seals, so their troubles take no web process out of service.
    """
    parts = {name: _state(check) for name, check in _CHECKS.items()}
    healthy = all(state == "ok" for state in parts.values())
    notices = {name: _state(check) for name, check in _NOTICES.items()}
    response = JsonResponse(
        {"status": "ok" if healthy else "not ready", "parts": parts, "notices": notices},
        status=200 if healthy else 503,
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


def _chain() -> str:
    status = chain_status()
    if not status.configured:
        return "none: roots are signed and wait"
    if status.alarms:
        return f"{', '.join(status.alarms)}: see docs/anchoring.md"
    return "ok" if status.oldest_waiting_s < CHAIN_LAG_MAX_S else f"a root has waited {status.oldest_waiting_s:.0f} s"


def _record() -> str:
    return sealing().trouble(after_s=value(configured.SEALING_STALLED_SECONDS)) or "ok"


_CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "broker": _broker,
    "clock": _clock,
    "rounds": _rounds,
}
_NOTICES: dict[str, Callable[[], str]] = {"chain": _chain, "record": _record}
