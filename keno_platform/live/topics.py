"""Topics and publishing. A frame is a hint: whoever misses one sees the gap in `seq` and reads the state again."""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec
import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.retry import Retry

logger = logging.getLogger(__name__)
PREFIX = "live:"
GATHER_S = 0.005
"""How long the publisher waits for company after the first frame."""
WAITING_MAX = 100_000
"""Frames that wait to be published by one process."""
_encode = msgspec.json.Encoder().encode


def game_topic(code: str) -> str:
    """Public events of one game's rounds."""
    return f"{PREFIX}game:{code}"


def player_topic(schema: str, player_id: int) -> str:
    """One player's own results. The schema is part of the name: player ids repeat between operators."""
    return f"{PREFIX}player:{schema}:{player_id}"


def banker_topic(schema: str) -> str:
    """What the admins of one operator's lottery watch."""
    return f"{PREFIX}banker:{schema}"


def publish(frames: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Send (topic, frame) pairs in one command. Never raises: the truth is in the database already."""
    parts = [part for topic, frame in frames for part in (topic, _encode(frame))]
    try:
        if parts:
            _publish_all()(args=parts)
    except redis.RedisError as error:
        logger.warning("live frames were not sent, clients will refetch: %s", error)


class _Publisher:
    """A thread that publishes what others hand in, all that waits in one command."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[str, dict[str, Any]]] = deque(maxlen=WAITING_MAX)
        self._work = threading.Event()
        threading.Thread(target=self._run, name="live-frames", daemon=True).start()

    def hand_in(self, frames: Iterable[tuple[str, dict[str, Any]]]) -> None:
        self._waiting.extend(frames)
        self._work.set()

    def _run(self) -> None:
        while True:
            self._work.wait()
            time.sleep(GATHER_S)  # each wake of this thread costs the event loop its turn
            self._work.clear()
            publish([self._waiting.popleft() for _ in range(len(self._waiting))])


@cache
def _publisher(process_id: int) -> _Publisher:
    return _Publisher()


def publish_soon(frames: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """The same for code that must not wait. When Redis is so slow that they pile up, the oldest are dropped."""
    _publisher(os.getpid()).hand_in(frames)


@cache
def _publish_all() -> Script:
    """One command for hundreds of frames: written and answered singly they would cost three times as much."""
    return _client().register_script(
        "for at = 1, #ARGV, 2 do redis.call('PUBLISH', ARGV[at], ARGV[at + 1]) end return #ARGV / 2"
    )


@cache
def _client() -> "redis.Redis":
    # No retries: a frame that arrives late or twice is worth less than one that is missed.
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0)
    )
