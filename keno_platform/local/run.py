"""The front of `make run`: starts everything, says what it does, and stops everything at Ctrl-C."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import FrameType

import psycopg
from psycopg.conninfo import conninfo_to_dict

from keno_platform.local import (
    accounts,
    children,
    ethereum,
    leftovers,
    ports,
    postgres,
    programs,
    sizes,
    supervision,
    valkey,
    welcome,
)
from keno_platform.local.ethereum import ChainNode
from keno_platform.local.home import Home
from keno_platform.local.postgres import PostgresServer
from keno_platform.local.progress import Progress
from keno_platform.local.supervision import Group, Program, Supervisor
from keno_platform.local.valkey import ValkeyServer

TABLES = ("Tables: those that operators share, and each operator's own", ["upgrade"])
SETUP = (
    (
        "Demo: operators, games, players with money",
        ["load_demo", "--output", "{demo}", "--baobab-port", "{baobab}", "--sandbox-port", "{sandbox}"],
    ),
)
AHEAD = ("Rounds and partitions ahead", ["prepare_ahead"])
ANCHOR = ("First rounds anchored on the chain", ["anchor_roots", "--wait", "30"])
"""For a chain of this installation's own, beside the steps after the setup, whose last committed the first rounds."""
PACE = {
    "KENO_RESULTS_SECONDS": "20",
    "KENO_EPOCH_SECONDS": "600",
    "KENO_EPOCH_LEAD_SECONDS": "120",
    "KENO_EPOCH_KEY_DELAY_SECONDS": "60",
    "KENO_ANCHORING_SECONDS": "15",
}
"""Minutes where a real installation has hours, so that a visitor sees a whole epoch."""
READY_WITHIN_S = 240
_STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StepFailed(Exception):
    """A step of the start failed; the text says what to do or shows the end of the log that tells."""


class Stopped(BaseException):
    """Ctrl-C, or another polite request to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Where data lives. A server that the caller's environment names is used as it is and never started."""

    postgres: PostgresServer | None
    valkey: ValkeyServer | None
    chain: ChainNode | None
    database_url: str
    redis_url: str

    def describe(self) -> list[Program]:
        described = [programs.describe_postgres(self.postgres)] if self.postgres else []
        described += [programs.describe_valkey(self.valkey)] if self.valkey else []
        return described + ([programs.describe_chain(self.chain)] if self.chain else [])

    def describe_environment(self) -> dict[str, str]:
        """How the platform uses a chain of this installation's own; another one is the caller's to describe."""
        if not self.chain:
            return {}
        return {"KENO_CHAIN_URL": self.chain.url, "KENO_CHAIN_DEPLOY": "1", "KENO_CHAIN_CONFIRMATIONS": "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A run whose supervisor has started."""

    home: Home
    port: int
    progress: Progress
    servers: Servers
    environment: Mapping[str, str]
    supervisor: Supervisor

    def wait_until(self, answers: Callable[[], bool], *, what: str, log: str | None, patience_s: float = 60) -> None:
        children.wait_until(
            answers,
            what=what,
            alive=lambda: not self.supervisor.has_ended(),
            log=self.home.log(log) if log else None,
            patience_s=patience_s,
        )


def run(home: Home, *, port: int) -> None:
    """
    Run the platform until it is asked to stop; then stop every process of it.

    :raises StepFailed: a command failed, or the supervisor ended.
    :raises children.ServerFailed: a server did not start or answer.
    :raises HomeInUse: it runs already.
    """
    progress = Progress()
    home.make()
    with home.held(), _stopping_politely(progress):
        _choose_sizes()  # before anything starts
        _clear_the_way(home, progress, port=port)
        servers = _prepare_servers(home, progress)
        with _supervised(home, progress, servers, port=port) as running:
            _wait_for_servers(running)
            _set_up(running)
            with _anchoring(running):
                _take_step(running, *AHEAD)
                _start_programs(running)
            progress.say(f"\nReady after {progress.elapsed_s:.0f} s.\n\n{welcome.describe(home)}\n")
            _show_rounds(running)


def make_environment(home: Home, servers: Servers, *, port: int) -> dict[str, str]:
    """The environment of every process: the caller's, the servers' addresses, this installation's secrets."""
    inherited = dict(os.environ)
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)  # many processes start; they share what one has compiled
    if servers.postgres:
        inherited = accounts.without_libpq_variables(inherited)
    chosen = {
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "DJANGO_SETTINGS_MODULE": "keno_platform.settings",
        "PYTHONUNBUFFERED": "1",
        "KENO_DEMO": "1",
        leftovers.MARK: str(home.path),
    }
    usual = {"KENO_BASE_URL": f"http://localhost:{port}", **PACE, **home.read_secrets()}
    usual["KENO_REPORTS"] = str(home.reports)
    usual["KENO_METRICS_DIR"] = str(home.metrics)
    usual |= servers.describe_environment()
    return {**usual, **inherited, **chosen}


