"""What schemathesis holds every answer against besides its own checks; loaded in its own process."""

import json
import os
from typing import Any

import schemathesis

MARKS: dict[str, list[str]] = json.loads(os.environ.get("HOSTILE_MARKS", "{}"))
"""By an operator's credential, what of the other operator it must never read."""


@schemathesis.check
def nobody_elses_data(ctx: Any, response: Any, case: Any) -> None:
    """An answer holds nothing of the other operator that the request did not name itself."""
    sent = response.request
    asked, told = f"{sent.url} {sent.body!r}", response.content.decode("utf-8", "replace")
    for mark in MARKS.get(sent.headers.get("Authorization", ""), []):
        assert mark in asked or mark not in told, f"the other operator's {mark}"


@schemathesis.check
def refusals_are_problems(ctx: Any, response: Any, case: Any) -> None:
    """What is refused is refused by a problem document, unless it was no request at all."""
    if response.status_code < 400 or response.request.method == "HEAD":
        return
    kind = response.headers.get("content-type", [""])[0]
    if kind.startswith("text/plain") and response.status_code in (400, 431):
        return
    assert kind == "application/problem+json", kind
    assert json.loads(response.content)["status"] == response.status_code
