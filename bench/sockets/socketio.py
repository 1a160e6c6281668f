"""The yardstick: Socket.IO 4 with its Redis adapter on Node, from npm's lock in bench/yardsticks/socketio."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import msgspec
import psutil

from bench.harness import ROOT
from keno_platform.local import ports

WORKSHOP = ROOT / "bench" / "yardsticks" / "socketio"
SOURCES = ("package.json", "package-lock.json", ".npmrc", "server.js")
OLDEST_NODE = 18
EVENT = 2
"""Of Socket.IO's packets."""


class NotHere(Exception):
    """The yardstick cannot run; the text says what to install."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketIo:
    """A running server."""

    port: int
    pid: int

    def cpu_s(self) -> float:
        """CPU seconds of the process until now."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    @property
    def target(self) -> str:
        return "/socket.io/?EIO=4&transport=websocket&game=bench"


def as_published(frame: dict[str, Any]) -> tuple[str, bytes]:
    """The channel and the message with which @socket.io/redis-emitter sends this frame to the game's room."""
    packet = {"type": EVENT, "data": ["frame", frame], "nsp": "/"}
    options: dict[str, Any] = {"rooms": ["game:bench"], "flags": {}, "except": []}
    return "socket.io#/#game:bench#", msgspec.msgpack.encode(["emitter", packet, options])


@contextmanager
def serving(redis_url: str, home: Path) -> Iterator[SocketIo]:
    """
    The server, installed into this folder first.

    :raises NotHere: Node or npm is missing or too old, or the packages cannot be installed.
    """
    node = _install(home)
    port = ports.find_free()
    environment = {**os.environ, "REDIS_URL": redis_url, "PORT": str(port), "NODE_ENV": "production"}
    process = subprocess.Popen([node, "server.js"], cwd=home, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        if cast(IO[str], process.stdout).readline().strip() != "listening":
            raise NotHere("bench/yardsticks/socketio/server.js did not start; what it said stands above")
        yield SocketIo(port=port, pid=process.pid)
    finally:
        process.terminate()
        process.wait(10)


def _install(home: Path) -> str:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NotHere(f"needs Node {OLDEST_NODE} or newer with npm")
    version = _run(node, "--version", cwd=home)
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        raise NotHere(f"needs Node {OLDEST_NODE} or newer; this is {version}")
    for name in SOURCES:
        shutil.copy(WORKSHOP / name, home / name)
    _run(npm, "ci", cwd=home)
    return node


def _run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise NotHere(f"`{Path(command[0]).name} {command[1]}` failed: {done.stderr.strip()[-300:]}")
    return done.stdout.strip()
