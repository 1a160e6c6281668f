"""Delivery: each message arrives at least once and in no normal case twice; failures climb the ladder and end."""

import asyncio
import os
import subprocess
import sys
import threading
from datetime import timedelta
from email.utils import format_datetime
from uuid import uuid4

import pytest
from psycopg.conninfo import make_conninfo

from audit.models import AuditEntry
from keno_platform import outbound
from keno_platform.core import clock
from keno_platform.local import ports
from operators.models import Operator
from tests.support.database import parameters
from tests.support.threads import at_once, in_threads
from tests.webhooks.conftest import Subscribe
from tests.webhooks.receivers import Got, Receiver, Reply
from tests.webhooks.steps import delivery_of, earlier, pass_time, tell
from webhooks import retrying
from webhooks.models import Attempt, Delivery, DeliveryState, EndpointState, Outcome
from webhooks.selectors import attempts_of
from webhooks.services import delivery, recording
from webhooks.services.delivery import claim, deliver, send
from webhooks.services.recording import Result

WORKER = """
import django
django.setup()
from webhooks.tasks import deliver
deliver()
"""


def send_without_recording(claims: list[delivery.Claim]) -> list[Result]:
    """What a worker does that dies before it writes anything down."""

    async def run() -> list[Result]:
        try:
            return list(await asyncio.gather(*(send(one) for one in claims)))
        finally:
            await outbound.close()

    return asyncio.run(run())


