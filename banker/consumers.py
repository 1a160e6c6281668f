"""What the admins of a lottery watch: `WS /ws/v1/banker`. The token comes in the first message."""

from uuid import UUID

from banker.authentication import read_watcher
from keno_platform.core.errors import Refusal
from keno_platform.live import frames
from keno_platform.live.broadcaster import broadcaster
from keno_platform.live.first_message import read_token
from keno_platform.live.reading import in_thread
from keno_platform.live.sockets import Message, Receive, Scope, Send, Socket, accept, encoded
from keno_platform.live.topics import banker_topic
from operators.authentication import CallerNotAllowed

READY = encoded({"type": "ready"})


class AdminSocket(Socket):
    """The socket of one session, closed when that session ends. Of others' ends nobody is told."""

    __slots__ = ("_session_id",)

    def __init__(self, send: Send, session_id: UUID) -> None:
        super().__init__(send)
        self._session_id = str(session_id)

    def offer(self, message: Message) -> None:
        if '"sessions_ended"' not in message.text:
            super().offer(message)
        elif self._session_id in message.text:
            self.close_soon(frames.UNAUTHENTICATED)


async def banker_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """
    First message `{"type": "auth", "token": ...}` with an admin's token or ticket; then the frames. Anything else
    closes the socket.
    """
    await accept(receive, send)
    code: int | None
    try:
        token = await read_token(receive)
        code = await _stream(token, receive, send) if isinstance(token, str) else token
    except Refusal:
        code = frames.UNAUTHENTICATED
    if code is not None:
        await Socket(send).close(code)


async def _stream(token: str, receive: Receive, send: Send) -> int | None:
    """:raises Refusal: no admin's session, or it has ended."""
    operator, session = await in_thread(read_watcher, token)
    if not session.member.is_admin:
        raise CallerNotAllowed()
    name, socket = banker_topic(operator.schema_name), AdminSocket(send, session.pk)
    try:
        await broadcaster().join(name, socket)
        # Once more, now that its end would be heard: it may have ended in between.
        await in_thread(read_watcher, token)
        socket.start(READY)
        more = await receive()
    finally:
        broadcaster().leave(name, socket)
        socket.stop()
    return frames.UNEXPECTED if more["type"] == "websocket.receive" else None