@contextlib.contextmanager
def _stopping_politely(progress: Progress) -> Iterator[None]:
    """Turn the first request to end into an orderly end, which further requests cannot cut short."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        for each in _STOPPING_SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped

    for each in _STOPPING_SIGNALS:
        signal.signal(each, stop)
    with contextlib.suppress(Stopped, BrokenPipeError):
        yield
    with contextlib.suppress(OSError):
        progress.say("Stopped. `make run` starts again with the same data.")


def _clear_the_way(home: Home, progress: Progress, *, port: int) -> None:
    leftovers.require_none_alive(home)
    shutil.rmtree(home.metrics, ignore_errors=True)  # what the last run has counted
    left = leftovers.find(home)
    if left:
        with progress.step(f"Stopped what a killed run left behind ({len(left)} processes)"):
            leftovers.stop(home)
    if not ports.is_free(port):
        raise StepFailed(
            f"Port {port} is taken by another program. Stop it, or choose another: make run PORT={port + 1}"
        )


def _prepare_servers(home: Home, progress: Progress) -> Servers:
    database_url, redis_url = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
    own_postgres = own_valkey = own_chain = None
    if not database_url:
        with progress.step("Directory of PostgreSQL"):
            own_postgres = postgres.prepare(home=home.postgres, port=home.choose_port("postgres"))
    if not redis_url:
        own_valkey = valkey.prepare(home=home.valkey, port=home.choose_port("valkey"))
    if "KENO_CHAIN_URL" not in os.environ:  # empty: no chain at all
        key = ethereum.read_key(os.environ, own=home.read_secrets()["KENO_CHAIN_KEY"])
        own_chain = ethereum.prepare(home=home.chain, port=home.choose_port("chain"), key=key)
    return Servers(
        postgres=own_postgres,
        valkey=own_valkey,
        chain=own_chain,
        database_url=database_url or (own_postgres.url if own_postgres else ""),
        redis_url=redis_url or (own_valkey.url if own_valkey else ""),
    )


def _choose_sizes() -> sizes.Sizes:
    try:
        return sizes.choose(os.environ)
    except sizes.SizeInvalid as error:
        raise StepFailed(str(error)) from error


@contextlib.contextmanager
def _supervised(home: Home, progress: Progress, servers: Servers, *, port: int) -> Iterator[Running]:
    what = [*servers.describe(), *programs.describe_platform(home, port=port, sizes=_choose_sizes())]
    environment = make_environment(home, servers, port=port)
    try:
        with supervision.running(home, what, environment=environment) as supervisor:
            try:
                yield Running(
                    home=home,
                    port=port,
                    progress=progress,
                    servers=servers,
                    environment=environment,
                    supervisor=supervisor,
                )
            finally:
                with contextlib.suppress(OSError):
                    progress.say("\nStopping all processes ...")
    finally:
        leftovers.stop(home)


def _wait_for_servers(running: Running) -> None:
    servers, where = running.servers, conninfo_to_dict(running.servers.database_url)
    with running.progress.step(f"PostgreSQL answers at {where.get('host')}:{where.get('port', 5432)}"):
        log = "postgres" if servers.postgres else None
        running.wait_until(lambda: _database_answers(servers), what="PostgreSQL", log=log)
        if servers.postgres:
            postgres.create_database(servers.postgres)
    with running.progress.step(
        f"{'Valkey' if servers.valkey else 'Redis'} answers at {_hide_password(servers.redis_url)}"
    ):
        log = "valkey" if servers.valkey else None
        running.wait_until(lambda: _broker_answers(servers), what="Redis", log=log)


def _hide_password(url: str) -> str:
    return url.rpartition("@")[2].rpartition("://")[2]


def _database_answers(servers: Servers) -> bool:
    if servers.postgres:
        return postgres.answers(servers.postgres)
    try:
        psycopg.connect(servers.database_url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _broker_answers(servers: Servers) -> bool:
    return valkey.answers(servers.valkey) if servers.valkey else valkey.any_answers(servers.redis_url)


def _set_up(running: Running) -> None:
    for log in ("setup", "setup-anchors"):
        running.home.log(log).unlink(missing_ok=True)
    own = running.servers.postgres
    with postgres.migrating(own) if own else contextlib.nullcontext():
        _take_step(running, *TABLES)
    for text, arguments in SETUP:
        places = {"demo": running.home.demo, **programs.wallet_ports(running.home)}
        _take_step(running, text, [part.format(**places) for part in arguments])


def _take_step(running: Running, text: str, arguments: list[str]) -> None:
    with running.progress.step(text):
        _finish(running, arguments, _begin(running, arguments, log="setup"), log="setup")


@contextlib.contextmanager
def _anchoring(running: Running) -> Iterator[None]:
    """Put the first rounds' commitments on the chain while the block goes on with the start."""
    chain = running.servers.chain
    if chain is None:
        yield
        return
    with running.progress.step(f"Chain answers at {chain.url}"):
        running.wait_until(lambda: ethereum.answers(chain), what="The chain", log="chain")
    text, arguments = ANCHOR
    process = _begin(running, arguments, log="setup-anchors")
    try:
        yield
        with running.progress.step(text):
            _finish(running, arguments, process, log="setup-anchors")
    finally:
        children.stop(process)


