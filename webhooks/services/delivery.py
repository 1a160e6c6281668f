"""
Delivery: what is due is claimed, sent by many calls at once, and recorded.

A claim is a row lock turned into a lease: whoever finds a delivery due moves its due time beyond the end of any call
and commits, so that no second worker sends it meanwhile. A worker that dies leaves the lease to run out, and the
message goes again under the same id: at least once, never surely once.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django.db import connection, transaction

from keno_platform import outbound
from keno_platform.core import buggify, clock
from webhooks import message, retrying, sealed
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.services import numbering, recording
from webhooks.services.recording import Result

logger = logging.getLogger(__name__)
DEADLINE_S = 20.0
"""How long an endpoint has to answer, from the first packet to the last."""
LEASE_S = 60.0
"""Longer than any call and its record can take; after it a claim counts as its worker's death."""
IN_FLIGHT_MAX = 200
LANE_MAX = 50
"""At once from one process: to all endpoints, and to one."""
RUN_S = 15.0
"""How long one run takes up new work; with a last call's deadline it stays below the time limit of a task."""
_PAUSE_S = 0.25
_GATHER_S = 0.005
"""How long a turn waits for something to come back, and for more of it, so that one record serves many."""
_NUMBERING_S = 0.5
_CLAIM = """
    WITH lane AS (
        SELECT e.id, %(lane_max)s - coalesce(busy.calls, 0) AS free FROM public.webhooks_endpoint e
        LEFT JOIN unnest(%(busy)s::uuid[], %(calls)s::int[]) AS busy (endpoint_id, calls) ON busy.endpoint_id = e.id
        WHERE e.state = 'active' AND (e.hold_until IS NULL OR e.hold_until <= clock_timestamp())),
    picked AS (
        SELECT due.id FROM lane CROSS JOIN LATERAL (
            SELECT d.id FROM public.webhooks_delivery d
            WHERE d.endpoint_id = lane.id AND d.due_at <= clock_timestamp()
            ORDER BY d.due_at LIMIT greatest(lane.free, 0) FOR UPDATE SKIP LOCKED) due
        LIMIT %(room)s)
    UPDATE public.webhooks_delivery d
    SET claim = gen_random_uuid(), due_at = clock_timestamp() + make_interval(secs => %(lease)s),
        attempts = d.attempts + 1, retries = d.retries + (NOT d.manual)::int
    FROM picked WHERE d.id = picked.id RETURNING d.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One attempt that this process alone may make now. `attempt_id` is its row, and the name of the claim."""

    attempt_id: UUID
    delivery_id: UUID
    endpoint_id: UUID
    url: str
    local: bool
    secrets: tuple[str, ...]
    event_id: UUID
    body: bytes


def deliver(*, run_s: float = RUN_S) -> int:
    """Number what is new and send what is due, for at most `run_s`; returns how many attempts were made."""
    numbering.number_events()
    first = claim()
    if not first:
        return 0
    with asyncio.Runner() as runner:
        try:
            return _Run(runner).work(first, until=time.monotonic() + run_s)
        finally:
            runner.run(outbound.close())


