"""
HTTP and WebSocket as the web process speaks them: uvicorn's, with an end to what a client may make it keep.

uvicorn leaves three things open that a stranger could use up its memory with: a head of any length, a request that
never comes to its end, and pings whose answers nobody takes. A proxy in front bounds the first two; that one stands
there is not for the web process to believe.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame

HEAD_MAX = 32 * 1024
"""Bytes of a request's line and headers. A signed call with a long query has some two thousand."""
BODY_MAX = 1024 * 1024
"""Bytes of a body. What the platform reads is half of it, and what is more has its own refusal; Django keeps all."""
READ_WITHIN_S = 60.0
"""From the first byte, or from the connection on, to the last byte of a request."""
MESSAGE_BYTES_MAX = 4096
"""Of a socket's message: the longest that means something is a token."""
PIECES_MAX = 64
"""Of a socket's message. Empty ones cost its sender nothing, and add nothing to its length."""
HEAD_TOO_LARGE, BODY_TOO_LARGE = b"431 Request Header Fields Too Large", b"413 Content Too Large"
TOO_SLOW = b"408 Request Timeout"


class TooLarge(Exception):
    """The line and headers of a request are longer than HEAD_MAX, or its body than BODY_MAX."""


class BoundedHttp(HttpToolsProtocol):
    """A connection whose requests have an end."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head = self._arrived = self._body = 0
        self._in_head = self._begun_here = True
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._begun_here = False
        super().data_received(data)
        if self._in_head and not self._begun_here and self.parser is not None and not self.transport.is_closing():
            # A header without an end comes to no callback: what has arrived of it is counted here.
            self._arrived += len(data)
            if self._arrived > 2 * HEAD_MAX:
                self._refuse(HEAD_TOO_LARGE)

    def handle_websocket_upgrade(self) -> None:
        self._wait_no_more()
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head = self._arrived = self._body = 0
        self._in_head = self._begun_here = True
        self._wait()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body += len(body)
        if self._body > BODY_MAX:
            raise TooLarge
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._wait_no_more()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Whatever is no request at all; what is too long by its own number."""
        if self._head > HEAD_MAX:
            self._refuse(HEAD_TOO_LARGE)
        elif self._body > BODY_MAX:
            self._refuse(BODY_TOO_LARGE)
        else:
            super().send_400_response(msg)

    def _count(self, size: int) -> None:
        self._head += size
        if self._head > HEAD_MAX:
            raise TooLarge

    def _wait(self) -> None:
        if self._patience is None:
            self._patience = self.loop.call_later(READ_WITHIN_S, self._give_up)

    def _wait_no_more(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        self._patience = None
        if not self.transport.is_closing():
            self._refuse(TOO_SLOW)

    def _refuse(self, status: bytes) -> None:
        if self._may_answer():
            self.transport.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()

    def _may_answer(self) -> bool:
        """Whether nothing is underway on the line: while a head is read, `cycle` is of the request before."""
        return self.cycle is None or (
            self.cycle.response_complete if self._in_head else not self.cycle.response_started
        )


class BoundedSocket(WebSocketsSansIOProtocol):
    """
    A socket that is not read while its client does not take what it is sent: answers to pings could pile up. A message
    has a number of pieces too, and one that is no text is refused without a word in the log.
    """

    def pause_writing(self) -> None:
        super().pause_writing()
        if not self.read_paused and not self.transport.is_closing():
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) < PIECES_MAX:
            super().handle_cont(event)
        else:
            self._fail(CloseCode.MESSAGE_TOO_BIG)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not _is_text(b"".join(self.frames)):
            self._fail(CloseCode.INVALID_DATA)
        else:
            super().send_receive_event_to_app()

    def _fail(self, code: int) -> None:
        self.frames = []
        if not self.close_sent:
            self.conn.fail(code)
            self.handle_parser_exception()


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
