"""Real servers on 127.0.0.1 that behave well or badly, and name services that say what a test wants."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from keno_platform.local.ports import find_free
from keno_platform.outbound import Answer, Caller, Target

Handle = Callable[["Arrived", asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class Arrived:
    """One request as it came over the wire. Names of headers are in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Server:
    """A server and what has reached it."""

    port: int
    host: str = "127.0.0.1"
    connections: int = 0
    arrived: list[Arrived] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def note(self, arrived: Arrived) -> None:
        """Keep a request, and tell who waits for it."""
        async with self._news:
            self.arrived.append(arrived)
            self._news.notify_all()

    async def has(self, count: int) -> None:
        """Until so many requests have arrived."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.arrived) >= count)

    @property
    def target(self) -> Target:
        return Target(url=f"http://{self.host}:{self.port}/wallet", local=True)

    def named(self, name: str) -> Target:
        """The same under a host name."""
        return Target(url=f"http://{name}:{self.port}/wallet", local=True)


@asynccontextmanager
async def serving(
    handle: Handle, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    """Answers every request by `handle` until the block ends."""
    server = Server(port=find_free(), host=host)
    running: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        running.add(asyncio.current_task())  # type: ignore[arg-type]
        server.connections += 1
        try:
            while arrived := await _read(reader):
                await server.note(arrived)
                await handle(arrived, writer)
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    listening = await asyncio.start_server(connected, host, server.port, ssl=tls)
    try:
        yield server
    finally:
        listening.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> Arrived | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    line, *rest = head.rstrip("\r\n").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}
    return Arrived(line=line, headers=headers, body=await reader.readexactly(int(headers.get("content-length", "0"))))


def answering(raw: bytes) -> Handle:
    """A handler that sends these bytes."""

    async def handle(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)

    return handle


def whole(body: bytes, *, status: str = "200 OK", headers: str = "") -> bytes:
    """An answer with its length."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


OK = whole(b'{"status":"ok"}')


@asynccontextmanager
async def calling(**options: object) -> AsyncIterator[Caller]:
    """A caller of one's own."""
    caller = Caller(**options)  # type: ignore[arg-type]
    try:
        yield caller
    finally:
        await caller.close()


async def post(
    caller: Caller,
    target: Target,
    *,
    path: str = "/debit",
    deadline_s: float = 5.0,
    lane: str = "a",
    lane_max: int = 100,
) -> Answer:
    """A call as a wallet is called."""
    return await caller.post(
        target, path, b'{"amount":"1.00"}', headers={"X-Own": "1"}, deadline_s=deadline_s, lane=lane, lane_max=lane_max
    )


class Names:
    """A name service: each name has its answers, one after another; the last one stays."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self._answers = answers
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        left = self._answers[host.partition(".")[0]]
        return left.pop(0) if len(left) > 1 else left[0]
