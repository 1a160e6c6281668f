"""What changes at an endpoint, as its messages show it."""

from datetime import timedelta

import pytest

from operators.models import Operator
from tests.webhooks.conftest import Subscribe
from tests.webhooks.receivers import Receiver
from tests.webhooks.steps import delivery_of, earlier, tell
from webhooks.models import DeliveryState, Endpoint
from webhooks.services.delivery import deliver
from webhooks.services.endpoints import pause_endpoint, resume_endpoint, rotate_secret


def test_after_a_rotation_messages_have_both_signatures_until_the_overlap_ends(
    subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    endpoint, old = subscribe(receiver.url)
    _, new = rotate_secret(endpoint_id=endpoint.pk, overlap=timedelta(hours=1), actor="test")
    tell(operator_a)
    deliver()
    [got] = receiver.got
    assert len(got.signatures) == 2
    assert got.read_with(old) == got.read_with(new)
    earlier(endpoint, by=timedelta(hours=2))
    tell(operator_a)
    deliver()
    last = receiver.got[-1]
    assert len(last.signatures) == 1
    assert last.read_with(new)
    with pytest.raises(Exception, match="No matching signature"):
        last.read_with(old)


def test_messages_wait_for_a_paused_endpoint(subscribe: Subscribe, operator_a: Operator, receiver: Receiver) -> None:
    endpoint, _ = subscribe(receiver.url)
    pause_endpoint(endpoint_id=endpoint.pk, actor="test")
    [event] = tell(operator_a)
    assert deliver() == 0
    assert delivery_of(event, endpoint).state == DeliveryState.PENDING
    resume_endpoint(endpoint_id=endpoint.pk, actor="test")
    assert deliver() == 1
    assert receiver.ids == [str(event.pk)]


def test_a_name_that_leads_inside_is_refused_at_the_call(subscribe: Subscribe, operator_a: Operator) -> None:
    """It passed when it was saved, by an endpoint that may be local; the flag is gone by the time of the call."""
    endpoint, _ = subscribe("https://127.0.0.1:9/hooks")
    Endpoint.objects.filter(pk=endpoint.pk).update(is_local=False)
    [event] = tell(operator_a)
    deliver()
    row = delivery_of(event, endpoint)
    assert row.error.startswith("address")
    assert row.state == DeliveryState.PENDING
