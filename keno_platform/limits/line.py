"""An event loop's connection to Redis for scripts. One question at a time; callers ask together for all that wait."""

import asyncio
import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any

import redis.asyncio as redis
from django.conf import settings
from hiredis import pack_command
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError

from keno_platform.limits.reaching import PATIENCE_S, Reach


class Unreachable(Exception):
    """Redis does not answer now."""


class Line:
    """Opened when it is needed, and again after it broke."""

    def __init__(self) -> None:
        self.reach = Reach()
        self._connection: Any = None
        self._turn = asyncio.Lock()

    async def run(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """
        What the script returns.

        :raises Unreachable: no answer in time; the script may have run.
        """
        async with self._turn:
            if not self.reach.may_try():  # asked in turn: who waited for one that failed does not try too
                raise Unreachable
            try:
                async with asyncio.timeout(PATIENCE_S):
                    told = await self._ask(script, keys, arguments)
            except (redis.RedisError, OSError, TimeoutError, RuntimeError) as error:
                # uvloop has a RuntimeError for a line that the other side has reset meanwhile.
                self.reach.failed(error)
                await self._drop()
                raise Unreachable from error
            except BaseException:
                await self._drop()  # whoever is asked next must not read this answer
                raise
        self.reach.answered()
        return told

    async def close(self) -> None:
        """End the connection."""
        async with self._turn:
            await self._drop()

    async def _ask(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        connection = await self._connected()
        rest = (len(keys), *keys, *arguments)
        # Packed by hiredis: in Python it would cost more than the rest of the question.
        await connection.send_packed_command(pack_command(("EVALSHA", _digest(script), *rest)))
        try:
            return await connection.read_response()
        except NoScriptError:
            await connection.send_packed_command(pack_command(("EVAL", script, *rest)))
            return await connection.read_response()

    async def _connected(self) -> Any:
        if self._connection is None:
            pool: Any = redis.ConnectionPool.from_url(settings.REDIS_URL, retry=Retry(NoBackoff(), 0), protocol=2)
            connection = pool.make_connection()
            await connection.connect()
            self._connection = connection
        return self._connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)


@cache
def _digest(script: str) -> str:
    return hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()
