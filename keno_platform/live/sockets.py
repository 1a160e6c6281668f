"""
One socket: its frames in order, each handed to the server at once, and a bounded queue while the server must wait.

A socket that does not take its frames in time is closed. It never holds up another: nobody waits for it but a task of
its own.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import msgspec

from keno_platform.live.frames import TOO_SLOW
from keno_platform.live.sending import begin
from keno_platform.live.wire import frame_bytes, writer_of

logger = logging.getLogger(__name__)
QUEUE_MAX = 256
SEND_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 5.0

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Any]
"""The three that an ASGI server calls an application with. `send` gives a coroutine."""


class _Numbered(msgspec.Struct):
    seq: int = 0


_read_number = msgspec.json.Decoder(_Numbered).decode


class Message:
    """A frame, made once into what every socket of its topic is sent."""

    __slots__ = ("event", "text", "wire")

    def __init__(self, text: str) -> None:
        self.text = text
        self.wire = frame_bytes(text)
        self.event: Mapping[str, Any] = {"type": "websocket.send", "text": text}

    @property
    def seq(self) -> int:
        """The number of the frame in its game; 0 where frames have none."""
        return _read_number(self.text).seq


def encoded(frame: Mapping[str, Any]) -> Message:
    """A frame as a message."""
    return Message(msgspec.json.encode(frame).decode())


class Socket:
    """
    Whoever gets frames. They are held until `start`; from then on they are sent.

    `_queue` is None while the server takes each frame at once. After the end it is a queue that keeps nothing, so that
    the way of a frame asks one question only.
    """

    __slots__ = ("_queue", "_send", "_task", "_write", "closed")

    def __init__(self, send: Send) -> None:
        self._send, self._write = send, writer_of(send)
        self._queue: deque[Message] | None = deque()
        self._task: asyncio.Task[None] | None = None
        self.closed = False

    def offer(self, message: Message) -> None:
        """Send a frame, or queue it while those before it wait; a socket that is too far behind is given up."""
        if self._queue is None:
            if self._write is None or not self._write(message.wire):
                self._pass_on(message)
        elif len(self._queue) < QUEUE_MAX:
            self._queue.append(message)
        else:
            self.close_soon(TOO_SLOW)

    def start(self, first: Message, *, after: int = -1) -> None:
        """Send this, and what was held since; frames up to the number `after` are in the first one already."""
        if self.closed:
            return
        held, self._queue = self._queue or (), None
        self.offer(first)
        for message in held:
            if message.seq > after:
                self.offer(message)

    def stop(self) -> None:
        """No more frames."""
        self._end()
        if self._task is not None:
            self._task.cancel()

    async def close(self, code: int) -> None:
        """No more frames, and the end of the connection, within a bounded time. Nothing where it has ended already."""
        if not self.closed:
            self.stop()
            await self._close(code)

    def close_soon(self, code: int) -> None:
        """The same for who cannot wait for it."""
        if not self.closed:
            self.stop()
            self._task = asyncio.create_task(self._close(code))

    def _pass_on(self, message: Message) -> None:
        try:
            rest = begin(self._send(message.event))
        except Exception:
            logger.debug("a socket went away while a frame was sent", exc_info=True)
            self._end()
            return
        if rest is not None:
            self._queue = deque()
            self._task = asyncio.create_task(self._catch_up(rest, self._queue))

    async def _catch_up(self, rest: Awaitable[None], queue: deque[Message]) -> None:
        try:
            while True:
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await rest
                if not queue:
                    break
                rest = self._send(queue.popleft().event)
        except TimeoutError:
            self._end()
            await self._close(TOO_SLOW)
        except Exception:
            logger.debug("a socket went away while a frame was sent", exc_info=True)
            self._end()
        else:
            self._queue = None

    def _end(self) -> None:
        self.closed = True
        self._queue = deque(maxlen=0)

    async def _close(self, code: int) -> None:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._send({"type": "websocket.close", "code": code})
        except TimeoutError:
            _abort(self._send)
        except Exception:
            logger.debug("a socket went away while it was closed", exc_info=True)


async def accept(receive: Receive, send: Send) -> None:
    """Open the connection that a server has announced."""
    await receive()
    await send({"type": "websocket.accept"})


def host_of(scope: Scope) -> str:
    """The host name that a socket was opened on, without its port."""
    for name, value in scope["headers"]:
        if name == b"host":
            return bytes(value).decode("latin-1").partition(":")[0].lower()
    return ""


def _abort(send: Send) -> None:
    """
    Drop the connection of a client that takes nothing at all, not even the word that it is closed.

    ASGI has no word for it, and a server that closes politely waits for such a client for ever. Uvicorn's `send` is a
    method of what holds the connection; with a server where that is not so, its own timeouts must do.
    """
    abort = getattr(getattr(getattr(send, "__self__", None), "transport", None), "abort", None)
    if callable(abort):
        abort()
