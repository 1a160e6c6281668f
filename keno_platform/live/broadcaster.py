"""
The broadcaster: one subscription a process, each frame sent as it came to every local socket of its topic.

A socket that does not take its frames in time is closed; it never holds up the others. The subscription heals
itself: while it is away sockets miss frames, see the gap in `seq`, and read the state again.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import redis.asyncio as redis
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from keno_platform.live.topics import PREFIX

logger = logging.getLogger(__name__)
QUEUE_MAX = 256
SEND_TIMEOUT_S = 5.0
RECONNECT_S = 0.5

Send = Callable[[str], Awaitable[None]]
Close = Callable[[], Coroutine[Any, Any, None]]


class Subscriber:
    """One socket: a bounded queue of frames, and from `start` on the task that empties it."""

    def __init__(self, send: Send, close: Close) -> None:
        self._send, self._close = send, close
        self._frames: asyncio.Queue[str] = asyncio.Queue(QUEUE_MAX)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to send, with what was queued since the socket joined its topic."""
        self._task = asyncio.create_task(self._deliver())

    def offer(self, frame: str) -> None:
        """Queue a frame; a socket that is too far behind is given up."""
        try:
            self._frames.put_nowait(frame)
        except asyncio.QueueFull:
            self.stop()
            self._task = asyncio.create_task(self._close())

    async def _deliver(self) -> None:
        try:
            while True:
                frame = await self._frames.get()
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await self._send(frame)
        except TimeoutError:
            await self._close()
        except Exception:
            logger.debug("a socket went away while a frame was sent", exc_info=True)

    def stop(self) -> None:
        """No more frames."""
        if self._task is not None:
            self._task.cancel()


class Broadcaster:
    """All sockets of this process, by topic."""

    def __init__(self) -> None:
        self._topics: dict[str, set[Subscriber]] = defaultdict(set)
        self._listener: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()

    async def join(self, topic: str, subscriber: Subscriber) -> None:
        """Frames of this topic go to this socket from now on."""
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen())
        self._topics[topic].add(subscriber)
        await self._ready.wait()

    def leave(self, topic: str, subscriber: Subscriber) -> None:
        """No more frames of this topic for this socket."""
        self._topics[topic].discard(subscriber)
        if not self._topics[topic]:
            del self._topics[topic]

    async def _listen(self) -> None:
        while True:
            client = redis.Redis.from_url(settings.REDIS_URL, health_check_interval=10, retry=Retry(NoBackoff(), 0))
            try:
                async with client.pubsub(ignore_subscribe_messages=True) as pubsub:
                    await pubsub.psubscribe(f"{PREFIX}*")
                    self._ready.set()
                    while True:
                        # A timeout keeps health checks going on a quiet line.
                        message = await pubsub.get_message(timeout=5)
                        if message is not None:
                            self._deliver(message["channel"].decode(), message["data"].decode())
            except (redis.RedisError, OSError) as error:
                logger.warning("live stream interrupted, subscribing again: %s", error)
                await asyncio.sleep(RECONNECT_S)
            finally:
                await client.aclose()

    def _deliver(self, topic: str, frame: str) -> None:
        for subscriber in tuple(self._topics.get(topic, ())):
            subscriber.offer(frame)


_broadcasters: dict[int, Broadcaster] = {}


def broadcaster() -> Broadcaster:
    """The broadcaster of this event loop."""
    loop = id(asyncio.get_running_loop())
    if loop not in _broadcasters:
        _broadcasters[loop] = Broadcaster()
    return _broadcasters[loop]
