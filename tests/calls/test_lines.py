"""The lines of a call say the same to a shell as the call said, whatever stood in it."""

import shlex
import subprocess
import sys
from typing import Any
from uuid import uuid4

import pytest

from calls import lines
from calls.models import Call
from keno_platform.core import clock

BODIES = ["", '{"a": "it\'s"}', '{"a": "$HOME `id` \\" ! \\\\ %s"}', "two\nlines", "@file", "ünï", "--flag"]


def make(**changed: Any) -> Call:
    body = changed.get("request", "")
    given: dict[str, Any] = {
        "id": uuid4(),
        "direction": "in",
        "key_hint": "ko_abcdef",
        "method": "POST",
        "path": "/api/v1/bets?x=a b&y='1'",
        "headers": {"Content-Type": "application/json", "Idempotency-Key": "it's-1", "User-Agent": "x"},
        "request": body,
        "request_bytes": len(body.encode()),
        "started_at": clock.now(),
    }
    return Call(**(given | changed))


def words(line: str) -> list[str]:
    """What a shell makes of a line, with the key put in."""
    program = "import json,sys; print(json.dumps(sys.argv[1:]))"
    ran = subprocess.run(
        ["sh", "-c", f'run() {{ "$PYTHON" -c "$PROGRAM" "$@"; }}; run {line}'],
        env={"PYTHON": sys.executable, "PROGRAM": program, "KEY": "ko_secret", "HOME": "/nowhere"},
        capture_output=True,
        text=True,
        check=True,
    )
    import json

    found: list[str] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize("body", BODIES)
def test_a_curl_line_has_the_same_address_headers_and_body(body: str) -> None:
    said = words(lines.as_curl(make(request=body), "http://localhost:8000/"))
    assert said[:5] == ["curl", "-sS", "-X", "POST", "http://localhost:8000/api/v1/bets?x=a b&y='1'"]
    headers = {said[place + 1] for place, word in enumerate(said) if word == "-H"}
    assert headers == {"Authorization: Bearer ko_secret", "Content-Type: application/json", "Idempotency-Key: it's-1"}
    assert (said[-1] == body) if body else ("--data-raw" not in said)


@pytest.mark.parametrize("body", BODIES)
def test_an_httpie_line_has_the_same_address_headers_and_body(body: str) -> None:
    said = words(lines.as_httpie(make(request=body), "http://localhost:8000"))
    assert said[:2] == ["http", "--ignore-stdin"]
    assert f"--raw={body}" in said if body else not [word for word in said if word.startswith("--raw")]
    assert {"Authorization:Bearer ko_secret", "Content-Type:application/json", "Idempotency-Key:it's-1"} <= set(said)


def test_a_call_of_ours_has_its_own_address_and_no_credential_of_the_caller() -> None:
    call = make(direction="out", path="https://op.example/w/debit", request="{}")
    for line in (lines.as_curl(call, "http://here"), lines.as_httpie(call, "http://here")):
        assert "https://op.example/w/debit" in shlex.split(line)
        assert "Authorization" not in line


def test_a_call_without_a_credential_is_repeated_without_one() -> None:
    assert "Authorization" not in lines.as_curl(make(key_hint=""), "http://here")


@pytest.mark.parametrize(
    ("changed", "whole"),
    [
        ({"request": '{"a": 1}'}, True),
        ({"request": "ü"}, True),
        ({"request": '{"token": "[redacted]"}', "request_bytes": 23}, False),
        ({"request": "beginning", "request_bytes": 99_999}, False),
        ({"path": "/api/v1/x?token=[redacted]"}, False),
    ],
)
def test_it_is_told_whether_the_lines_send_the_same(changed: dict[str, Any], whole: bool) -> None:
    assert lines.can_repeat(make(**changed)) is whole
