"""The HTTP side, as an ASGI application: POST to any path; pages of every origin may read."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from keno_platform.local.chain import rpc
from keno_platform.local.chain.methods import Methods

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

BODY_BYTES_MAX = 2 * 1024 * 1024
_CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (b"access-control-allow-headers", b"content-type"),
    (b"access-control-allow-private-network", b"true"),
    (b"access-control-max-age", b"86400"),
]


def make_application(methods: Methods) -> Application:
    async def application(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        match scope["method"]:
            case "OPTIONS":
                await _send(send, 204)
            case "POST":
                body = await _read(receive)
                if body is None:
                    await _send(send, 413, b"a request has at most 2 MiB")
                else:
                    answered = await rpc.answer(methods, body)
                    await _send(send, 200 if answered else 204, answered, content_type=b"application/json")
            case _:
                await _send(send, 405, b"JSON-RPC by POST")

    return application


async def _read(receive: Receive) -> bytes | None:
    """The request's body, or None when it is too long."""
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > BODY_BYTES_MAX:
            return None
        if not message.get("more_body", False):
            return body


async def _send(send: Send, status: int, body: bytes = b"", *, content_type: bytes = b"text/plain") -> None:
    headers = [*_CORS, (b"content-length", str(len(body)).encode()), (b"content-type", content_type)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
