"""
How many sockets are open from one address, over all processes.

Each process says how many it holds, for LEASE_S, and says so again in time; what a killed one held is forgotten with
its lease. While Redis is away each counts for itself.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any
from uuid import uuid4
from weakref import WeakKeyDictionary

from django.conf import settings

from keno_platform.core.batching import Batcher
from keno_platform.limits import rates
from keno_platform.limits.addresses import bucket_of
from keno_platform.limits.demands import PREFIX, Demand
from keno_platform.limits.gathering import Gatherer, gatherer
from keno_platform.limits.line import Unreachable

LEASE_S, RENEW_S = 30.0, 10.0
TELL_S = 0.05
"""How long those that have closed wait for company before it is told."""
TOGETHER_MAX, NO_LIMIT = 500, 0
RETRY_AFTER_S = 10
SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local me, lease, told = ARGV[1], tonumber(ARGV[2]), {}
for place, key in ipairs(KEYS) do
    local own, limit, others = tonumber(ARGV[1 + 2 * place]), tonumber(ARGV[2 + 2 * place]), 0
    if limit > 0 then
        local kept = redis.call('HGETALL', key)
        for at = 1, #kept, 2 do
            local count, till = string.match(kept[at + 1], '(%d+):(%d+)')
            if tonumber(till) < now then
                redis.call('HDEL', key, kept[at])
            elseif kept[at] ~= me then
                others = others + tonumber(count)
            end
        end
    end
    if limit > 0 and others + own > limit then
        told[place] = 0
    else
        told[place] = 1
        if own > 0 then
            redis.call('HSET', key, me, string.format('%d:%.0f', own, now + lease))
            redis.call('PEXPIRE', key, lease)
        else
            redis.call('HDEL', key, me)
        end
    end
end
return told
"""
_Count = tuple[str, int, int]
"""An address, how many sockets are open from it here, and how many may be in all."""
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Any]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Sockets:
    """Those of one event loop, by address."""

    def __init__(self, gatherer: Gatherer) -> None:
        self._gatherer = gatherer
        self._me = uuid4().hex
        self._open: Counter[str] = Counter()
        self._changed: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._telling = self._renewing = False
        self._asks: Batcher[_Count, bool] = Batcher(self._ask, size=TOGETHER_MAX)

    async def open(self, bucket: str, limit: int) -> bool:
        """Whether one more may be open from this address; if so it counts until it is closed."""
        if self._open[bucket] >= limit:
            return False
        self._open[bucket] += 1
        self._begin_renewing()
        try:
            granted = await self._asks.submit((bucket, self._open[bucket], limit))
        except BaseException:
            self.close(bucket)
            raise
        if not granted:
            self._less(bucket)
        return granted

    def close(self, bucket: str) -> None:
        """One has closed. It is told soon, together with others."""
        self._less(bucket)
        self._changed.add(bucket)
        if not self._telling:
            self._telling = True
            asyncio.get_running_loop().call_later(TELL_S, self._start, self._tell_closed)

    def _less(self, bucket: str) -> None:
        self._open[bucket] -= 1
        if self._open[bucket] <= 0:
            del self._open[bucket]

    async def _ask(self, counts: Sequence[_Count]) -> list[bool]:
        """Say how many are open, one by one, and whether that is still within the limit. Where none can tell: yes."""
        keys = [f"{PREFIX}sockets:{bucket}" for bucket, _, _ in counts]
        arguments: list[Any] = [self._me, int(LEASE_S * 1000)]
        for _, own, limit in counts:
            arguments += [own, limit]
        try:
            told = await self._gatherer.line.run(SCRIPT, keys, arguments)
        except Unreachable:
            return [True] * len(counts)
        return [one == 1 for one in told]

    async def _tell(self, buckets: Sequence[str]) -> None:
        """Say how many are open here, without asking for anything."""
        for at in range(0, len(buckets), TOGETHER_MAX):
            await self._ask([(one, self._open.get(one, 0), NO_LIMIT) for one in buckets[at : at + TOGETHER_MAX]])

    async def _tell_closed(self) -> None:
        self._telling = False
        buckets, self._changed = list(self._changed), set()
        await self._tell(buckets)

    def _begin_renewing(self) -> None:
        if not self._renewing:
            self._renewing = True
            asyncio.get_running_loop().call_later(RENEW_S, self._start, self._renew)

    async def _renew(self) -> None:
        self._renewing = False
        buckets = list(self._open)
        await self._tell(buckets)
        if buckets:
            self._begin_renewing()

    def _start(self, work: Callable[[], Any]) -> None:
        task = asyncio.ensure_future(work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


_sockets: "WeakKeyDictionary[asyncio.AbstractEventLoop, Sockets]" = WeakKeyDictionary()


def sockets() -> Sockets:
    """Those of the event loop that runs here."""
    loop = asyncio.get_running_loop()
    found = _sockets.get(loop)
    if found is None:
        found = _sockets[loop] = Sockets(gatherer())
    return found


def limited(application: Application, *, address_of: Callable[[Scope], str]) -> Application:
    """The same application for no more sockets from one address, and no faster, than the installation allows."""

    async def gate(scope: Scope, receive: Receive, send: Send) -> None:
        bucket, limit = bucket_of(address_of(scope)), settings.LIMITS.sockets
        if bucket is None or limit is None:
            await application(scope, receive, send)
        elif (wait_s := await _wait_s(bucket)) > 0:
            await _deny(scope, receive, send, wait_s)
        elif not await sockets().open(bucket, limit):
            await _deny(scope, receive, send, RETRY_AFTER_S)
        else:
            try:
                await application(scope, receive, send)
            finally:
                sockets().close(bucket)

    return gate


async def _wait_s(bucket: str) -> float:
    """How long an address that opens sockets too fast must wait."""
    rate = settings.LIMITS.rates.get(rates.ADDRESS_SOCKETS)
    if rate is None:
        return 0.0
    verdict = await gatherer().take((Demand(name=rates.ADDRESS_SOCKETS, whose=bucket, rate=rate),), money=False)
    return 0.0 if verdict.allowed else verdict.answers[0].wait_s


async def _deny(scope: Scope, receive: Receive, send: Send, wait_s: float) -> None:
    """Refused before it is opened, which costs least: 429, or 403 by a server that can say nothing else."""
    await receive()
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close"})
        return
    headers = [(b"retry-after", b"%d" % max(1, math.ceil(wait_s))), (b"content-length", b"0")]
    await send({"type": "websocket.http.response.start", "status": 429, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": b""})
