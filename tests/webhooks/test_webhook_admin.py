"""Webhooks for staff."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User

from keno_platform.core import clock
from operators.models import Operator
from tests.admin.desk import Desk, last_entry, list_address, page_address, told
from tests.webhooks.conftest import Subscribe
from tests.webhooks.receivers import Receiver
from tests.webhooks.steps import delivery_of, tell
from webhooks.models import Attempt, Delivery, Endpoint, EndpointState, Event
from webhooks.selectors import attempts_of
from webhooks.services.delivery import deliver
from webhooks.services.endings import disable_endpoint

SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{44}")


@pytest.fixture
def desk(clean: None, unique: Callable[[str], str]) -> Desk:
    return Desk(User.objects.create_superuser(unique("boss")))


def test_staff_add_an_endpoint_that_may_be_local_and_see_its_secret_once(
    desk: Desk, operator_a: Operator, receiver: Receiver
) -> None:
    answers = {"operator": operator_a.pk, "url": receiver.url, "events": ["bet.settled"], "is_local": "on"}
    answer = desk.take(list_address(Endpoint) + "add/", **answers)
    assert "no-store" in answer["Cache-Control"]
    [secret] = set(SECRET.findall(answer.content.decode().replace("&#x2B;", "+")))
    endpoint = Endpoint.objects.get(url=receiver.url)
    assert last_entry("webhook_endpoint.created").actor.startswith("staff:boss")
    tell(operator_a)
    deliver()
    assert receiver.got[0].read_with(secret)
    assert "whsec_" not in desk.get(page_address(endpoint)).content.decode()


def test_an_address_that_leads_inside_is_refused_on_the_page(desk: Desk, operator_a: Operator) -> None:
    answers = {"operator": operator_a.pk, "url": "https://10.0.0.1/", "events": ["bet.settled"]}
    page = desk.take(list_address(Endpoint) + "add/", **answers)
    assert "address_not_allowed" in page.content.decode()
    assert not Endpoint.objects.exclude(state="deleted").exists()


def test_every_page_answers_and_offers_what_makes_sense(
    desk: Desk, subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    endpoint, _ = subscribe(receiver.url)
    receiver.says(500, b"<b>broken</b>")
    [event] = tell(operator_a)
    deliver()
    delivery = delivery_of(event, endpoint)
    attempt = attempts_of(delivery).get()
    for record in (endpoint, event, delivery, attempt):
        for query in ("", "day=any", f"q={record.pk}", "event=bet.settled", "q=nonsense"):
            assert desk.get(list_address(type(record)), query).status_code in (200, 302)
        page = desk.get(page_address(record))
        assert page.status_code == 200
        for step in page.context["actions_detail"]:
            assert desk.get(step["path"]).status_code == 200
    assert event.key in desk.get(page_address(delivery)).content.decode()
    shown = desk.get(page_address(attempt)).content.decode()
    assert "webhook-signature" in shown
    assert "&lt;b&gt;broken" in shown


def test_staff_pause_resume_test_rotate_change_and_delete(
    desk: Desk, subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    endpoint, _ = subscribe(receiver.url)

    def take(step: str, **answers: object) -> EndpointState:
        answer = desk.take(page_address(endpoint, step), **answers)
        assert answer.status_code in (200, 302), answer.content
        endpoint.refresh_from_db()
        return EndpointState(endpoint.state)

    assert take("test") == EndpointState.ACTIVE
    assert deliver() == 1
    assert receiver.messages[0]["type"] == "endpoint.test"
    assert take("pause", reason="their night") == EndpointState.PAUSED
    assert endpoint.state_reason == "their night"
    assert "is paused" in told(desk.get(page_address(endpoint, "test")))
    assert take("resume", reason="their day") == EndpointState.ACTIVE
    take("rotate", overlap_hours=1)
    assert endpoint.previous_sealed_secret is not None
    take("change_it", url=receiver.url + "/2", events=["round.finished"], description="two")
    assert (endpoint.url, endpoint.events) == (receiver.url + "/2", ["round.finished"])
    assert take("remove", reason="gone for good") == EndpointState.DELETED
    assert last_entry("webhook_endpoint.deleted").after["reason"] == "gone for good"  # type: ignore[index]
    assert desk.get(page_address(endpoint)).context["actions_detail"] == []


def test_staff_send_again_what_failed(
    desk: Desk, subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    endpoint, _ = subscribe(receiver.url)
    disable_endpoint(endpoint.pk, reason="test")
    events = tell(operator_a, count=2)
    desk.take(page_address(endpoint, "resume"), reason="mended")
    since = clock.now() - timedelta(hours=1)
    asked = {"since_0": since.strftime("%Y-%m-%d"), "since_1": since.strftime("%H:%M:%S")}
    assert "2 deliveries" in told(desk.take(page_address(endpoint, "replay"), **asked))
    deliver()
    one = delivery_of(events[0], endpoint)
    assert "on its way" in told(desk.take(page_address(one, "replay")))
    deliver()
    assert len(receiver.got) == 3


def test_who_may_only_look_changes_nothing(subscribe: Subscribe, unique: Callable[[str], str]) -> None:
    endpoint, _ = subscribe("https://hooks.example.com/")
    clerk = User.objects.create_user(unique("clerk"), is_staff=True)
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=["view_endpoint", "view_delivery"]))
    desk = Desk(clerk)
    assert desk.get(page_address(endpoint)).context["actions_detail"] == []
    for step in ("pause", "rotate", "remove", "test", "replay", "change_it"):
        assert desk.client.post(page_address(endpoint, step), {"reason": "no right"}).status_code == 403
    assert desk.get(list_address(Endpoint) + "add/").status_code == 403
    for model in (Event, Attempt):
        assert desk.get(list_address(model)).status_code == 403
    assert desk.get(list_address(Delivery)).status_code == 200
    endpoint.refresh_from_db()
    assert endpoint.state == EndpointState.ACTIVE
