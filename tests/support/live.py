"""Listening to the live topics as they go over the wire."""

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any

import redis
from django.conf import settings

from keno_platform.live.topics import game_topic
from rounds.models import Game


class Frames(list[dict[str, Any]]):
    """Frames as they come. Nothing is read before `wait`."""

    def __init__(self, pubsub: Any) -> None:
        super().__init__()
        self._pubsub = pubsub

    def wait(self, count: int, *, seconds: float = 10.0) -> None:
        """Read until there are so many; then whatever came beyond them."""
        end = time.monotonic() + seconds
        while len(self) < count:
            assert time.monotonic() < end, f"{len(self)} frames of {count}"
            self._read(0.1)
        while self._read(0.05):
            pass

    def _read(self, timeout: float) -> bool:
        message = self._pubsub.get_message(ignore_subscribe_messages=True, timeout=timeout)
        if message is None:
            return False
        self.append(json.loads(message["data"]))
        return True


@contextlib.contextmanager
def frames_of(*games: Game) -> Iterator[Frames]:
    """Every frame of these games while this is open."""
    with topics(*(game_topic(game.code) for game in games)) as frames:
        yield frames


@contextlib.contextmanager
def topics(*names: str) -> Iterator[Frames]:
    """Every frame of these topics while this is open."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    pubsub = client.pubsub()
    try:
        pubsub.subscribe(*names)
        for _ in names:  # confirmed: from here on nothing is missed
            assert pubsub.get_message(timeout=5) is not None
        yield Frames(pubsub)
    finally:
        pubsub.close()
        client.close()
