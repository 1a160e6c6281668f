"""Topics and publishing. A frame is a hint: whoever misses one sees the gap in `seq` and reads the state again."""

import logging
from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec
import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)
PREFIX = "live:"
_encode = msgspec.json.Encoder().encode


def game_topic(code: str) -> str:
    """Public events of one game's rounds."""
    return f"{PREFIX}game:{code}"


def player_topic(schema: str, player_id: int) -> str:
    """One player's own results. The schema is part of the name: player ids repeat between operators."""
    return f"{PREFIX}player:{schema}:{player_id}"


def publish(frames: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Send (topic, frame) pairs in one round trip. Never raises: the truth is in the database already."""
    try:
        pipe = _client().pipeline(transaction=False)
        for topic, frame in frames:
            pipe.publish(topic, _encode(frame))
        pipe.execute()
    except redis.RedisError as error:
        logger.warning("live frames were not sent, clients will refetch: %s", error)


@cache
def _client() -> "redis.Redis":
    # No retries: a frame that arrives late or twice is worth less than one that is missed.
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0)
    )
