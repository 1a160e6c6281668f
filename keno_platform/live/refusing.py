"""Sockets that are refused before they are opened, each with a status, as a request would be."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from keno_platform.live.sockets import Receive, Scope, Send

Application = Callable[[Scope, Receive, Send], Awaitable[None]]
FORBIDDEN, NOT_FOUND = 403, 404


def known_only(router: Any) -> Application:
    """Channels' router for addresses that it has: for others it raises, which servers answer as a fault of ours."""

    async def gate(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].lstrip("/")
        if any(route.pattern.match(path) for route in router.routes):
            await router(scope, receive, send)
        else:
            await refuse(scope, receive, send, NOT_FOUND)

    return gate


def readable_origin(application: Application) -> Application:
    """The same application for connections whose Origin can be read: Channels' check of it raises on others."""

    async def gate(scope: Scope, receive: Receive, send: Send) -> None:
        if all(_is_readable(bytes(value)) for name, value in scope["headers"] if name == b"origin"):
            await application(scope, receive, send)
        else:
            await refuse(scope, receive, send, FORBIDDEN)

    return gate


async def refuse(scope: Scope, receive: Receive, send: Send, status: int) -> None:
    """This status; 403 by a server that can say nothing else."""
    await receive()
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "websocket.http.response.body", "body": b""})


def _is_readable(origin: bytes) -> bool:
    try:
        _ = urlsplit(origin.decode("latin-1")).port
    except ValueError:
        return False
    return True
