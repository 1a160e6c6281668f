"""Servers for a whole test session, a benchmark or one command: started once, empty, gone afterwards."""

import contextlib
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from keno_platform.local import postgres, valkey


@dataclass(frozen=True, slots=True)
class SessionServers:
    """Running servers. `environment` is what the platform's settings need to use them."""

    environment: dict[str, str]
    _stack: contextlib.ExitStack

    def stop(self) -> None:
        """Stop the servers and remove their data."""
        self._stack.close()


def start_session_servers(*, durable: bool = False) -> SessionServers:
    """
    Start a PostgreSQL and a Valkey of this process' own; they end with it even when it is killed.

    The process that calls this keeps them; workers that inherit `environment` share them.

    :raises children.ServerFailed: a server did not start.
    """
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(temporary_home())
        database = stack.enter_context(postgres.running(home=home / "postgres", durable=durable))
        broker = stack.enter_context(valkey.running(home=home / "valkey", durable=durable))
        environment = {
            "DATABASE_URL": database.url,
            "REDIS_URL": broker.url,
            "KENO_SECRET_KEY": secrets.token_urlsafe(48),
            "KENO_SEAL_KEY": secrets.token_hex(32),
        }
        return SessionServers(environment, stack.pop_all())


@contextlib.contextmanager
def temporary_home() -> Iterator[Path]:
    """A directory for servers that PostgreSQL's account may enter, removed afterwards."""
    home = Path(tempfile.mkdtemp(prefix="keno-"))
    home.chmod(0o711)
    try:
        yield home
    finally:
        postgres.remove(home / "postgres")
        shutil.rmtree(home, ignore_errors=True)
