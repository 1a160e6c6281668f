"""
Bodies that come in chunks, without a length before them.

REST framework takes a body without a length for none: a call would be answered as if it had said nothing, and where
everything in its body may be left out, done so.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from django.conf import settings

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Application = Callable[[Scope, Receive, Any], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]


def with_lengths(application: Application) -> Application:
    """The same application, which is told how long a body is however it came."""

    async def gate(scope: Scope, receive: Receive, send: Any) -> None:
        if scope["type"] != "http" or not _has_no_length(scope["headers"]):
            await application(scope, receive, send)
            return
        body = await _read(receive)
        if body is not None:
            headers = [*scope["headers"], (b"content-length", b"%d" % len(body))]
            await application({**scope, "headers": headers}, _once(body, receive), send)

    return gate


def _has_no_length(headers: Headers) -> bool:
    names = {name for name, _ in headers}
    return b"transfer-encoding" in names and b"content-length" not in names


async def _read(receive: Receive) -> bytes | None:
    """The body, or as much of it as is already too much; None when it breaks off."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        if len(body) <= settings.BODY_MAX_BYTES:
            body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body[: settings.BODY_MAX_BYTES + 1])


def _once(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def give() -> Message:
        return messages.pop() if messages else await receive()

    return give
