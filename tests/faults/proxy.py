"""
A proxy that stands before a server and spoils the line to it, as a process of its own:
`python -m tests.faults.proxy DIRECTORY NAME:LISTEN:TARGET ...`.

How it spoils stands in DIRECTORY/NAME.mode, which is looked at all the time; without that file nothing is spoiled. What
it has taken from there stands in DIRECTORY/NAME.told.

- `latency S`, `slow BYTES_A_SECOND`: everything comes, late
- `blackhole`: nothing comes, in either direction, and nobody is told; afterwards it goes on where it was
- `oneway`: what is asked arrives, what is answered does not
- `lost SHARE`: of so many questions the answer is lost, and then the line is reset: was it done or not?
- `cut N`: each line is reset after N further bytes, in the middle of a word
- `refuse`: new lines are reset; `reset`: all are, once
"""

import asyncio
import contextlib
import random
import socket
import struct
import sys
from dataclasses import dataclass, field
from pathlib import Path

TOLD = ".told"
LOOK_S = 0.03
CHUNK = 65_536
LOST_FOR_S = 0.15
_AT_ONCE = struct.pack("ii", 1, 0)


@dataclass(slots=True, kw_only=True)
class Front:
    """One listening port, what is wrong with it now, and its lines."""

    name: str
    listen: int
    target: int
    file: Path
    mode: str = "pass"
    value: float = 0.0
    told: str = ""
    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    """Whether anything may pass."""
    chance: random.Random = field(default_factory=random.Random)
    lines: "set[Line]" = field(default_factory=set)

    async def serve(self) -> None:
        """Until cancelled."""
        server = await asyncio.start_server(self._on_line, "127.0.0.1", self.listen)
        async with server:
            await self._follow()

    async def _follow(self) -> None:
        while True:
            text = self.file.read_text() if self.file.exists() else "pass"
            word, _, value = text.strip().partition(" ")
            changed, self.mode, self.value = word != self.mode, word or "pass", float(value or 0)
            (self.is_open.clear if self.mode == "blackhole" else self.is_open.set)()
            for line in tuple(self.lines) if changed else ():
                line.begin(self.mode)
            self._tell(text)
            await asyncio.sleep(LOOK_S)

    def _tell(self, text: str) -> None:
        if text != self.told:
            self.told = text
            self.file.with_suffix(TOLD).write_text(text)

    async def _on_line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.is_open.wait()
        if self.mode == "refuse":
            return _reset(writer)
        try:
            upstream = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            return _reset(writer)
        line = Line(self, (reader, writer), upstream)
        self.lines.add(line)
        try:
            await line.carry()
        finally:
            self.lines.discard(line)


Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Line:
    """One connection through the proxy."""

    def __init__(self, front: Front, client: Pair, server: Pair) -> None:
        self._front, self._client, self._server = front, client, server
        self._left = int(front.value)
        self._loses = False

    def begin(self, mode: str) -> None:
        """The front's mode has changed."""
        self._left = int(self._front.value)
        if mode == "reset":
            self.reset()

    def reset(self) -> None:
        _reset(self._client[1])
        _reset(self._server[1])

    async def carry(self) -> None:
        up = asyncio.ensure_future(self._pump(self._client[0], self._server[1], upward=True))
        down = asyncio.ensure_future(self._pump(self._server[0], self._client[1], upward=False))
        await asyncio.wait((up, down))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, upward: bool) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while data := await reader.read(CHUNK):
                await self._front.is_open.wait()
                if not await self._pass(data, writer, upward=upward):
                    break
        with contextlib.suppress(OSError, RuntimeError):
            writer.close()

    async def _pass(self, data: bytes, writer: asyncio.StreamWriter, *, upward: bool) -> bool:
        """Whether the line goes on."""
        front = self._front
        match front.mode:
            case "latency":
                await asyncio.sleep(front.value)
            case "slow":
                await asyncio.sleep(len(data) / front.value)
            case "cut":
                self._left -= len(data)
                if self._left <= 0:
                    writer.write(data[: self._left or None])
                    self.reset()
                    return False
            case "lost" if upward and front.chance.random() < front.value:
                self._loses = True
                asyncio.get_running_loop().call_later(LOST_FOR_S, self.reset)
        if upward or not (self._loses or front.mode == "oneway"):
            writer.write(data)
            await writer.drain()
        return True


def _reset(writer: asyncio.StreamWriter) -> None:
    """End it with an RST, as a crashed machine or an impatient firewall does."""
    own = writer.get_extra_info("socket")
    with contextlib.suppress(OSError, AttributeError):
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    writer.transport.abort()


async def serve(directory: Path, described: list[str]) -> None:
    """All fronts, until cancelled."""
    async with asyncio.TaskGroup() as group:
        for one in described:
            name, listen, target = one.split(":")
            file = directory / f"{name}.mode"
            group.create_task(Front(name=name, listen=int(listen), target=int(target), file=file).serve())


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(Path(sys.argv[1]), sys.argv[2:]))
