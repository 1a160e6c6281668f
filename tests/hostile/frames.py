"""WebSocket by hand: any handshake and any frame to a real server, and how it ends."""

import base64
import json
import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.hostile.raw import request

CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
PATIENCE_S = 15.0
GONE = 0
"""In place of a code: the connection ended without a close frame."""


def handshake(path: str, *headers: str, port: int, host: str = "mamba.localhost", plain: bool = True) -> bytes:
    """The bytes that open a socket. With `plain` all headers that one needs, and an Origin of the same host."""
    own: tuple[str, ...] = (
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        f"Origin: http://{host}:{port}",
    )
    return request("GET", path, *(own if plain else ()), *headers, host=host)


def frame(kind: int, data: bytes, *, final: bool = True, masked: bool = True, bits: int = 0, size: int = -1) -> bytes:
    """One frame. `bits` are the reserved ones, `size` a length that is not the data's own."""
    size = len(data) if size < 0 else size
    head = bytes([(0x80 if final else 0) | bits | kind])
    mark = 0x80 if masked else 0
    if size < 126:
        head += bytes([mark | size])
    elif size < 1 << 16:
        head += bytes([mark | 126]) + struct.pack("!H", size)
    else:
        head += bytes([mark | 127]) + struct.pack("!Q", size)
    return head + (bytes(4) if masked else b"") + data  # a mask of zeros changes nothing


class Line:
    """An open connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self._got = b""

    def send(self, data: bytes) -> None:
        """Send as much as the server takes; an end of the connection shows when it is read."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def status(self) -> int:
        """Of the answer to the handshake."""
        head = self._until(b"\r\n\r\n")
        return int(head.split()[1]) if head else GONE

    def closing_code(self) -> int:
        """The code that the server closes with; frames before it are passed over."""
        while True:
            kind, data = self._frame()
            if kind == CLOSE:
                return int.from_bytes(data[:2], "big")

    def text(self) -> str:
        """The next message."""
        kind, data = self._frame()
        assert kind == TEXT, (kind, data)
        return data.decode()

    def answer(self) -> str | int:
        """The type of the next message, or the code of a close."""
        kind, data = self._frame()
        return int.from_bytes(data[:2], "big") if kind == CLOSE else str(json.loads(data)["type"])

    def is_silent(self, seconds: float = 0.3) -> bool:
        """Whether nothing comes for so long."""
        self.socket.settimeout(seconds)
        try:
            return not self._got and not self.socket.recv(1)
        except TimeoutError:
            return True

    def _frame(self) -> tuple[int, bytes]:
        """The next frame but for pings; a close without a code where the connection ended."""
        while True:
            head = self._take(2)
            if len(head) < 2:
                return CLOSE, b""
            size = head[1] & 0x7F
            if size >= 126:
                size = int.from_bytes(self._take(2 if size == 126 else 8), "big")
            data = self._take(size)
            if head[0] & 0x0F not in (PING, PONG):
                return head[0] & 0x0F, data

    def _take(self, count: int) -> bytes:
        while len(self._got) < count and self._more():
            pass
        taken, self._got = self._got[:count], self._got[count:]
        return taken

    def _until(self, mark: bytes) -> bytes:
        end = time.monotonic() + PATIENCE_S
        while mark not in self._got and time.monotonic() < end and self._more():
            pass
        head, _, self._got = self._got.partition(mark)
        return head

    def _more(self) -> bool:
        try:
            got = self.socket.recv(65536)
        except ConnectionResetError:
            return False
        self._got += got
        return bool(got)


@contextmanager
def connected(port: int) -> Iterator[Line]:
    line = Line(port)
    try:
        yield line
    finally:
        line.socket.close()
