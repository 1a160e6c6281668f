"""Recording what became of attempts, and drawing the conclusions: try again, give up, end an endpoint."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from webhooks import retrying
from webhooks.models import Attempt, Delivery, Endpoint, Outcome
from webhooks.services.endings import disable_endpoint, lock_endpoints

ANSWER_MAX = 2_000
ERROR_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one attempt. `deferred` when nothing was sent, for a reason of ours."""

    attempt_id: UUID
    delivery_id: UUID
    endpoint_id: UUID
    headers: dict[str, str] = field(default_factory=dict)
    status: int | None = None
    answer: str = ""
    error: str = ""
    retry_after_s: int | None = None
    duration_ms: int = 0
    deferred: bool = False

    @property
    def arrived(self) -> bool:
        """Whether the endpoint has said, with any 2xx, that it has the message."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def flaw(self) -> str:
        """Why it did not arrive."""
        return self.error or f"status {self.status}"


def shown(body: bytes) -> str:
    """The beginning of an answer as text that a log can hold."""
    return body[:ANSWER_MAX].decode("utf-8", "replace").replace("\x00", "�")


_DELIVERED = """
    UPDATE public.webhooks_delivery
    SET state = 'delivered', due_at = NULL, resume_at = NULL, manual = false, claim = NULL, error = '',
        finished_at = clock_timestamp()
    WHERE id = ANY (%s)
"""
# An answer that comes when the lease has run out still ends the delivery, whoever holds it by now.
_DEFERRED = """
    UPDATE public.webhooks_delivery
    SET attempts = attempts - 1, retries = retries - (NOT manual)::int, claim = NULL,
        due_at = clock_timestamp() + make_interval(secs => %s)
    WHERE id = %s AND claim = %s
"""
_REPLAY_FAILED = """
    UPDATE public.webhooks_delivery
    SET due_at = resume_at, resume_at = NULL, manual = false, claim = NULL, error = %s
    WHERE id = %s AND claim = %s
"""
_AGAIN = """
    UPDATE public.webhooks_delivery SET due_at = clock_timestamp() + make_interval(secs => %s), claim = NULL, error = %s
    WHERE id = %s AND claim = %s
"""
_GIVEN_UP = """
    UPDATE public.webhooks_delivery
    SET state = 'failed', due_at = NULL, claim = NULL, error = %s, finished_at = clock_timestamp()
    WHERE id = %s AND claim = %s
"""
_LOG = """
    UPDATE public.webhooks_attempt a
    SET outcome = %s, headers = %s::jsonb, status = %s, error = %s, answer = %s, duration_ms = %s,
        next_attempt_at = d.due_at
    FROM public.webhooks_delivery d WHERE a.id = %s AND d.id = a.delivery_id
"""


@transaction.atomic
def record(results: Sequence[Result]) -> None:
    """Write down what came of these attempts, plan the next ones, and end endpoints that are gone."""
    if not results:
        return
    lock_endpoints({result.endpoint_id for result in results})
    standing = _locked([result.delivery_id for result in results])
    results = [result for result in results if result.delivery_id in standing]  # the others are forgotten by now
    arrived = [result for result in results if result.arrived]
    others = [result for result in results if not result.arrived]
    with connection.cursor() as cursor:
        cursor.execute(_DELIVERED, [[result.delivery_id for result in arrived]])
    exhausted = [result for result in others if not _settle(result, standing[result.delivery_id])]
    _write_log([result for result in results if not result.deferred])
    _hold(results)
    Endpoint.objects.filter(pk__in={result.endpoint_id for result in arrived}).update(last_success_at=Now())
    _end_endpoints(results, exhausted, standing)


def _locked(delivery_ids: Iterable[UUID]) -> dict[UUID, Delivery]:
    """The rows as they stand. Their endpoints are locked, so nobody else changes them by now but a claim."""
    rows = Delivery.objects.select_for_update().filter(pk__in=list(delivery_ids)).order_by("pk")
    return {one.pk: one for one in rows}


def _settle(result: Result, delivery: Delivery) -> bool:
    """What a failure means for its delivery. False when the ladder has come to its end."""
    mine = [result.delivery_id, result.attempt_id]
    with connection.cursor() as cursor:
        if result.deferred:
            Attempt.objects.filter(pk=result.attempt_id).delete()
            cursor.execute(_DEFERRED, [retrying.DEFER.total_seconds(), *mine])
        elif result.status == retrying.GONE and not delivery.manual:
            cursor.execute(_GIVEN_UP, [result.flaw, *mine])
        elif delivery.manual:
            cursor.execute(_REPLAY_FAILED, [result.flaw, *mine])
        elif pause := retrying.pause_after(delivery.retries, asked_s=result.retry_after_s):
            cursor.execute(_AGAIN, [pause.total_seconds(), result.flaw, *mine])
        else:
            cursor.execute(_GIVEN_UP, [result.flaw, *mine])
            return bool(cursor.rowcount == 0)
    return True


def _write_log(results: Sequence[Result]) -> None:
    rows = [
        (
            Outcome.DELIVERED.value if one.arrived else Outcome.FAILED.value,
            json.dumps(one.headers),
            one.status,
            one.error,
            one.answer,
            one.duration_ms,
            one.attempt_id,
        )
        for one in results
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_LOG, rows)


def _hold(results: Sequence[Result]) -> None:
    """Leave endpoints in peace that asked for it, or whose breaker is open."""
    pauses: dict[UUID, timedelta] = {}
    for one in results:
        asked = timedelta(seconds=one.retry_after_s or 0) if one.status in retrying.THROTTLES else timedelta()
        pause = retrying.DEFER if one.error.startswith("breaker_open") else asked
        if pause > pauses.get(one.endpoint_id, timedelta()):
            pauses[one.endpoint_id] = pause
    for endpoint_id, pause in sorted(pauses.items()):
        Endpoint.objects.filter(pk=endpoint_id).update(hold_until=Now() + pause)


def _end_endpoints(results: Sequence[Result], exhausted: Sequence[Result], standing: dict[UUID, Delivery]) -> None:
    for endpoint_id in {one.endpoint_id for one in results if one.status == retrying.GONE}:
        disable_endpoint(endpoint_id, reason="It answered 410 Gone.")
    for one in exhausted:
        begun = standing[one.delivery_id].created_at
        heard = Endpoint.objects.filter(pk=one.endpoint_id, last_success_at__gte=begun).exists()
        if not heard:
            disable_endpoint(one.endpoint_id, reason="A message failed for three days, and nothing else arrived.")
