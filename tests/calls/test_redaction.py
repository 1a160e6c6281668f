"""Nothing that opens a door is ever in the request log."""

import json
import time
from typing import Any

import pytest

from calls import redaction
from calls.rows import BODY_KEPT, read_body

KEY = "ko_" + "aB3-_" * 8
PROVIDER_KEY = "kp_" + "Zz9_-" * 8
SESSION = "ps.alpha." + "x" * 43
LAUNCH = "alpha." + "y" * 43
WEBHOOK = "whsec_" + "c2VjcmV0" * 5
SECRETS = [KEY, PROVIDER_KEY, SESSION, LAUNCH, WEBHOOK]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "form",
    [
        '{"note": "%s"}',
        '{"a": {"b": [{"c": "see %s."}]}}',
        '{"note": "%s", "note": 1}',
        'not json: "%s"',
        "authorization: Bearer %s",
        '{"unfinished": "%s',
        "a=1&b=%s&c=2",
        '["%s"]',
        '{"note": "line\\n%s"}',
        '"%s"',
    ],
)
def test_what_looks_like_a_credential_is_in_no_body_whatever_its_form(secret: str, form: str) -> None:
    assert secret not in read_body((form % secret).encode()).text


NAMES = [
    *("token", "launch", "launch_token", "session_token", "api_key", "secret", "hmac_secret", "previous_secret"),
    *("signature", "password", "private_key", "Authorization", "launch_url", "API-Key"),
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ["hunter2-hunter2", 1234567, ["hunter2-hunter2"], {"of": "hunter2-hunter2"}, True])
def test_the_value_of_a_secret_member_is_left_out_at_any_depth(name: str, value: Any) -> None:
    for body in ({name: value}, {"a": {"b": [1, {name: value}]}}, [[{name: value, "kept": 1}]]):
        text = read_body(json.dumps(body).encode()).text
        assert "hunter2" not in text
        assert "1234567" not in text
        assert redaction.REDACTED in text
        assert name in text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "form", ['{"%s": "hunter2"', "%s=hunter2&x=1", "%s: hunter2", "{'%s': 'hunter2'}", '"%s":hunter2}']
)
def test_text_that_is_no_json_is_cleaned_by_the_same_names(name: str, form: str) -> None:
    text = read_body((form % name).encode()).text
    assert "hunter2" not in text
    assert redaction.REDACTED in text


@pytest.mark.parametrize("body", ['{"api\\u005fkey": "hunter2"}', '{"\\u0073ecret": "hunter2"}'])
def test_a_name_written_with_escapes_is_the_same_name(body: str) -> None:
    assert "hunter2" not in read_body(body.encode()).text


def test_what_calls_are_searched_by_stays() -> None:
    body = {
        "player_token": "p-1",
        "transaction_id": "0197a8c0-0000-7000-8000-000000000006",
        "reference": "r-1",
        "idempotency_key": "k-1",
        "key_id": "abc",
        "public_key": "00ff",
        "receipt_signature": "00ff",
    }
    assert json.loads(read_body(json.dumps(body).encode()).text) == body


@pytest.mark.parametrize(
    "body",
    ['{"stake": "10.00",  "n": 1.10, "big": 1e400}', "[1,\n2]", '{"a":{"b":null}}', "123456789012345678901234567890"],
)
def test_a_body_without_a_secret_is_kept_as_it_was_written(body: str) -> None:
    assert read_body(body.encode()).text == body


def test_numbers_beside_a_secret_keep_their_digits() -> None:
    text = read_body(b'{"token": "x", "n": 1.10, "big": 12345678901234567890123}').text
    assert '"n":1.10' in text
    assert "12345678901234567890123" in text or "1234567" in text


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00", b"%PDF-1.4\n\xe2\xe3"])
def test_bytes_that_are_no_text_are_only_counted(raw: bytes) -> None:
    assert read_body(raw).text == f"[{len(raw)} bytes that are not text]"


@pytest.mark.parametrize(
    "raw", [b"[" * 100_000, b'{"a":' * 5_000, b'{"a":' * 100 + b'{"token":"hunter2"}' + b"}" * 100]
)
def test_a_body_that_is_nested_too_deep_is_no_fault_and_leaks_nothing(raw: bytes) -> None:
    text = read_body(raw).text
    assert len(text) <= BODY_KEPT
    assert "hunter2" not in text


def test_a_long_body_is_cut_after_its_secrets_were_taken_out() -> None:
    body = json.dumps({"api_key": "h" * (BODY_KEPT * 2), "text": "t" * (BODY_KEPT * 2)})
    text = read_body(body.encode()).text
    assert BODY_KEPT / 2 < len(text) <= BODY_KEPT
    assert "hh" not in text


def test_an_address_is_kept_without_the_secrets_in_its_query() -> None:
    clean = redaction.clean_address(
        f"/api/v1/x?token=abc&player_token=p-1&launch={LAUNCH}&note={KEY}&from=2026-01-01T00:00:00Z"
    )
    assert "abc" not in clean
    assert LAUNCH not in clean
    assert KEY not in clean
    assert "player_token=p-1" in clean
    assert "from=2026-01-01T00:00:00Z" in clean
    assert (
        redaction.clean_address("https://user:pass@op.example/w/debit?x=1")
        == "https://[redacted]@op.example/w/debit?x=1"
    )
    assert redaction.clean_address("/api/v1/bets?a=1&a=2&%zz=%00") == "/api/v1/bets?a=1&a=2&%zz=%00"


@pytest.mark.parametrize(
    "raw", [b"a" * 500_000, b"a-" * 250_000, b'token="' * 70_000, b"x_secret" * 60_000, b"a." * 250_000]
)
def test_no_body_takes_long_to_be_cleaned(raw: bytes) -> None:
    """A stranger's body must not hold up the log: each of these took minutes with a careless pattern."""
    began = time.process_time()
    read_body(raw)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("before", range(BODY_KEPT - 60, BODY_KEPT + 300, 20))
def test_no_part_of_a_credential_at_the_cut_is_kept(before: int) -> None:
    for secret in SECRETS:
        text = read_body(json.dumps({"a": "." * before + f" {secret} " + "b" * BODY_KEPT}).encode()).text
        assert secret[9:17] not in text
