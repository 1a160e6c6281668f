"""What runs in a local installation: the servers, and the platform's own processes."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from keno_platform.bounded import MESSAGE_BYTES_MAX
from keno_platform.local import ethereum, postgres, valkey
from keno_platform.local.ethereum import ChainNode
from keno_platform.local.home import Home
from keno_platform.local.postgres import PostgresServer
from keno_platform.local.sizes import Sizes
from keno_platform.local.supervision import Group, Program
from keno_platform.local.valkey import ValkeyServer

PROJECT = Path(__file__).resolve().parent.parent.parent
_SECRETS = ("KENO_SECRET_KEY", "KENO_SECRET_KEYS_OLD", "KENO_SEAL_KEY", "KENO_SEAL_KEYS_OLD", "KENO_CHAIN_KEY")
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


def describe_platform(home: Home, *, port: int, sizes: Sizes) -> list[Program]:
    """Web, workers, beat and the players of the demo."""
    others = [
        *describe_services(port=port, sizes=sizes),
        _program("players", manage("simulate_players", "--demo", str(home.demo))),
    ]
    others = [replace(one, environment={**one.environment, **_WITHOUT_CHAIN_KEY}) for one in others]
    return [*others, _worker("anchors", "-Q", "anchors", "--pool", "solo"), *_describe_wallets(home)]


def describe_services(*, port: int, sizes: Sizes) -> list[Program]:
    """The platform's own processes, apart from the one that writes to the chain."""
    return [
        *_describe_web(port, sizes),
        _worker("rounds", "-Q", "rounds", "--pool", "solo"),
        *(
            _worker(name, "-Q", "settlement,default", "--pool", "solo")
            for name in _numbered("settlement", sizes.settlement)
        ),
        _worker("wallet", "-Q", "wallet", "--pool", "solo"),
        _worker("webhooks", "-Q", "webhooks", "--pool", "solo"),
        _worker("reports", "-Q", "reports", "--pool", "solo"),
        _celery("beat", "beat", "-S", "keno_platform.beat:SteadyScheduler"),
    ]


def _describe_web(port: int, sizes: Sizes) -> list[Program]:
    pool = {"KENO_DB_POOL_SIZE": str(sizes.pool)}
    if sizes.web > 1:
        return [_module(name, "keno_platform.local.web", str(port), **pool) for name in _numbered("web", sizes.web)]
    listen = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    quiet = ["--no-access-log", "--no-proxy-headers", "--timeout-graceful-shutdown", "5"]
    # Decision 20: a frame is cheaper to send than to compress, and sockets that hear frames need few pings.
    quiet += ["--ws-per-message-deflate", "false", "--ws-ping-interval", "45"]
    quiet += ["--http", "keno_platform.bounded:BoundedHttp", "--ws", "keno_platform.bounded:BoundedSocket"]
    quiet += ["--ws-max-size", str(MESSAGE_BYTES_MAX)]
    return [_module("web", "uvicorn", "keno_platform.asgi:application", *listen, *quiet, **pool)]


def _numbered(name: str, count: int) -> list[str]:
    """web, web-2, web-3: the first has the plain name, however many there are."""
    return [name, *(f"{name}-{number}" for number in range(2, count + 1))]


def wallet_ports(home: Home) -> dict[str, int]:
    """Where the demo's operators with a wallet of their own listen."""
    return {"baobab": home.choose_port("baobab"), "sandbox": home.choose_port("sandbox")}


def _describe_wallets(home: Home) -> list[Program]:
    """Other people's servers, so to speak: they get nothing of the platform's environment but the demo's file."""
    apart = {**_WITHOUT_SECRETS, **_WITHOUT_CHAIN_KEY, "DATABASE_URL": "", "REDIS_URL": ""}
    return [
        replace(one, environment={**one.environment, **apart})
        for one in (
            _module("baobab", "keno_platform.local.wallets", "baobab", str(home.demo), str(home.path)),
            _module("sandbox", "keno_platform.local.wallets", "sandbox", str(home.demo), str(home.path)),
        )
    ]


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
