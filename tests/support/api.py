"""Calls of the API with any credential, header and body, and what a refusal must look like."""

import json
from typing import Any

from django.test import Client

PREFIX = "/api/v1/"
RETRIES = {"never", "same_key", "new_key"}
MONEY_MOVED = {"no", "yes", "unknown"}
PROBLEM_MEMBERS = {
    *("type", "title", "status", "code", "params"),
    *("retry", "money_moved", "doc_url", "request_id", "request_log_url"),
}
"""What every problem document has; one with more to say has `detail` besides."""


def call(
    method: str,
    path: str,
    *,
    credential: str | None = None,
    body: Any = None,
    headers: dict[str, str] | None = None,
    content_type: str = "application/json",
    client: Client | None = None,
) -> Any:
    """One request. A body that is bytes goes out as it is; anything else as JSON; None sends none."""
    sent = dict(headers or {})
    if credential is not None:
        sent.setdefault("Authorization", f"Bearer {credential}")
    raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    address = path if path.startswith("/") else PREFIX + path
    caller = client or Client()
    return caller.generic(method, address, raw, content_type=content_type if raw else "", headers=sent)


def refusal(response: Any, status: int, code: str) -> dict[str, Any]:
    """The problem document of a response that must be this refusal, checked for its form."""
    assert response.status_code == status, (response.status_code, response.content[:400])
    assert response["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = json.loads(response.content)
    assert problem["code"] == code, problem
    assert problem["status"] == status
    assert problem["type"] == f"/api/v1/docs/errors#{code}"
    assert problem["title"]
    assert isinstance(problem["params"], dict)
    assert problem["doc_url"] == problem["type"]
    assert problem["retry"] in RETRIES
    assert problem["money_moved"] in MONEY_MOVED
    assert problem["request_id"] == response["X-Request-Id"]
    assert problem["request_log_url"] == f"/api/v1/calls?q={problem['request_id']}"
    assert set(problem) - {"detail"} == PROBLEM_MEMBERS
    return problem
