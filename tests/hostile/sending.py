"""Sending a stream of inputs over several kept connections at once."""

import asyncio
import contextlib
import gzip
import itertools
import math
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from tests.hostile.raw import Answer
from tests.hostile.stream import Input, Stream

LINES = 6
ANSWER_WITHIN_S = 60.0
HEAD_MAX = 1 << 17


def run(
    stream: Stream, address: str, *, inputs: int, seconds: float = math.inf, between: Callable[[], None] = lambda: None
) -> None:
    """Send so many inputs of the stream, or as many as that time allows; `between` is called after each hundred."""
    asyncio.run(_run(stream, address, inputs, time.monotonic() + seconds, between))


async def _run(stream: Stream, address: str, inputs: int, until: float, between: Callable[[], None]) -> None:
    left = itertools.takewhile(lambda _: time.monotonic() < until, range(inputs))

    async def work() -> None:
        line = Line(address)
        try:
            for number in left:
                one, began = stream.make(), time.monotonic()
                answer = await line.ask(one)
                stream.judge(one, answer, time.monotonic() - began)
                if number % 100 == 99:
                    await asyncio.to_thread(between)
        finally:
            await line.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(LINES):
            group.create_task(work())


class Line:
    """One connection, made again where the server has ended it."""

    def __init__(self, address: str) -> None:
        place = urlsplit(address)
        self._host, self._port = place.hostname, place.port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, one: Input) -> Answer:
        """The answer; status 0 where there is none in time, or the connection ends without one."""
        for fresh in (self._writer is None, True):
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    return await self._ask(one)
            except (OSError, EOFError, TimeoutError):
                await self.close()
                if fresh:
                    break  # an idle connection may have been ended meanwhile; a new one may not
        return Answer(status=0)

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
        self._reader = self._writer = None

    async def _ask(self, one: Input) -> Answer:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port, limit=HEAD_MAX)
        self._writer.write(one.encoded())
        answer = await _read(self._reader, bodiless=one.method == "HEAD")
        if answer.headers.get("connection") == "close":
            await self.close()
        return answer


async def _read(reader: asyncio.StreamReader, *, bodiless: bool) -> Answer:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
    status = int(first.split()[1])
    if bodiless or status in (204, 304):
        body = b""
    elif headers.get("transfer-encoding") == "chunked":
        body = await _read_chunks(reader)
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    if headers.get("content-encoding") == "gzip" and body:
        body = gzip.decompress(body)
    return Answer(status=status, headers=headers, body=body)


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return body