class _Run:
    """One stretch of work: the database is spoken to between the turns of the event loop, never inside."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._flying: dict[asyncio.Task[Result], Claim] = {}
        self._numbered_at = time.monotonic()

    def work(self, claims: list[Claim], *, until: float) -> int:
        made = 0
        while claims or self._flying:
            results = self._runner.run(self._turn(claims))
            recording.record(results)
            made += len(results)
            claims = self._next() if time.monotonic() < until else []
        return made

    def _next(self) -> list[Claim]:
        if time.monotonic() - self._numbered_at >= _NUMBERING_S:
            numbering.number_events()
            self._numbered_at = time.monotonic()
        busy = Counter(one.endpoint_id for one in self._flying.values())
        return claim(room=IN_FLIGHT_MAX - len(self._flying), busy=busy)

    async def _turn(self, claims: list[Claim]) -> list[Result]:
        """Send these off, and wait until something has come back."""
        for one in claims:
            self._flying[asyncio.create_task(send(one))] = one
        await asyncio.wait(self._flying, timeout=_PAUSE_S, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(_GATHER_S)
        done = [task for task in self._flying if task.done()]
        for task in done:
            del self._flying[task]
        return [task.result() for task in done]


@transaction.atomic
def claim(*, room: int = IN_FLIGHT_MAX, busy: Counter[UUID] | None = None) -> list[Claim]:
    """
    Take at most `room` deliveries that are due, and write the row of each one's attempt.

    `busy` says how many calls this process has under way to an endpoint; together no endpoint gets more than LANE_MAX.
    """
    busy = busy or Counter()
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            {
                "lane_max": LANE_MAX,
                "busy": list(busy),
                "calls": list(busy.values()),
                "room": max(room, 0),
                "lease": LEASE_S,
            },
        )
        picked = [row[0] for row in cursor.fetchall()]
    return begin(picked) if picked else []


def begin(delivery_ids: Sequence[UUID]) -> list[Claim]:
    """The attempts at these deliveries, which are claimed: their rows, and all that has to be known to send them."""
    deliveries = Delivery.objects.select_related("event", "endpoint").filter(pk__in=delivery_ids).order_by("due_at")
    claimed = [one for one in deliveries if one.claim is not None]
    now = clock.now()
    Attempt.objects.bulk_create(
        Attempt(
            id=one.claim,
            delivery_id=one.pk,
            number=one.attempts,
            manual=one.manual,
            started_at=now,
            url=one.endpoint.url,
        )
        for one in claimed
    )
    known = {one.endpoint_id: _secrets_of(one.endpoint) for one in claimed}
    return [_claim_of(one, known[one.endpoint_id]) for one in claimed]


def _claim_of(delivery: Delivery, secrets: tuple[str, ...]) -> Claim:
    assert delivery.claim is not None  # noqa: S101  # the caller left the others out
    return Claim(
        attempt_id=delivery.claim,
        delivery_id=delivery.pk,
        endpoint_id=delivery.endpoint_id,
        url=delivery.endpoint.url,
        local=delivery.endpoint.is_local,
        secrets=secrets,
        event_id=delivery.event_id,
        body=message.body_of(delivery.event),
    )


def _secrets_of(endpoint: Endpoint) -> tuple[str, ...]:
    try:
        return sealed.signing_secrets(endpoint, at=clock.now())
    except InvalidTag:
        logger.error("no seal key opens the secret of webhook endpoint %s", endpoint.pk)
        return ()


async def send(claim: Claim) -> Result:
    """Make one attempt. Whatever happens is a result; nothing is raised but cancellation."""
    began = time.perf_counter()
    result = Result(attempt_id=claim.attempt_id, delivery_id=claim.delivery_id, endpoint_id=claim.endpoint_id)
    if not claim.secrets:
        return replace(result, error="secret_unreadable")
    headers = message.headers_of(event_id=str(claim.event_id), body=claim.body, secrets=claim.secrets, at=clock.now())
    try:
        await buggify.soon("webhooks.before")
        outcome = await _post(claim, headers)
        await buggify.soon("webhooks.after")
    except outbound.CallFailed as failure:
        outcome = {"error": str(failure)[: recording.ERROR_MAX], "deferred": failure.reason in retrying.NOT_TRIED}
    except Exception:
        logger.exception("attempt %s failed by a fault of ours", claim.attempt_id)
        outcome = {"error": "internal"}
    return replace(result, headers=headers, duration_ms=round((time.perf_counter() - began) * 1000), **outcome)


async def _post(claim: Claim, headers: dict[str, str]) -> dict[str, Any]:
    lane = f"webhook:{claim.endpoint_id}"
    caller = outbound.caller()
    answer = await caller.post(
        outbound.Target(url=claim.url, local=claim.local),
        "",
        claim.body,
        headers=headers,
        deadline_s=DEADLINE_S,
        lane=lane,
        lane_max=LANE_MAX,
    )
    if answer.status >= retrying.SERVER_FAULT:
        caller.failed(lane)
    return {
        "status": answer.status,
        "answer": recording.shown(answer.body),
        "retry_after_s": retrying.retry_after_s(answer.headers.get("Retry-After"), now=clock.now()),
    }
