"""What runs in a local installation: the servers, and the platform's own processes."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from keno_platform.local import ethereum, postgres, valkey
from keno_platform.local.ethereum import ChainNode
from keno_platform.local.home import Home
from keno_platform.local.postgres import PostgresServer
from keno_platform.local.supervision import Group, Program
from keno_platform.local.valkey import ValkeyServer

PROJECT = Path(__file__).resolve().parent.parent.parent
_SECRETS = ("KENO_SECRET_KEY", "KENO_SEAL_KEY", "KENO_SEAL_KEYS_OLD", "KENO_CHAIN_KEY")
_WITHOUT_SECRETS = dict.fromkeys(_SECRETS, "")
"""A server keeps sealed seeds; the key that opens them is not in its reach, nor is the one that signs anchors."""
_WITHOUT_CHAIN_KEY = {"KENO_CHAIN_KEY": "", "KENO_CHAIN_KEY_FILE": ""}


def manage(*arguments: str) -> list[str]:
    """A command of manage.py."""
    return [sys.executable, str(PROJECT / "manage.py"), *arguments]


def describe_postgres(server: PostgresServer) -> Program:
    return Program(
        name="postgres",
        group=Group.SERVERS,
        command=server.command(),
        directory=server.home,
        environment=_WITHOUT_SECRETS,
        user=server.account.name if server.account else None,
        stop_signal=postgres.STOP_SIGNAL,
        stop_wait_s=30,
    )


def describe_valkey(server: ValkeyServer) -> Program:
    return Program(
        name="valkey",
        group=Group.SERVERS,
        command=server.command(),
        directory=server.home,
        environment=_WITHOUT_SECRETS,
        stop_signal=valkey.STOP_SIGNAL,
    )


def describe_chain(node: ChainNode) -> Program:
    return Program(
        name="chain",
        group=Group.SERVERS,
        command=node.command(),
        directory=PROJECT,
        environment={**_WITHOUT_SECRETS, "DATABASE_URL": "", "REDIS_URL": ""},
        stop_signal=ethereum.STOP_SIGNAL,
    )


def describe_platform(home: Home, *, port: int) -> list[Program]:
    """Web, workers, beat and the players of the demo."""
    listen = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    quiet = ["--no-access-log", "--timeout-graceful-shutdown", "5"]
    others = [
        _module("web", "uvicorn", "keno_platform.asgi:application", *listen, *quiet, KENO_DB_POOL_SIZE="20"),
        _worker("rounds", "-Q", "rounds", "--pool", "solo"),
        # Two, so that one that dies is not missed: a worker takes seconds to start.
        _worker("settlement", "-Q", "settlement,default", "--pool", "solo"),
        _worker("settlement-2", "-Q", "settlement,default", "--pool", "solo"),
        _celery("beat", "beat", "-S", "celery.beat:Scheduler"),
        _program("players", manage("simulate_players", "--demo", str(home.demo))),
    ]
    others = [replace(one, environment={**one.environment, **_WITHOUT_CHAIN_KEY}) for one in others]
    return [*others, _worker("anchors", "-Q", "anchors", "--pool", "solo")]


def _program(name: str, command: Sequence[str], **environment: str) -> Program:
    return Program(
        name=name,
        group=Group.PROGRAMS,
        command=command,
        directory=PROJECT,
        environment={"KENO_PROCESS": name, **environment},
    )


def _module(name: str, module: str, *arguments: str, **environment: str) -> Program:
    return _program(name, [sys.executable, "-m", module, *arguments], **environment)


def _worker(name: str, *arguments: str) -> Program:
    """A worker that minds its own queues only: gossip with other workers breaks when the broker comes back empty."""
    quiet = ["--without-gossip", "--without-mingle"]
    return _celery(name, "worker", "-n", f"{name}@%h", *arguments, *quiet)


def _celery(name: str, *arguments: str) -> Program:
    return _module(name, "celery", "-A", "keno_platform", *arguments)
