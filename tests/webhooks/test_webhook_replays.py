"""Replays: once more because somebody asked, and never the beginning of another ladder."""

from datetime import timedelta

import pytest

from audit.models import AuditEntry
from keno_platform.core import clock
from keno_platform.core.errors import NotFound
from operators.models import Operator
from tests.webhooks.conftest import Subscribe
from tests.webhooks.receivers import Receiver
from tests.webhooks.steps import delivery_of, pass_time, tell
from webhooks.models import DeliveryState
from webhooks.selectors import attempts_of
from webhooks.services.delivery import claim, deliver
from webhooks.services.endings import disable_endpoint
from webhooks.services.endpoints import (
    WebhookEndpointNotActive,
    delete_endpoint,
    pause_endpoint,
    resume_endpoint,
)
from webhooks.services.endpoints import (
    test_endpoint as send_test,
)
from webhooks.services.replaying import WebhookDeliveryInFlight, replay_delivery, replay_failed


def test_a_replay_that_fails_leaves_a_running_ladder_as_it_was(
    subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    endpoint, _ = subscribe(receiver.url)
    receiver.says(500)
    [event] = tell(operator_a)
    deliver()
    before = delivery_of(event, endpoint)
    replay_delivery(delivery=before, actor="test")
    assert deliver() == 1
    after = delivery_of(event, endpoint)
    assert (after.due_at, after.retries, after.state) == (before.due_at, 1, DeliveryState.PENDING)
    assert [one.manual for one in attempts_of(after)] == [False, True]
    assert deliver() == 0
    receiver.says(200)
    pass_time(after)
    assert deliver() == 1
    assert delivery_of(event, endpoint).state == DeliveryState.DELIVERED


def test_a_replay_that_arrives_ends_the_ladder(subscribe: Subscribe, operator_a: Operator, receiver: Receiver) -> None:
    endpoint, _ = subscribe(receiver.url)
    receiver.says(500)
    [event] = tell(operator_a)
    deliver()
    receiver.says(200)
    replay_delivery(delivery=delivery_of(event, endpoint), actor="test")
    assert deliver() == 1
    row = delivery_of(event, endpoint)
    assert (row.state, row.due_at, row.resume_at) == (DeliveryState.DELIVERED, None, None)


@pytest.mark.parametrize("status", [200, 500])
def test_a_delivered_message_can_be_sent_again_and_stays_delivered(
    subscribe: Subscribe, operator_a: Operator, receiver: Receiver, status: int
) -> None:
    endpoint, _ = subscribe(receiver.url)
    [event] = tell(operator_a)
    deliver()
    receiver.says(status)
    replay_delivery(delivery=delivery_of(event, endpoint), actor="test")
    assert deliver() == 1
    row = delivery_of(event, endpoint)
    assert (row.state, row.due_at) == (DeliveryState.DELIVERED, None)
    assert receiver.ids == [str(event.pk)] * 2
    assert deliver() == 0


def test_a_failed_message_that_fails_again_stays_failed_and_plans_nothing(
    subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    endpoint, _ = subscribe(receiver.url)
    receiver.says(500)
    [event] = tell(operator_a)
    disable_endpoint(endpoint.pk, reason="test")
    resume_endpoint(endpoint_id=endpoint.pk, actor="test")
    replay_delivery(delivery=delivery_of(event, endpoint), actor="test")
    assert deliver() == 1
    row = delivery_of(event, endpoint)
    assert (row.state, row.due_at, row.error) == (DeliveryState.FAILED, None, "status 500")


def test_everything_that_failed_since_a_time_goes_once_more(
    subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    endpoint, _ = subscribe(receiver.url)
    [delivered] = tell(operator_a)
    deliver()
    disable_endpoint(endpoint.pk, reason="test")
    early = tell(operator_a, count=2)
    moment = clock.now()
    late = tell(operator_a, count=3)
    until = clock.now()
    with pytest.raises(WebhookEndpointNotActive):
        replay_failed(operator=operator_a, endpoint_id=endpoint.pk, since=moment, actor="test")
    resume_endpoint(endpoint_id=endpoint.pk, actor="test")
    assert deliver() == 0, "resuming alone sends nothing that failed"
    asked = {"operator": operator_a, "endpoint_id": endpoint.pk, "since": moment, "actor": "staff:test"}
    assert replay_failed(**asked, until=until) == 3
    assert replay_failed(**asked) == 0, "they are on their way already"
    assert deliver() == 3
    assert sorted(receiver.ids[1:]) == sorted(str(event.pk) for event in late)
    assert {delivery_of(event, endpoint).state for event in early} == {DeliveryState.FAILED}
    assert replay_failed(**{**asked, "since": moment - timedelta(hours=1)}) == 2
    assert str(delivered.pk) == receiver.ids[0]
    told = AuditEntry.objects.filter(event_type="webhook.replayed", actor="staff:test").order_by("pk")
    assert [one.after["deliveries"] for one in told if one.after][-3:] == [3, 0, 2]


def test_what_is_being_sent_is_not_sent_beside_it(subscribe: Subscribe, operator_a: Operator) -> None:
    endpoint, _ = subscribe("https://hooks.example.com/")
    [event] = tell(operator_a)
    assert len(claim()) == 1
    with pytest.raises(WebhookDeliveryInFlight):
        replay_delivery(delivery=delivery_of(event, endpoint), actor="test")


def test_nothing_is_replayed_to_an_endpoint_that_is_paused_or_gone(subscribe: Subscribe, operator_a: Operator) -> None:
    endpoint, _ = subscribe("https://hooks.example.com/")
    [event] = tell(operator_a)
    pause_endpoint(endpoint_id=endpoint.pk, actor="test")
    row = delivery_of(event, endpoint)
    with pytest.raises(WebhookEndpointNotActive):
        replay_delivery(delivery=row, actor="test")
    with pytest.raises(WebhookEndpointNotActive):
        send_test(endpoint_id=endpoint.pk, actor="test")
    delete_endpoint(endpoint_id=endpoint.pk, actor="test")
    with pytest.raises(NotFound):
        replay_delivery(delivery=row, actor="test")
    with pytest.raises(NotFound):
        send_test(endpoint_id=endpoint.pk, actor="test")
