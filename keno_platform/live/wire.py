"""
A frame as its bytes on the wire, made once for all sockets, and written straight to the connections of the server that
we know.

ASGI has every socket's frame built anew by the server: with uvicorn that is half of what a delivery costs in Python.
With another server, or with a connection that compresses, frames go by ASGI's `send`; nothing else changes.
"""

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN

from keno_platform.bounded import BoundedSocket

TEXT_FINAL = 0x81
_KNOWN = (BoundedSocket, WebSocketsSansIOProtocol)
Write = Callable[[bytes], bool]
"""Write a frame; False where it cannot be written at once."""


def frame_bytes(text: str) -> bytes:
    """A whole, uncompressed text message of a server (RFC 6455, 5.2)."""
    body = text.encode()
    size = len(body)
    if size < 126:
        return bytes((TEXT_FINAL, size)) + body
    if size < 1 << 16:
        return bytes((TEXT_FINAL, 126)) + size.to_bytes(2, "big") + body
    return bytes((TEXT_FINAL, 127)) + size.to_bytes(8, "big") + body


def writer_of(send: Any) -> Write | None:
    """How to write to the connection behind this `send`; None where it is not one that we know."""
    protocol = getattr(send, "__self__", None)
    if not isinstance(protocol, WebSocketsSansIOProtocol) or type(protocol) not in _KNOWN or protocol.conn.extensions:
        return None
    return _Writer(protocol).write


class _Writer:
    __slots__ = ("_connection", "_protocol", "_transport")

    def __init__(self, protocol: WebSocketsSansIOProtocol) -> None:
        self._protocol, self._connection, self._transport = protocol, protocol.conn, protocol.transport

    def write(self, frame: bytes) -> bool:
        protocol = self._protocol
        if (
            self._connection.state is not OPEN
            or protocol.disconnected
            or protocol.close_sent
            or not protocol.writable.is_set()
        ):
            return False
        self._transport.write(frame)
        return True
