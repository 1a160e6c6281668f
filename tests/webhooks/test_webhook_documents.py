"""docs/webhooks.md is what the server does: its messages, its vectors, its ladder, its commands."""

import base64
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from keno_platform.core import clock
from operators.models import Operator
from tests.docs.snippets import ROOT, faults_in_running, snippets_of
from tests.webhooks.conftest import Subscribe
from tests.webhooks.receivers import Receiver
from webhooks import catalogue, message, retrying
from webhooks.models import Event
from webhooks.services import delivery, endpoints, recording
from webhooks.tasks import KEPT_S

DOCUMENT = ROOT / "docs" / "webhooks.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### ([\w.]+)\n(.*?)(?=^### |\Z)", TEXT, re.M | re.S))
[_VECTORS] = re.findall(r"^```json vectors\n(.*?)^```$", TEXT, re.M | re.S)
VECTORS = json.loads(_VECTORS)


def example_of(event: str) -> dict[str, Any]:
    [block] = re.findall(r"^```json\n(.*?)^```$", SECTIONS[event], re.M | re.S)
    return dict(json.loads(block))


def test_every_event_has_its_section_and_no_other() -> None:
    assert list(SECTIONS) == list(catalogue.SHAPES)


@pytest.mark.parametrize("event", catalogue.SHAPES)
def test_the_example_of_every_event_is_a_message_that_is_sent(event: str) -> None:
    shown = example_of(event)
    row = Event(
        type=event,
        data=json.dumps(catalogue.EXAMPLES[event]),
        sequence=shown["sequence"],
        created_at=clock.from_text(shown["timestamp"]),
    )
    assert json.loads(message.body_of(row)) == shown
    assert list(json.loads(message.body_of(row))) == list(shown)
    assert list(shown["data"]) == list(catalogue.SHAPES[event].__struct_fields__)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{len(vector['secrets'])} secrets")
def test_the_vectors_are_what_the_server_signs_and_what_a_hand_made_hmac_gives(vector: dict[str, Any]) -> None:
    body = vector["body"].encode()
    headers = message.headers_of(
        event_id=vector["id"],
        body=body,
        secrets=vector["secrets"],
        at=datetime.fromtimestamp(vector["timestamp"], UTC) + timedelta(milliseconds=999),
    )
    assert headers["webhook-id"] == vector["id"]
    assert headers["webhook-timestamp"] == str(vector["timestamp"])
    assert headers["webhook-signature"] == vector["signature"]
    signed = f"{vector['id']}.{vector['timestamp']}.".encode() + body
    keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in vector["secrets"]]
    by_hand = [base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys]
    assert vector["signature"] == " ".join(f"v1,{one}" for one in by_hand)


def test_the_snippets_run_and_print_what_they_should(tmp_path: Path) -> None:
    assert [snippet.language for snippet in snippets_of(DOCUMENT)] == ["python", "python", "sh"]
    assert faults_in_running(DOCUMENT, directory=tmp_path) == []


def test_the_message_that_is_shown_has_the_headers_that_are_sent(
    subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    [shown] = re.findall(r"^```\nPOST .*?\n(.*?)\n\n", TEXT, re.M | re.S)
    named = {line.partition(":")[0] for line in shown.splitlines()}
    endpoint, _ = subscribe(receiver.url)
    endpoints.test_endpoint(endpoint_id=endpoint.pk, actor="test")
    delivery.deliver()
    sent = set(receiver.got[0].headers)
    assert named <= sent
    assert sent - named == {"host", "content-length", "accept", "accept-encoding", "user-agent"}


def test_the_table_of_retries_is_the_ladder() -> None:
    units = {"s": "seconds", "min": "minutes", "h": "hours"}
    rows = re.findall(r"^\| (\d+) \| (?:at once|(\d+) (s|min|h)) \|$", TEXT, re.M)
    pauses = [timedelta(**{units[unit]: int(number)}) for _, number, unit in rows if number]
    assert [int(attempt) for attempt, *_ in rows] == list(range(1, retrying.ATTEMPTS_MAX + 1))
    assert tuple(pauses) == retrying.LADDER
    shortest = sum(retrying.LADDER, timedelta())
    hours = [one / timedelta(hours=1) for one in (shortest, shortest * (1 + retrying.JITTER))]
    assert f"about {hours[0]:.0f} to {hours[1]:.0f} hours" in " ".join(TEXT.split())


def test_the_numbers_in_the_text_are_those_of_the_code() -> None:
    text = " ".join(TEXT.split())
    assert f"within {delivery.DEADLINE_S:.0f} s" in text
    assert f"at most {endpoints.ENDPOINTS_MAX}." in text
    assert f"At most {delivery.LANE_MAX} calls" in text
    assert f"the first {recording.ANSWER_MAX:,} bytes" in text
    assert f"kept for {KEPT_S / 86_400:.0f} days" in text
    assert timedelta(days=1) == retrying.RETRY_AFTER_MAX
    assert "five seconds" in text
    assert timedelta(seconds=5) == retrying.DEFER
