"""The calls of an operator's backend about webhooks."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models.functions import Now

from audit.models import AuditEntry
from keno_platform.core import clock
from operators.models import Operator
from operators.services import issue_key
from tests.support.api import call, refusal
from tests.support.bets import everything
from tests.webhooks.conftest import Subscribe
from tests.webhooks.receivers import Receiver
from tests.webhooks.steps import tell
from webhooks.catalogue import SUBSCRIBABLE
from webhooks.models import Delivery, Endpoint, Event
from webhooks.services import reseal
from webhooks.services.delivery import deliver
from webhooks.services.endings import disable_endpoint
from webhooks.services.endpoints import ENDPOINTS_MAX, rotate_secret

PUBLIC = "https://hooks.example.com/keno"


@pytest.fixture
def key(clean: None, operator_a: Operator) -> str:
    return issue_key(operator=operator_a, label="test", actor="test")[1]


def ask(key: str, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    response = call(method, path, credential=key, body=body)
    assert response.status_code == status, response.content
    return json.loads(response.content) if response.content else None


def made(key: str, **changed: Any) -> dict[str, Any]:
    body = {"url": PUBLIC, "events": ["bet.settled"], **changed}
    return dict(ask(key, "POST", "webhooks/endpoints", body, 201))


def test_an_endpoint_is_made_listed_changed_and_deleted(key: str) -> None:
    one = made(key, description="books", events=["round.finished", "bet.settled", "bet.settled"])
    assert one["secret"].startswith("whsec_")
    assert one["events"] == ["round.finished", "bet.settled"]
    assert (one["state"], one["local"]) == ("active", False)
    path = f"webhooks/endpoints/{one['endpoint_id']}"
    kept = {name: value for name, value in one.items() if name != "secret"}
    assert ask(key, "GET", "webhooks/endpoints") == [kept]
    assert ask(key, "GET", path) == kept
    changed = ask(key, "PATCH", path, {"url": PUBLIC + "/2", "events": ["limit.reached"]})
    assert changed == {**kept, "url": PUBLIC + "/2", "events": ["limit.reached"]}
    assert ask(key, "PATCH", path, {}) == changed
    ask(key, "DELETE", path, status=204)
    ask(key, "GET", path, status=404)
    assert ask(key, "GET", "webhooks/endpoints") == []
    told = AuditEntry.objects.filter(after__endpoint=one["endpoint_id"]).order_by("pk")
    assert [entry.event_type.partition(".")[2] for entry in told][:2] == ["created", "changed"]
    assert all(entry.actor == "operator alpha" for entry in told)


@pytest.mark.parametrize(
    "url",
    [
        *("http://hooks.example.com/", "https://127.0.0.1/", "https://localhost/", "https://10.0.0.1/", "file:///etc"),
        *("https://2130706433/", "https://0x7f.1/", "https://127.1/", "https://[::1]/", "https://user@example.com/"),
        *("https://[64:ff9b::7f00:1]/", "https://169.254.169.254/", "https://hooks.example.com:8443/", "", "x" * 600),
    ],
)
def test_an_address_that_leads_inside_is_refused_when_it_is_saved(key: str, url: str) -> None:
    body = {"url": url, "events": ["bet.settled"]}
    refusal(call("POST", "webhooks/endpoints", credential=key, body=body), 422, "address_not_allowed")
    one = made(key)
    path = f"webhooks/endpoints/{one['endpoint_id']}"
    refusal(call("PATCH", path, credential=key, body={"url": url}), 422, "address_not_allowed")
    assert ask(key, "GET", path)["url"] == PUBLIC


def test_an_operator_cannot_call_its_own_endpoint_local(key: str) -> None:
    body = {"url": "http://127.0.0.1:9/", "events": ["bet.settled"], "local": True}
    refusal(call("POST", "webhooks/endpoints", credential=key, body=body), 422, "parameter_invalid")


@pytest.mark.parametrize("events", [[], ["bet.lost"], ["endpoint.test"], ["bet.settled", "*"]])
def test_only_events_that_there_are_can_be_subscribed_to(key: str, events: list[str]) -> None:
    body = {"url": PUBLIC, "events": events}
    problem = refusal(call("POST", "webhooks/endpoints", credential=key, body=body), 422, "webhook_event_unknown")
    assert problem["params"]["events"] == list(SUBSCRIBABLE)


def test_an_operator_has_only_so_many_endpoints(key: str) -> None:
    for _ in range(ENDPOINTS_MAX):
        made(key)
    body = {"url": PUBLIC, "events": ["bet.settled"]}
    refusal(call("POST", "webhooks/endpoints", credential=key, body=body), 409, "webhook_endpoints_full")


def test_a_secret_is_shown_once_and_stands_nowhere_in_the_clear(key: str) -> None:
    one = made(key)
    path = f"webhooks/endpoints/{one['endpoint_id']}/secret"
    two = ask(key, "POST", path, {"overlap_seconds": 60}, 201)
    assert two["secret"] != one["secret"]
    assert two["previous_secret_until"] is not None
    three = ask(key, "POST", path, {"overlap_seconds": 0}, 201)
    assert three["previous_secret_until"] is None
    refusal(call("POST", path, credential=key, body={"overlap_seconds": -1}), 422, "parameter_invalid")
    for secret in (one["secret"], two["secret"], three["secret"]):
        with connection.cursor() as cursor:
            for name in everything(("public", "op_alpha")):
                cursor.execute(f"SELECT count(*) FROM {name} t WHERE t::text LIKE %s", [f"%{secret}%"])
                assert cursor.fetchone() == (0,), name


def test_a_new_seal_key_seals_secrets_anew_and_they_still_sign(
    subscribe: Subscribe, operator_a: Operator, receiver: Receiver, settings: Any
) -> None:
    endpoint, old = subscribe(receiver.url)
    _, new = rotate_secret(endpoint_id=endpoint.pk, overlap=timedelta(hours=1), actor="test")
    settings.SEAL_KEYS = [bytes(range(32)), *settings.SEAL_KEYS]
    first = reseal()
    assert first.resealed >= 2
    assert reseal().already == first.resealed
    before, settings.SEAL_KEYS = settings.SEAL_KEYS, settings.SEAL_KEYS[:1]
    tell(operator_a)
    deliver()
    assert receiver.got[0].read_with(old) == receiver.got[0].read_with(new)
    settings.SEAL_KEYS = before[1:]
    assert f"webhook endpoint {endpoint.pk}, sealed_secret" in reseal().lost
    [event] = tell(operator_a)
    deliver()
    assert Delivery.objects.get(event=event).error == "secret_unreadable"
    assert len(receiver.got) == 1
    settings.SEAL_KEYS = before[:0:-1] + before[:1]
    assert reseal().lost == ()


def test_a_test_tells_what_was_sent_and_what_the_receiver_answered(
    key: str, subscribe: Subscribe, receiver: Receiver
) -> None:
    endpoint, secret = subscribe(receiver.url, "limit.reached")
    receiver.says(418, b"I am a teapot")
    begun = ask(key, "POST", f"webhooks/endpoints/{endpoint.pk}/test", status=202)
    assert (begun["type"], begun["state"], begun["attempts"]) == ("endpoint.test", "pending", 0)
    assert deliver() == 1
    [got] = receiver.got
    assert got.read_with(secret)["data"]["endpoint_id"] == str(endpoint.pk)
    detail = ask(key, "GET", f"webhooks/deliveries/{begun['delivery_id']}")
    assert detail["body"].encode() == got.body
    [attempt] = detail["log"]
    assert (attempt["status"], attempt["answer"], attempt["outcome"]) == (418, "I am a teapot", "failed")
    assert attempt["headers"]["webhook-id"] == begun["event_id"]
    assert attempt["next_attempt_at"] == detail["next_attempt_at"] is not None


def test_pausing_and_resuming(key: str) -> None:
    path = f"webhooks/endpoints/{made(key)['endpoint_id']}"
    assert ask(key, "POST", f"{path}/pause")["state"] == "paused"
    refusal(call("POST", f"{path}/test", credential=key), 409, "webhook_endpoint_not_active")
    assert ask(key, "POST", f"{path}/resume")["state"] == "active"


def test_deliveries_are_filtered_and_paged(
    key: str, subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    endpoint, _ = subscribe(receiver.url)
    before = clock.to_text(clock.now() - timedelta(seconds=1))
    good = tell(operator_a, count=2)
    deliver()
    receiver.says(500)
    [bad] = tell(operator_a)
    deliver()

    def found(query: str) -> set[str]:
        page = ask(key, "GET", f"webhooks/deliveries?endpoint_id={endpoint.pk}&{query}")
        return {one["event_id"] for one in page["results"]}

    everything_sent = {str(event.pk) for event in (*good, bad)}
    assert found("") == found(f"from={before}") == found("type=bet.settled") == everything_sent
    assert found("state=delivered") == {str(event.pk) for event in good}
    assert found("state=pending") == found(f"event_id={bad.pk}") == {str(bad.pk)}
    assert found("type=round.finished") == found("from=2199-01-01T00:00:00Z") == set()
    page = ask(key, "GET", f"webhooks/deliveries?endpoint_id={endpoint.pk}&limit=2")
    rest = call("GET", page["next"].partition("/api/v1/")[2], credential=key)
    assert len(json.loads(rest.content)["results"]) == 1
    refusal(call("GET", "webhooks/deliveries?state=lost", credential=key), 422, "parameter_invalid")


def test_a_delivery_is_sent_once_more(key: str, subscribe: Subscribe, operator_a: Operator, receiver: Receiver) -> None:
    endpoint, _ = subscribe(receiver.url)
    [event] = tell(operator_a)
    deliver()
    pk = Delivery.objects.get(event=event, endpoint=endpoint).pk
    assert ask(key, "POST", f"webhooks/deliveries/{pk}/replay", status=202)["state"] == "delivered"
    deliver()
    assert len(receiver.got) == 2
    assert [one["manual"] for one in ask(key, "GET", f"webhooks/deliveries/{pk}")["log"]] == [False, True]


def test_everything_that_failed_is_sent_once_more(
    key: str, subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    endpoint, _ = subscribe(receiver.url)
    disable_endpoint(endpoint.pk, reason="test")
    since = clock.to_text(clock.now() - timedelta(seconds=1))
    tell(operator_a, count=3)
    path = f"webhooks/endpoints/{endpoint.pk}"
    refusal(call("POST", f"{path}/replay", credential=key, body={"since": since}), 409, "webhook_endpoint_not_active")
    ask(key, "POST", f"{path}/resume")
    assert ask(key, "POST", f"{path}/replay", {"since": since}, 202) == {"replayed": 3}
    deliver()
    assert len(receiver.got) == 3
    refusal(call("POST", f"{path}/replay", credential=key, body={"since": "now"}), 400, "malformed_request")


def test_events_are_pulled_in_order_by_their_numbers(key: str, subscribe: Subscribe, operator_a: Operator) -> None:
    """With the endpoint disabled, as when one needs it."""
    endpoint, _ = subscribe(PUBLIC)
    [first] = tell(operator_a)
    disable_endpoint(endpoint.pk, reason="test")
    events = tell(operator_a, count=5)
    Event.objects.filter(pk=first.pk).update(created_at=Now() - timedelta(days=1))
    read: list[dict[str, Any]] = []
    page = {"next_after": (first.sequence or 0) - 1, "more": True}
    while page["more"]:
        page = ask(key, "GET", f"events?after={page['next_after']}&limit=2")
        assert len(page["results"]) <= 2
        read += page["results"]
    assert [one["event_id"] for one in read] == [str(event.pk) for event in (first, *events)]
    assert [one["sequence"] for one in read] == list(range(first.sequence or 0, (first.sequence or 0) + 6))
    assert ask(key, "GET", f"events?after={page['next_after']}")["next_after"] == page["next_after"]
    since = clock.to_text(clock.now() - timedelta(hours=1))
    [youngest, *_] = ask(key, "GET", f"events?after={(first.sequence or 0) - 1}&from={since}")["results"]
    assert youngest["event_id"] == str(events[0].pk)
    assert ask(key, "GET", f"events?after={first.sequence}&type=round.finished")["results"] == []
    one = ask(key, "GET", f"events/{events[0].pk}")
    assert one["data"]["bet_id"] == events[0].key
    for query in ("after=-1", "limit=0", "limit=501", "after=x", f"after={2**63}"):
        refusal(call("GET", f"events?{query}", credential=key), 422, "parameter_invalid")


def test_another_operators_webhooks_do_not_exist(key: str, subscribe: Subscribe, operator_b: Operator) -> None:
    endpoint, _ = subscribe(PUBLIC, operator=operator_b)
    [event] = tell(operator_b)
    delivery = Delivery.objects.get(event=event)
    before = Endpoint.objects.get(pk=endpoint.pk)
    for method, path, body in (
        ("GET", f"webhooks/endpoints/{endpoint.pk}", None),
        ("PATCH", f"webhooks/endpoints/{endpoint.pk}", {"url": PUBLIC + "/mine"}),
        ("DELETE", f"webhooks/endpoints/{endpoint.pk}", None),
        ("POST", f"webhooks/endpoints/{endpoint.pk}/secret", {}),
        ("POST", f"webhooks/endpoints/{endpoint.pk}/pause", None),
        ("POST", f"webhooks/endpoints/{endpoint.pk}/resume", None),
        ("POST", f"webhooks/endpoints/{endpoint.pk}/test", None),
        ("POST", f"webhooks/endpoints/{endpoint.pk}/replay", {"since": "2026-01-01T00:00:00Z"}),
        ("GET", f"webhooks/deliveries/{delivery.pk}", None),
        ("POST", f"webhooks/deliveries/{delivery.pk}/replay", None),
        ("GET", f"events/{event.pk}", None),
    ):
        refusal(call(method, path, credential=key, body=body), 404, "not_found")
    after = Endpoint.objects.get(pk=endpoint.pk)
    assert (after.url, after.state, bytes(after.sealed_secret)) == (
        before.url,
        before.state,
        bytes(before.sealed_secret),
    )
    for path in ("webhooks/endpoints", f"webhooks/deliveries?event_id={event.pk}", "events?limit=500"):
        assert str(UUID(str(event.pk))) not in str(ask(key, "GET", path))
        assert str(endpoint.pk) not in str(ask(key, "GET", path))


def test_an_unknown_id_is_not_found(key: str) -> None:
    refusal(call("GET", f"webhooks/endpoints/{uuid4()}", credential=key), 404, "not_found")
