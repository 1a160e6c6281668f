"""Entries, and a look at the log."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from calls import recorder
from calls.models import Call
from calls.recorder import Entry
from keno_platform.core import clock


def make_entry(**changed: Any) -> Entry:
    """A call that went well, but for what is named."""
    given: dict[str, Any] = {
        "direction": "in",
        "operator_id": None,
        "key_hint": "ko_abcdef",
        "method": "POST",
        "path": "/api/v1/bets",
        "status": 201,
        "code": "",
        "duration_ms": 1.5,
        "request_id": f"test-{uuid4()}",
        "ids": (),
        "request": b'{"a":1}',
        "response": b'{"b":2}',
        "started_at": clock.now(),
    }
    return Entry(**(given | changed))


@pytest.fixture
def written() -> Callable[[str], Call]:
    """The call with this request id, once it is in the table."""

    def find(request_id: str) -> Call:
        assert recorder.wait_until_written()
        return Call.objects.get(request_id=request_id)

    return find
