"""The public stream of one game's rounds: `WS /ws/v1/games/{code}` on an operator's domain."""

from typing import Any

import msgspec
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from keno_platform.core import clock
from keno_platform.core.errors import Refusal
from keno_platform.live.broadcaster import Subscriber, broadcaster
from keno_platform.live.topics import game_topic
from operators.selectors import find_operator_by_domain
from rounds import announce, selectors

NOT_FOUND = 4404
TOO_SLOW = 4408


class GameConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """Says hello with the state, then passes frames on. Whatever a client sends is refused."""

    subscriber: Subscriber | None = None

    async def connect(self) -> None:
        code = self.scope["url_route"]["kwargs"]["code"]
        await self.accept()
        self.topic = game_topic(code)
        self.subscriber = Subscriber(self._send, self._give_up)
        # Joined before the state is read: what happens in between waits in the queue, and nothing is missed.
        await broadcaster().join(self.topic, self.subscriber)
        try:
            hello = await database_sync_to_async(_hello)(host_of(self.scope), code)
        except Refusal:
            await self.close(NOT_FOUND)
            return
        await self._send(msgspec.json.encode(hello).decode())
        self.subscriber.start()

    async def disconnect(self, code: int) -> None:
        if self.subscriber is not None:
            broadcaster().leave(self.topic, self.subscriber)
            self.subscriber.stop()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.close(1008)

    async def _send(self, frame: str) -> None:
        await self.send(text_data=frame)

    async def _give_up(self) -> None:
        await self.close(TOO_SLOW)


def host_of(scope: dict[str, Any]) -> str:
    """The host name that a socket was opened on, without its port."""
    headers = dict(scope["headers"])
    return str(headers.get(b"host", b"").decode("latin-1").partition(":")[0])


def _hello(host: str, code: str) -> dict[str, Any]:
    """
    The first frame: the state now and the `seq` that the stream goes on from.

    :raises Refusal: no operator has this domain, or no such game of it.
    """
    operator = find_operator_by_domain(host)
    if operator is None:
        raise selectors.GameNotFound(game=code)
    game = selectors.get_game(code=code, operator_id=operator.pk)
    current = selectors.current_round(game)
    now = clock.to_text(selectors.database_now())
    return {"type": "hello", "seq": game.event_seq, "server_time": now, "round": announce.describe(current)}
