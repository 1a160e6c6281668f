"""A player's own stream: `WS /ws/v1/player`. The token comes in the first message, never in the address."""

import asyncio
from uuid import UUID

import msgspec
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from keno_platform.core import strict_json
from keno_platform.core.errors import MalformedRequest, Refusal
from keno_platform.live.broadcaster import Subscriber, broadcaster
from keno_platform.live.topics import player_topic
from players.authentication import read_session

UNAUTHENTICATED = 4401
TOO_SLOW = 4408
AUTH_WITHIN_S = 10.0
MESSAGE_MAX = 1024


class PlayerConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """First message `{"type": "auth", "token": ...}`; then the player's frames. Anything else closes the socket."""

    subscriber: Subscriber | None = None
    session_id: UUID

    async def connect(self) -> None:
        await self.accept()
        self.deadline = asyncio.get_running_loop().call_later(
            AUTH_WITHIN_S, lambda: asyncio.ensure_future(self._refuse())
        )

    async def disconnect(self, code: int) -> None:
        self.deadline.cancel()
        if self.subscriber is not None:
            broadcaster().leave(self.topic, self.subscriber)
            self.subscriber.stop()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.subscriber is not None or text_data is None or len(text_data) > MESSAGE_MAX:
            await self.close(1008)
            return
        try:
            message = strict_json.decode(text_data.encode())
            if not isinstance(message, dict) or message.get("type") != "auth":
                raise MalformedRequest()
            operator, session = await database_sync_to_async(read_session)(str(message.get("token")))
        except Refusal:
            await self._refuse()
            return
        self.deadline.cancel()
        self.session_id = session.pk
        self.topic = player_topic(operator.schema_name, session.player_id)
        self.subscriber = Subscriber(self._send, self._give_up)
        await broadcaster().join(self.topic, self.subscriber)
        await self.send(text_data=msgspec.json.encode({"type": "ready"}).decode())
        self.subscriber.start()

    async def _send(self, frame: str) -> None:
        if '"session.revoked"' in frame and str(self.session_id) in frame:
            await self._refuse()
        else:
            await self.send(text_data=frame)

    async def _refuse(self) -> None:
        await self.close(UNAUTHENTICATED)

    async def _give_up(self) -> None:
        await self.close(TOO_SLOW)
