"""The first message of a socket that belongs to somebody: the token comes in it, never in the address."""

import asyncio
from collections.abc import Mapping
from typing import Any

from keno_platform.core import strict_json
from keno_platform.core.errors import MalformedRequest
from keno_platform.live import frames
from keno_platform.live.sockets import Receive

AUTH_WITHIN_S = 10.0
MESSAGE_MAX = 1024


async def read_token(receive: Receive) -> str | int | None:
    """
    The token of the `auth` message; the code to close with where none came; None where the connection is gone.

    :raises Refusal: the message is no such one.
    """
    try:
        async with asyncio.timeout(AUTH_WITHIN_S):
            first = await receive()
    except TimeoutError:
        return frames.UNAUTHENTICATED
    if first["type"] != "websocket.receive":
        return None
    text = first.get("text")
    if text is None or len(text) > MESSAGE_MAX:
        return frames.UNEXPECTED
    message: Any = strict_json.decode(text.encode())
    if not isinstance(message, Mapping) or message.get("type") != "auth":
        raise MalformedRequest()
    return str(message.get("token"))
