"""
Ways to send one frame to many sockets of uvicorn, beside each other: `python -m bench.sockets.ways [SOCKETS]`.

For each WebSocket implementation that uvicorn has here, with and without permessage-deflate, and for each way that an
application may hand out a frame, prints CPU time of the server for a delivery and its memory for a socket. It is what
decision 20 was taken with; `python -m bench --only sockets` measures what came of it.
"""

import asyncio
import importlib.util
import json
import secrets
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import psutil
import uvicorn
import uvloop

from bench.harness import ROOT
from bench.sockets.fleet import allow_files
from keno_platform.live.broadcaster import PART
from keno_platform.live.sending import begin
from keno_platform.live.wire import frame_bytes, writer_of
from keno_platform.local import ports

SOCKETS, REPEATS, FRAMES, EVERY_S = 2000, 4, 5, 0.15
IMPLEMENTATIONS = {"websockets-sansio": "websockets", "websockets": "websockets", "wsproto": "wsproto"}
Way = Callable[[Sequence[Any], str], Awaitable[None]]


def main(number: int = SOCKETS) -> None:
    here = [name for name, package in IMPLEMENTATIONS.items() if importlib.util.find_spec(package)]
    for way in WAYS:
        _measure_apart(way, here[0], False, number)
    for implementation in here:
        for deflate in (False, True):
            if deflate or implementation != here[0]:
                _measure_apart("begin", implementation, deflate, number)


def _measure_apart(way: str, implementation: str, deflate: bool, number: int) -> None:
    arguments = [way, implementation, str(int(deflate)), str(number)]
    subprocess.run([sys.executable, "-m", "bench.sockets.ways", *arguments], cwd=ROOT, check=True, timeout=120)


async def straight(sends: Sequence[Any], text: str) -> None:
    """The frame's bytes, made once, to each connection: what the platform does."""
    frame = frame_bytes(text)
    for send in sends:
        writer = writer_of(send)
        if writer is None or not writer(frame):
            raise SystemExit("this connection cannot be written to straight")


async def begun(sends: Sequence[Any], text: str) -> None:
    """ASGI's send, without a task: what the platform does with a server that it does not know."""
    event = {"type": "websocket.send", "text": text}
    for send in sends:
        begin(send(event))


async def awaited(sends: Sequence[Any], text: str) -> None:
    """ASGI's send, one awaited after the other: a slow client holds up all."""
    event = {"type": "websocket.send", "text": text}
    for send in sends:
        await send(event)


async def gathered(sends: Sequence[Any], text: str) -> None:
    """A task for each send."""
    event = {"type": "websocket.send", "text": text}
    await asyncio.gather(*(send(event) for send in sends))


WAYS: dict[str, Way] = {"straight": straight, "begin": begun, "await": awaited, "task": gathered}


class Stage:
    """An application that sends frames to all its sockets once they are in, and prints what it cost."""

    def __init__(self, way: str, label: str, number: int) -> None:
        self.way, self.label, self.number = WAYS[way], label, number
        self.sends: list[Any] = []
        self.before = _memory()
        self.measured = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        self.sends.append(send)
        if len(self.sends) == self.number:
            await self._measure()
            self.measured.set()
        while (await receive())["type"] != "websocket.disconnect":
            pass

    async def _measure(self) -> None:
        await asyncio.sleep(0.5)
        held = (_memory() - self.before) / self.number / 1024
        cost = statistics.median([await self._burst() for _ in range(REPEATS)])
        print(f"{self.label}: {cost:.1f} us CPU a delivery, {held:.1f} KiB a socket", flush=True)

    async def _burst(self) -> float:
        began = time.process_time()
        for seq in range(FRAMES):
            text = json.dumps({"type": "round.closed", "seq": seq, "of_no_pattern": secrets.token_hex(250)})
            for at in range(0, self.number, PART):
                await self.way(self.sends[at : at + PART], text)
                await asyncio.sleep(0)
            await asyncio.sleep(EVERY_S)
        return (time.process_time() - began) / FRAMES / self.number * 1e6


async def _serve(way: str, implementation: Any, deflate: bool, number: int) -> None:
    port, label = ports.find_free(), f"{way:<8} {implementation:<17} {'compressed' if deflate else 'plain':<10}"
    stage = Stage(way, label, number)
    server = uvicorn.Server(
        uvicorn.Config(
            stage, port=port, ws=implementation, ws_per_message_deflate=deflate, lifespan="off", log_config=None
        )
    )
    serving = asyncio.ensure_future(server.serve())
    command = [sys.executable, "-m", "bench.sockets.clients", "drain", str(port), "/", "localhost", str(number), "100"]
    crowd = await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=ROOT)
    await stage.measured.wait()
    crowd.kill()
    await crowd.wait()
    server.should_exit = True
    await serving


def _memory() -> int:
    return int(psutil.Process().memory_full_info().uss)


if __name__ == "__main__":
    if len(sys.argv) <= 2:
        main(*map(int, sys.argv[1:]))
    else:
        warnings.simplefilter("ignore")  # one of uvicorn's implementations warns of its end
        allow_files(int(sys.argv[4]))
        uvloop.run(_serve(sys.argv[1], sys.argv[2], sys.argv[3] == "1", int(sys.argv[4])))
