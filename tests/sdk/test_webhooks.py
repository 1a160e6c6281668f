"""Webhooks: only what was signed with the endpoint's secret just now is let through."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from keno_operator import WebhookInvalid, WebhookVerifier
from standardwebhooks import Webhook

SECRET = "whsec_" + base64.b64encode(b"the endpoint's own secret").decode()
OTHER = "whsec_" + base64.b64encode(b"the secret that comes next").decode()
BODY = json.dumps(
    {"type": "bet.settled", "timestamp": "2026-11-21T10:00:00.123Z", "data": {"bet_id": "b"}, "sequence": 7}
)


def headers(body: str = BODY, *, secret: str = SECRET, late: timedelta = timedelta()) -> dict[str, str]:
    at = datetime.now(UTC) - late
    signature = Webhook(secret).sign("msg_1", at, body)
    return {"Webhook-Id": "msg_1", "Webhook-Timestamp": str(int(at.timestamp())), "Webhook-Signature": signature}


def test_what_the_platform_signed_is_an_event() -> None:
    event = WebhookVerifier(SECRET).verify(headers=headers(), body=BODY.encode())
    assert (event.id, event.type, event.data, event.sequence) == ("msg_1", "bet.settled", {"bet_id": "b"}, 7)
    assert event.timestamp == datetime(2026, 11, 21, 10, 0, 0, 123000, tzinfo=UTC)


def test_two_secrets_are_valid_while_one_is_being_replaced() -> None:
    verifier = WebhookVerifier(OTHER, SECRET)
    for secret in (SECRET, OTHER):
        assert verifier.verify(headers=headers(secret=secret), body=BODY.encode()).id == "msg_1"


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        (headers(), BODY.replace("settled", "cancelled")),
        (headers(secret=OTHER), BODY),
        (headers(late=timedelta(hours=12)), BODY),
        (headers(late=timedelta(hours=-12)), BODY),
        ({}, BODY),
        (headers() | {"Webhook-Signature": "v1"}, BODY),
        (headers() | {"Webhook-Signature": "v1,=!"}, BODY),
        (headers() | {"Webhook-Id": "msg_2"}, BODY),
        (headers("[]"), "[]"),
    ],
)
def test_everything_else_is_refused(sent: dict[str, str], body: str) -> None:
    with pytest.raises(WebhookInvalid):
        WebhookVerifier(SECRET).verify(headers=sent, body=body.encode())


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(WebhookInvalid):
        WebhookVerifier(SECRET).verify(headers=headers(), body=b"\xff\xfe")


def test_a_verifier_without_a_secret_is_not_made() -> None:
    with pytest.raises(ValueError, match="needs a secret"):
        WebhookVerifier()
