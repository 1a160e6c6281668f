"""
Calls of the API that came in the clear, where the installation's address is an https one. A page is led to its
encrypted address; a call is refused, because a program that is led on never notices that it discloses its key.
"""

import json
from typing import Any

from keno_platform.core import request_ids
from keno_platform.core.errors import MalformedRequest
from keno_platform.core.ids import uuid7_text
from keno_platform.http.policy import standing_headers
from keno_platform.http.problems import problem

_PATHS = ("/api/", "/ws/")
_SAID = "Call https:// and no other address. Whatever key or token came with this call may have been read: renew it."


def came_in_the_clear(scope: Any) -> bool:
    """Whether this call of the API, or socket, was not encrypted up to us or to the proxy in front of us."""
    if not scope["path"].startswith(_PATHS) or scope.get("scheme") in ("https", "wss"):
        return False
    return (b"x-forwarded-proto", b"https") not in scope["headers"]


async def refuse(scope: Any, send: Any) -> None:
    """Answer such a call without looking at it."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    own = uuid7_text()
    with request_ids.answering(own):
        body = json.dumps(problem(MalformedRequest(_SAID))).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"x-request-id", own.encode("ascii")),
        *standing_headers(),
    ]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": body})