def _begin(running: Running, arguments: list[str], *, log: str) -> subprocess.Popen[bytes]:
    with running.home.log(log).open("ab") as output:
        output.write(f"$ manage.py {' '.join(arguments)}\n".encode())
        output.flush()
        command = programs.manage(*arguments)
        return children.start(command, output=output, environment=running.environment, directory=programs.PROJECT)


def _finish(running: Running, arguments: list[str], process: subprocess.Popen[bytes], *, log: str) -> None:
    try:
        code = process.wait()
    finally:
        children.stop(process)
    if code:
        end = children.tail(running.home.log(log))
        raise StepFailed(f"`manage.py {' '.join(arguments)}` ended with code {code}.\n{end}")


def _start_programs(running: Running) -> None:
    with running.progress.step("Web, workers, beat and the demo's players"):
        running.supervisor.start_group(Group.PROGRAMS)
        running.wait_until(lambda: _is_ready(running.port), what="The web server", log="web", patience_s=READY_WITHIN_S)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _show_rounds(running: Running) -> None:
    """One line for each finished round, until the supervisor ends; the watcher may end with the database."""
    while not running.supervisor.has_ended():
        with running.home.log("watch").open("wb") as errors:
            watcher = children.start(
                programs.manage("watch_rounds"),
                output=None,
                errors=errors,
                environment=running.environment,
                directory=programs.PROJECT,
            )
        try:
            while watcher.poll() is None and not running.supervisor.has_ended():
                time.sleep(0.5)
        finally:
            children.stop(watcher)
        time.sleep(1)
    raise StepFailed(f"The supervisor ended.\n{children.tail(running.home.log('supervisord'))}")
