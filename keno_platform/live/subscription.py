"""
The one connection on which this process hears Redis: it asks for the topics that somebody here listens to, and no
others, so that what players of other processes are told costs nothing here.

It heals itself. While it is away frames are missed; whoever listens sees the gap in `seq`, and reads the state again.
"""

import asyncio
import logging
from collections.abc import Iterator, Set
from typing import Any, Protocol

import redis.asyncio as redis
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

logger = logging.getLogger(__name__)
RECONNECT_S = 0.5
CONNECT_TIMEOUT_S = 5.0
PING_S, SILENCE_MAX_S = 10.0, 25.0
TOPICS_AT_ONCE = 1000


class Hearer(Protocol):
    """Who is told what comes."""

    def frame_came(self, name: str, text: str) -> None:
        """A frame of this topic."""

    def heard(self, name: str) -> None:
        """From now on every frame of this topic comes."""

    def interrupted(self) -> None:
        """Frames of every topic may be missed, until it is `heard` again."""

    async def room(self) -> None:
        """Return once there is room for more frames."""


class Subscription:
    """The topics that are wanted, and the connection on which they are heard. Begun with `run`."""

    def __init__(self, hearer: Hearer, wanted: Set[str]) -> None:
        """
        :param wanted: kept by the caller, who says `changed` of each name that it adds or removes.
        """
        self._hearer, self._wanted = hearer, wanted
        self._asked: set[str] = set()
        self._confirmed: set[str] = set()
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._last_heard = 0.0

    def changed(self, name: str) -> None:
        """This topic is wanted now, or no longer."""
        self._changed.add(name)
        self._wake.set()

    async def run(self) -> None:
        """Listen for ever."""
        while True:
            try:
                await self._listen()
            except* (redis.RedisError, OSError) as errors:
                logger.warning("live stream interrupted, subscribing again: %s", errors.exceptions[0])
            self._hearer.interrupted()
            await asyncio.sleep(RECONNECT_S)

    async def _listen(self) -> None:
        pool: Any = redis.ConnectionPool.from_url(
            settings.REDIS_URL,
            retry=Retry(NoBackoff(), 0),  # a connection made anew behind our back would have no topics
            socket_connect_timeout=CONNECT_TIMEOUT_S,
            protocol=2,
        )
        connection = pool.make_connection()
        try:
            await connection.connect()
            self._asked, self._confirmed, self._changed = set(), set(), set(self._wanted)
            self._last_heard = asyncio.get_running_loop().time()
            async with asyncio.TaskGroup() as both:
                both.create_task(self._read(connection))
                both.create_task(self._ask(connection))
        finally:
            await connection.disconnect(nowait=True)

    async def _read(self, connection: Any) -> None:
        loop = asyncio.get_running_loop()
        while True:
            message = await connection.read_response()
            self._last_heard = loop.time()
            kind = message[0] if isinstance(message, list) else None
            if kind == b"message":
                self._hearer.frame_came(message[1].decode(), message[2].decode())
                await self._hearer.room()
            elif kind == b"subscribe":
                self._confirm(message[1].decode())

    def _confirm(self, name: str) -> None:
        self._confirmed.add(name)
        if name in self._wanted:
            self._hearer.heard(name)
        else:
            self.changed(name)

    async def _ask(self, connection: Any) -> None:
        """Ask for what is wanted, and say that we are there when it is quiet."""
        loop = asyncio.get_running_loop()
        while True:
            if not self._changed:
                self._wake.clear()
                try:
                    async with asyncio.timeout(PING_S):
                        await self._wake.wait()
                except TimeoutError:
                    if loop.time() - self._last_heard > SILENCE_MAX_S:
                        raise
                    await connection.send_command("PING")
            names, self._changed = self._changed, set()
            await self._send(connection, "SUBSCRIBE", (names & self._wanted) - self._asked)
            # What is asked for but not confirmed yet stays: its confirmation must not be taken for a later one's.
            await self._send(connection, "UNSUBSCRIBE", (names - self._wanted) & self._confirmed)

    async def _send(self, connection: Any, command: str, names: set[str]) -> None:
        if command == "SUBSCRIBE":
            self._asked |= names
        else:
            self._asked -= names
            self._confirmed -= names
        for some in _chunks(sorted(names)):
            await connection.send_command(command, *some)


def _chunks(names: list[str]) -> Iterator[list[str]]:
    for at in range(0, len(names), TOPICS_AT_ONCE):
        yield names[at : at + TOPICS_AT_ONCE]
