"""The directory of one local installation: its data, logs and secrets, and the ports it uses."""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from keno_platform.local import ports

SOCKET_PATH_BYTES_MAX = 90
"""A Unix socket's path may have 107 bytes; the supervisor needs some of them for a temporary name."""

_SECRETS: Mapping[str, Callable[[], str]] = {
    "KENO_SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "KENO_SEAL_KEY": lambda: secrets.token_hex(32),
    "KENO_CHAIN_KEY": lambda: f"0x{secrets.token_hex(32)}",
}


class HomeInUse(Exception):
    """Another local run of the same installation is alive."""


@dataclass(frozen=True, slots=True)
class Home:
    """An installation's directory, normally `.keno` beside the code."""

    path: Path

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def demo(self) -> Path:
        return self.path / "demo.json"

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def valkey(self) -> Path:
        return self.path / "valkey"

    @property
    def chain(self) -> Path:
        return self.path / "chain"

    @property
    def reports(self) -> Path:
        return self.path / "reports"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics"

    @property
    def supervisor_config(self) -> Path:
        return self.path / "supervisord.conf"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def make(self) -> None:
        self.path.mkdir(mode=0o711, parents=True, exist_ok=True)  # PostgreSQL's account may pass through
        self.logs.mkdir(exist_ok=True)
        self.reports.mkdir(mode=0o700, exist_ok=True)

    def find_supervisor_socket(self) -> Path:
        """The supervisor's socket: here, or in a short private directory when this path is too long."""
        socket = self.path / "supervisor.sock"
        if len(os.fsencode(socket)) <= SOCKET_PATH_BYTES_MAX:
            return socket
        return _make_private_directory(self.path) / "supervisor.sock"

    def remove_supervisor_socket(self) -> None:
        socket = self.find_supervisor_socket()
        socket.unlink(missing_ok=True)
        if socket.parent != self.path:
            socket.parent.rmdir()

    def read_secrets(self) -> dict[str, str]:
        """This installation's secrets, readable by their owner only; each is made when it is first missing."""
        file = self.path / "secrets.json"
        kept: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        missing = {name: make() for name, make in _SECRETS.items() if name not in kept}
        if missing:
            kept |= missing
            _replace_privately(file, json.dumps(kept, indent=2))
        return kept

    def choose_port(self, server: str) -> int:
        """A free port for a server, the same as last time unless another program has taken it since."""
        file = self.path / "ports.json"
        known: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
        if server not in known or not ports.is_free(known[server]):
            known[server] = ports.find_free()
            file.write_text(json.dumps(known, indent=2))
        return known[server]

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """
        Keep a second run of the same installation out for the length of the block.

        :raises HomeInUse: a run is alive. A run that was killed does not count.
        """
        with (self.path / "run.lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                pid = file.read().strip()
                raise HomeInUse(f"It runs already. Stop it with Ctrl-C where it runs, or: kill {pid}") from None
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield


def _replace_privately(file: Path, text: str) -> None:
    """Write a file of its owner's that is there whole, the old one or the new one, whatever happens meanwhile."""
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
        output.write(text)
        output.flush()
        os.fsync(output.fileno())
    new.replace(file)


def _make_private_directory(path: Path) -> Path:
    name = f"keno-{os.getuid()}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:12]}"
    parent = Path(tempfile.gettempdir())
    if len(os.fsencode(parent)) > SOCKET_PATH_BYTES_MAX - 60:
        parent = Path("/tmp")  # noqa: S108  # the directory in it is private, and checked
    directory = parent / name
    directory.mkdir(mode=0o700, exist_ok=True)
    seen = directory.lstat()
    if seen.st_uid != os.getuid() or seen.st_mode & 0o077 or directory.is_symlink():
        raise PermissionError(f"{directory} is not a private directory of this account. Remove it.")
    return directory
