"""The server's application in an event loop of its own, as a web process has it: what it remembers, it remembers."""

import asyncio
import json
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from bets.door import desk
from keno_platform import outbound
from keno_platform.asgi import application

T = TypeVar("T")


class Door:
    """Calls of one web process."""

    def __init__(self, loop: asyncio.AbstractEventLoop, client: httpx.AsyncClient) -> None:
        self._loop, self._client = loop, client

    def post(
        self, secret: str, body: Any, *, key: str | None = None, path: str = "bets", **headers: str
    ) -> httpx.Response:
        """The answer to one call."""
        return self.run(self.ask(secret, body, key=key, path=path, **headers))

    def post_all(self, calls: list[Coroutine[Any, Any, httpx.Response]]) -> list[httpx.Response]:
        """The answers to calls that arrive at the same moment."""

        async def together() -> list[httpx.Response]:
            return list(await asyncio.gather(*calls))

        return self.run(together())

    async def ask(
        self, secret: str, body: Any, *, key: str | None = None, path: str = "bets", **headers: str
    ) -> httpx.Response:
        """One call, inside the loop."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        own: Mapping[str, str] = {
            "Authorization": f"Bearer {secret}",
            "Content-Type": "application/json",
            "Idempotency-Key": key or uuid4().hex,
            **headers,
        }
        return await self._client.post(f"/api/v1/{path}", content=raw, headers=dict(own), timeout=60)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Anything else in the same loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(90)


@contextmanager
def open_door() -> Iterator[Door]:
    """A web process's application, ended at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url="http://alpha.localhost")
    door = Door(loop, client)
    try:
        yield door
    finally:
        for ending in (client.aclose, desk.close, outbound.close):
            door.run(_awaited(ending))
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


async def _awaited(ending: Any) -> None:
    await ending()