def test_a_message_arrives_signed_and_its_attempt_is_written_down(
    subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    endpoint, secret = subscribe(receiver.url)
    receiver.says(202, b"thanks")
    [event] = tell(operator_a)
    assert deliver() == 1
    [got] = receiver.got
    message = got.read_with(secret)
    assert got.path == "/hooks/keno"
    assert got.headers["content-type"] == "application/json"
    assert got.event_id == str(event.pk)
    assert set(message) == {"type", "timestamp", "sequence", "data"}
    assert (message["type"], message["sequence"]) == ("bet.settled", event.sequence)
    assert message["data"]["bet_id"] == event.key
    sent = delivery_of(event, endpoint)
    assert (sent.state, sent.attempts, sent.due_at, sent.claim) == (DeliveryState.DELIVERED, 1, None, None)
    [attempt] = attempts_of(sent)
    assert (attempt.outcome, attempt.status, attempt.answer) == (Outcome.DELIVERED, 202, "thanks")
    assert attempt.headers["webhook-signature"] == got.headers["webhook-signature"]
    assert attempt.duration_ms is not None
    assert attempt.next_attempt_at is None
    assert deliver() == 0


@pytest.mark.parametrize(("status", "kind"), [(200, "delivered"), (204, "delivered"), (301, "pending")])
@pytest.mark.parametrize("body", [b"", b"not \xff text\x00"])
def test_only_a_2xx_is_an_answer(
    subscribe: Subscribe, operator_a: Operator, receiver: Receiver, status: int, kind: str, body: bytes
) -> None:
    endpoint, _ = subscribe(receiver.url)
    receiver.says(status, b"" if status == 204 else body, Location="/elsewhere")
    [event] = tell(operator_a)
    assert deliver() == 1
    assert delivery_of(event, endpoint).state == kind
    assert len(receiver.got) == 1


def test_a_long_answer_is_kept_only_as_far_as_it_helps(
    subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    endpoint, _ = subscribe(receiver.url)
    receiver.says(500, b"x" * 50_000)
    [event] = tell(operator_a)
    deliver()
    [attempt] = attempts_of(delivery_of(event, endpoint))
    assert attempt.answer == "x" * recording.ANSWER_MAX


def test_failures_climb_the_ladder_for_three_days_and_end_the_endpoint(
    subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    endpoint, _ = subscribe(receiver.url)
    receiver.says(500)
    [event] = tell(operator_a)
    waited = timedelta()
    for step, pause in enumerate(retrying.LADDER, start=1):
        assert deliver() == 1
        row = delivery_of(event, endpoint)
        assert (row.state, row.retries, row.error) == (DeliveryState.PENDING, step, "status 500")
        assert row.due_at is not None
        left = row.due_at - clock.now()
        assert pause - timedelta(seconds=2) <= left <= pause * (1 + retrying.JITTER)
        assert attempts_of(row).last().next_attempt_at == row.due_at  # type: ignore[union-attr]
        assert deliver() == 0
        waited += pause
        pass_time(row)
    assert timedelta(hours=75) < waited < timedelta(hours=76)
    [later] = tell(operator_a)
    Delivery.objects.filter(event=later).update(due_at=clock.now() + timedelta(hours=1))
    assert deliver() == 1
    assert delivery_of(event, endpoint).state == DeliveryState.FAILED
    assert receiver.ids == [str(event.pk)] * 10
    assert len({got.body for got in receiver.got}) == 1
    endpoint.refresh_from_db()
    assert endpoint.state == EndpointState.DISABLED
    assert delivery_of(later, endpoint).state == DeliveryState.FAILED
    told = AuditEntry.objects.get(event_type="webhook_endpoint.disabled", after__endpoint=str(endpoint.pk))
    assert (told.actor, told.operator_id) == ("system", operator_a.pk)


def test_an_endpoint_that_takes_other_messages_outlives_one_that_it_never_takes(
    subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    endpoint, _ = subscribe(receiver.url)
    bad, good = tell(operator_a, count=2)
    receiver.answer = lambda got: Reply(status=500 if got.event_id == str(bad.pk) else 200)
    deliver()
    Delivery.objects.filter(event=bad).update(retries=9, attempts=9, due_at=clock.now())
    deliver()
    endpoint.refresh_from_db()
    assert delivery_of(bad, endpoint).state == DeliveryState.FAILED
    assert delivery_of(good, endpoint).state == DeliveryState.DELIVERED
    assert endpoint.state == EndpointState.ACTIVE


def test_410_disables_an_endpoint_at_once(subscribe: Subscribe, operator_a: Operator, receiver: Receiver) -> None:
    endpoint, _ = subscribe(receiver.url)
    receiver.says(410)
    gone, waiting = tell(operator_a, count=2)
    Delivery.objects.filter(event=waiting).update(due_at=clock.now() + timedelta(hours=1))
    assert deliver() == 1
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.state_reason) == (EndpointState.DISABLED, "It answered 410 Gone.")
    rows = [delivery_of(event, endpoint) for event in (gone, waiting)]
    assert [(row.state, row.error) for row in rows] == [("failed", "status 410"), ("failed", "endpoint disabled")]
    assert AuditEntry.objects.filter(event_type="webhook_endpoint.disabled", after__endpoint=str(endpoint.pk)).exists()
    [missed] = tell(operator_a)
    assert delivery_of(missed, endpoint).state == DeliveryState.FAILED
    assert deliver() == 0


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_leaves_the_whole_endpoint_in_peace(
    subscribe: Subscribe, operator_a: Operator, receiver: Receiver, status: int, as_date: bool
) -> None:
    endpoint, _ = subscribe(receiver.url)
    asked = format_datetime(clock.now() + timedelta(seconds=600), usegmt=True) if as_date else "600"
    receiver.says(status, Retry_After=asked)
    [event] = tell(operator_a)
    deliver()
    row = delivery_of(event, endpoint)
    assert row.due_at is not None
    assert timedelta(seconds=595) < row.due_at - clock.now() <= timedelta(seconds=601)
    [next_event] = tell(operator_a)
    assert deliver() == 0
    receiver.says(200)
    earlier(endpoint, by=timedelta(seconds=601))
    assert deliver() == 1
    assert delivery_of(next_event, endpoint).state == DeliveryState.DELIVERED
    assert delivery_of(event, endpoint).state == DeliveryState.PENDING


def test_retry_after_beside_another_status_is_about_its_message_alone(
    subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    endpoint, _ = subscribe(receiver.url)
    receiver.says(400, Retry_After="600")
    [event] = tell(operator_a)
    deliver()
    row = delivery_of(event, endpoint)
    assert row.due_at is not None
    assert row.due_at - clock.now() > timedelta(seconds=595)
    tell(operator_a)
    assert deliver() == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("999999999999", 86_400),
        ("-5", None),
        ("soon", None),
        ("Wed, 21 Oct 2026 07:0999999999990 GMT", None),
        ("Fri, 01 Jan 2021 00:00:00 GMT", 0),
        ("", None),
    ],
)
def test_what_a_retry_after_header_means(header: str, seconds: int | None) -> None:
    assert retrying.retry_after_s(header, now=clock.now()) == seconds


def test_two_workers_at_once_send_each_message_once(
    subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    subscribe(receiver.url)
    events = tell(operator_a, count=60)
    in_threads(lambda: _ran(deliver()), lambda: _ran(deliver()))
    assert sorted(receiver.ids) == sorted(str(event.pk) for event in events)


def _ran(_: int) -> None:
    """A thread's call returns nothing."""


def test_without_claims_two_workers_would_send_messages_twice(
    subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    """The control: both read what is due, and neither can see that the other does."""
    subscribe(receiver.url)
    events = tell(operator_a, count=5)
    both_have_read = threading.Barrier(2)

    def work() -> None:
        rows = Delivery.objects.select_related("event", "endpoint").filter(
            event__in=events, state=DeliveryState.PENDING, due_at__lte=clock.now()
        )
        read = [_unclaimed(row) for row in rows]
        both_have_read.wait(30)
        send_without_recording(read)

    in_threads(work, work)
    assert sorted(receiver.ids) == sorted(str(event.pk) for event in events for _ in range(2))


def _unclaimed(row: Delivery) -> delivery.Claim:
    row.claim = uuid4()
    return delivery._claim_of(row, delivery._secrets_of(row.endpoint))


def test_claims_made_at_one_moment_never_overlap(
    subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    subscribe(receiver.url)
    tell(operator_a, count=30)
    taken = [one for part in at_once([claim] * 4) for one in part]  # type: ignore[union-attr]
    ids = [one.delivery_id for one in taken]
    assert len(ids) == len(set(ids)) > 0


def test_a_worker_that_dies_after_sending_makes_the_message_go_again_under_its_id(
    subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    endpoint, _ = subscribe(receiver.url)
    [event] = tell(operator_a)
    send_without_recording(claim())
    row = delivery_of(event, endpoint)
    assert row.claim is not None
    assert deliver() == 0, "the claim still stands"
    pass_time(row)
    assert deliver() == 1
    assert receiver.ids == [str(event.pk)] * 2
    row = delivery_of(event, endpoint)
    assert row.state == DeliveryState.DELIVERED
    assert [one.outcome for one in attempts_of(row)] == [Outcome.STARTED, Outcome.DELIVERED]


def test_a_worker_that_is_killed_while_it_waits_for_the_answer_loses_nothing(
    subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    """A process of its own, killed between the receiver's reading and its answer."""
    endpoint, secret = subscribe(receiver.url)
    [event] = tell(operator_a)
    arrived, killed = threading.Event(), threading.Event()

    def hold(got: Got) -> Reply:
        arrived.set()
        assert killed.wait(30)
        return Reply()

    receiver.answer = hold
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER], env={**os.environ, "DATABASE_URL": make_conninfo(**parameters())}
    )
    assert arrived.wait(30)
    worker.kill()
    worker.wait(30)
    killed.set()
    assert deliver() == 0, "the dead worker's claim still stands"
    pass_time(delivery_of(event, endpoint))
    assert deliver() == 1
    assert receiver.ids == [str(event.pk)] * 2
    assert receiver.got[0].read_with(secret) == receiver.got[1].read_with(secret)
    assert delivery_of(event, endpoint).state == DeliveryState.DELIVERED


def test_an_answer_that_comes_after_the_claim_ran_out_still_counts(
    subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    endpoint, _ = subscribe(receiver.url)
    [event] = tell(operator_a)
    first = send_without_recording(claim())
    pass_time(delivery_of(event, endpoint))
    receiver.says(500)
    second = send_without_recording(claim())
    recording.record(first)
    assert delivery_of(event, endpoint).state == DeliveryState.DELIVERED
    recording.record(second)
    row = delivery_of(event, endpoint)
    assert (row.state, row.due_at) == (DeliveryState.DELIVERED, None)


def test_a_failure_that_comes_after_the_claim_ran_out_changes_no_other_workers_plan(
    subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    endpoint, _ = subscribe(receiver.url)
    receiver.says(500)
    [event] = tell(operator_a)
    late = send_without_recording(claim())
    pass_time(delivery_of(event, endpoint))
    [mine] = claim()
    recording.record(late)
    row = delivery_of(event, endpoint)
    assert row.claim == mine.attempt_id
    assert deliver() == 0


def test_a_slow_endpoint_holds_up_no_other(
    subscribe: Subscribe, operator_a: Operator, receiver: Receiver, other_receiver: Receiver
) -> None:
    """The slow one answers only when the other has everything: sent in turn, neither would ever get an answer."""
    others_done = threading.Event()
    count = 40

    def quick(got: Got) -> Reply:
        if len(other_receiver.got) >= count:
            others_done.set()
        return Reply()

    def slow(got: Got) -> Reply:
        return Reply(status=200 if others_done.wait(15) else 500)

    receiver.answer, other_receiver.answer = slow, quick
    subscribe(receiver.url)
    subscribe(other_receiver.url)
    tell(operator_a, count=count)
    deliver()
    assert others_done.is_set()
    assert set(Delivery.objects.filter(endpoint__state="active").values_list("state", flat=True)) == {"delivered"}


def test_what_an_open_breaker_holds_back_loses_no_step_of_its_ladder(
    subscribe: Subscribe, operator_a: Operator
) -> None:
    nobody = f"http://127.0.0.1:{ports.find_free()}/hooks"
    endpoint, _ = subscribe(nobody)
    tell(operator_a, count=120)
    deliver(run_s=0)
    deliver(run_s=0)
    rows = list(Delivery.objects.filter(endpoint=endpoint))
    assert {row.state for row in rows} == {DeliveryState.PENDING}
    tried = [row for row in rows if row.attempts]
    assert all(row.retries == 1 and row.error.startswith("connection") for row in tried)
    assert 10 <= len(tried) < len(rows)
    assert Attempt.objects.filter(delivery__endpoint=endpoint).count() == len(tried)
