"""Sockets are counted by address, over all processes; what a killed process held is given back in time."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from keno_platform.limits import gathering
from keno_platform.limits import sockets as counting
from keno_platform.limits.gathering import Gatherer
from keno_platform.limits.sockets import Sockets, limited
from rounds.models import Round
from tests.limits.conftest import Stoppable
from tests.support.web import web_process

Allow = Callable[[str], None]


@asynccontextmanager
async def processes(count: int) -> AsyncIterator[list[Sockets]]:
    """What so many processes have: each a connection and counts of its own."""
    gatherers = [Gatherer() for _ in range(count)]
    each = [Sockets(one) for one in gatherers]
    try:
        yield each
    finally:
        for one in each:
            one._open.clear()
            for task in one._tasks:
                task.cancel()
        for gatherer in gatherers:
            await gatherer.close()


def via(address: str) -> dict[str, str]:
    """The header with which a trusted proxy says who calls."""
    return {"X-Forwarded-For": address}


async def settle(*processes: Sockets) -> None:
    """Until what has closed is told."""
    while any(each._telling or each._tasks for each in processes):  # noqa: ASYNC110  # what is told sets no event
        await asyncio.sleep(0.01)


async def test_processes_count_together_and_what_closes_is_free_again(address: str) -> None:
    async with processes(2) as (one, other):
        assert [await one.open(address, 5) for _ in range(3)] == [True] * 3
        assert [await other.open(address, 5) for _ in range(3)] == [True, True, False]
        assert not await one.open(address, 5)
        assert await other.open("192.0.2.1", 5), "another address has its own"
        other.close(address)
        await settle(one, other)
        assert await one.open(address, 5)
        assert not await other.open(address, 5)
        other.close("192.0.2.1")
        await settle(other)


async def test_a_storm_gets_as_many_as_there_may_be(address: str) -> None:
    async with processes(4) as several:
        opened = await asyncio.gather(*(each.open(address, 50) for _ in range(40) for each in several))
        assert sum(opened) == 50


async def test_what_a_killed_process_held_lapses_with_its_lease(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "LEASE_S", 0.3)
    monkeypatch.setattr(counting, "RENEW_S", 0.1)
    async with processes(3) as (killed, living, third):
        assert [await killed.open(address, 4) for _ in range(2)] == [True] * 2
        assert [await living.open(address, 4) for _ in range(2)] == [True] * 2
        killed._open.clear()  # it renews nothing any more
        assert not await living.open(address, 4)
        deadline = time.monotonic() + 5
        while not await living.open(address, 4):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        assert await living.open(address, 4), "both of them"
        await asyncio.sleep(0.5)
        assert not await third.open(address, 4), "what lives is renewed, and counts beyond its lease"


async def test_without_redis_each_process_counts_for_itself_and_tells_when_it_is_back(
    own_redis: Stoppable, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "RENEW_S", 0.1)
    async with processes(2) as (one, other):
        own_redis.kill()
        assert [await one.open(address, 3) for _ in range(4)] == [True, True, True, False]
        own_redis.start()
        deadline = time.monotonic() + 5
        with redis.Redis.from_url(own_redis.server.url) as client:
            while not client.hlen(f"limit:sockets:{address}"):
                assert time.monotonic() < deadline
                await asyncio.sleep(0.02)
        assert not await other.open(address, 3)


async def test_opening_too_fast_is_refused_before_anything_is_read(allow: Allow, address: str) -> None:
    allow("address_sockets=0.1/2")
    served: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        served.append(scope)

    gate = limited(application, address_of=lambda scope: address)

    async def knock(extensions: dict[str, Any]) -> list[Any]:
        sent: list[Any] = []

        async def receive() -> dict[str, str]:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await gate({"type": "websocket", "headers": [], "extensions": extensions}, receive, send)
        return sent

    denial = {"websocket.http.response": {}}
    assert [await knock(denial) for _ in range(2)] == [[], []]
    start, body = await knock(denial)
    assert start["status"] == 429
    assert 1 <= int(dict(start["headers"])[b"retry-after"]) <= 10
    assert body["body"] == b""
    assert [message["type"] for message in await knock({})] == ["websocket.close"]
    assert len(served) == 2
    counting.sockets()._open.clear()
    await settle(counting.sockets())
    await gathering.close()


@pytest.mark.usefixtures("committed")
async def test_two_web_processes_hold_an_address_to_one_count(tmp_path: Path, standing_rounds: list[Round]) -> None:
    chosen = {"KENO_LIMITS": "sockets=3", "KENO_TRUSTED_PROXIES": "127.0.0.0/8"}
    here = f"198.51.100.{uuid4().int % 250 + 1}"
    code = standing_rounds[0].game.code
    directories = [tmp_path / name for name in ("one", "two")]
    for directory in directories:
        directory.mkdir()
    with web_process(directories[0], **chosen) as one, web_process(directories[1], **chosen) as two:

        async def knock(web: Any, address: str = here) -> ClientConnection | int:
            port = web.address.rpartition(":")[2]
            origin = Origin(f"http://alpha.localhost:{port}")
            url = f"ws://alpha.localhost:{port}/ws/v1/games/{code}"
            try:
                return await connect(url, host="127.0.0.1", origin=origin, additional_headers=via(address))
            except InvalidStatus as refused:
                return refused.response.status_code if refused.response.headers.get("Retry-After") == "10" else 0

        opened = [await knock(web) for web in (one, two, one)]
        assert all(isinstance(each, ClientConnection) for each in opened)
        assert [await knock(web) for web in (one, two)] == [429, 429]
        elsewhere = await knock(two, "203.0.113.250")
        assert isinstance(elsewhere, ClientConnection)
        first = opened[0]
        assert isinstance(first, ClientConnection)
        await first.close()
        deadline = time.monotonic() + 10
        while isinstance(again := await knock(two), int):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
        for each in (*opened[1:], elsewhere, again):
            assert isinstance(each, ClientConnection)
            await each.close()
