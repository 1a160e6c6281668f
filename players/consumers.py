"""
A player's own stream: `WS /ws/v1/player`. The token comes in the first message, never in the address.

The socket also keeps the session's time: it says when a reality check is due, and closes when the session is over.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import DatabaseError

from keno_platform.core import clock
from keno_platform.core.errors import Refusal
from keno_platform.live import frames
from keno_platform.live.broadcaster import broadcaster
from keno_platform.live.first_message import read_token
from keno_platform.live.reading import in_thread
from keno_platform.live.sockets import Message, Receive, Scope, Send, Socket, accept, encoded
from keno_platform.live.topics import player_topic
from players.authentication import read_session
from players.models import Session

logger = logging.getLogger(__name__)
LOOK_MIN_S = 1.0
"""Between two looks at a session: the database's clock may be a little behind this machine's."""
READY = encoded({"type": "ready"})


class PlayerSocket(Socket):
    """The socket of one session, closed when that session ends."""

    __slots__ = ("_session_id",)

    def __init__(self, send: Send, session_id: UUID) -> None:
        super().__init__(send)
        self._session_id = str(session_id)

    def offer(self, message: Message) -> None:
        if '"session.revoked"' in message.text and self._session_id in message.text:
            self.close_soon(frames.UNAUTHENTICATED)
        else:
            super().offer(message)


class SessionWatch:
    """The time of a socket's session. The session is looked at when something is due, and never in between."""

    __slots__ = ("_socket", "_task", "_timer", "_token", "_told")

    def __init__(self, socket: PlayerSocket, token: str) -> None:
        self._socket, self._token = socket, token
        self._told: tuple[datetime, datetime] | None = None
        """The check that the client was told of last, and when that was."""
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def look(self, session: Session) -> None:
        """Tell what is due, and look again when the next thing is."""
        now, moments = clock.now(), [session.expires_at]
        due = session.reality_check_due_at
        if due is not None:
            moments.append(due if due > now else self._tell(session, due, now))
        delay = max((min(moments) - now).total_seconds(), LOOK_MIN_S)
        self._timer = asyncio.get_running_loop().call_later(delay, self._look_again)

    def end(self) -> None:
        """No more looks."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def _tell(self, session: Session, due: datetime, now: datetime) -> datetime:
        """Once for each check. When it was answered meanwhile, the next one is an interval later at the earliest."""
        if self._told is None or self._told[0] != due:
            self._told = (due, now)
            self._socket.offer(encoded(_reality_check(session, due, now)))
        return max(self._told[1], now) + timedelta(minutes=session.reality_check_minutes or 1)

    def _look_again(self) -> None:
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            _, session = await in_thread(read_session, self._token)
        except Refusal:
            self._socket.close_soon(frames.UNAUTHENTICATED)
        except DatabaseError:
            logger.warning("a session could not be looked at; its socket is closed", exc_info=True)
            self._socket.close_soon(frames.TRY_LATER)
        else:
            self.look(session)


def _reality_check(session: Session, due: datetime, now: datetime) -> dict[str, Any]:
    since = session.launched_at or session.created_at
    return {
        "type": "reality_check",
        "due_at": clock.to_text(due),
        "every_minutes": session.reality_check_minutes,
        "elapsed_seconds": int((now - since).total_seconds()),
    }


async def player_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """First message `{"type": "auth", "token": ...}`; then the player's frames. Anything else closes the socket."""
    await accept(receive, send)
    try:
        code = await _serve(receive, send)
    except Refusal:
        code = frames.UNAUTHENTICATED
    if code is not None:
        await Socket(send).close(code)


async def _serve(receive: Receive, send: Send) -> int | None:
    """
    The code to close with; None where the connection is gone.

    :raises Refusal: no good token came.
    """
    token = await read_token(receive)
    return await _stream(token, receive, send) if isinstance(token, str) else token


async def _stream(token: str, receive: Receive, send: Send) -> int | None:
    operator, session = await in_thread(read_session, token)
    name, socket = player_topic(operator.schema_name, session.player_id), PlayerSocket(send, session.pk)
    watch = SessionWatch(socket, token)
    try:
        await broadcaster().join(name, socket)
        # Once more, now that its end would be heard: it may have ended in between.
        _, session = await in_thread(read_session, token)
        socket.start(READY)
        watch.look(session)
        more = await receive()
    finally:
        watch.end()
        broadcaster().leave(name, socket)
        socket.stop()
    return frames.UNEXPECTED if more["type"] == "websocket.receive" else None
