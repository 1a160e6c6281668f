"""A whole installation for one run: servers and the platform's own processes, each started and stopped by its id."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from keno_platform.local import accounts, children, ports, postgres, programs, valkey
from keno_platform.local.home import Home
from keno_platform.local.sizes import Sizes
from keno_platform.local.supervision import Program

READY_WITHIN_S = 120
STOP_WITHIN_S = 20
EPOCHS = {"KENO_EPOCH_SECONDS": "600", "KENO_EPOCH_LEAD_SECONDS": "120", "KENO_EPOCH_KEY_DELAY_SECONDS": "60"}
"""Minutes where a real installation has hours, as `make run` has it: a run then meets the making of epochs too."""
PROFILED = ("rounds", "settlement")
_STATEMENTS = ["-c", "shared_preload_libraries=pg_stat_statements", "-c", "pg_stat_statements.track=all"]


class StepFailed(Exception):
    """A command failed or did not end in time; the text shows the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """One process of the installation, and the signal that it ends by."""

    name: str
    process: "subprocess.Popen[bytes]"
    stop_signal: signal.Signals
    log: Path


@dataclass(slots=True, kw_only=True)
class Installation:
    """Running servers, and the processes started on them so far."""

    home: Home
    environment: Mapping[str, str]
    database_url: str
    superuser_url: str
    redis_url: str
    port: int
    postgres_pid: int
    profile: bool
    running: list[Running] = field(default_factory=list)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, name: str, command: Sequence[str], *, within_s: float) -> None:
        """
        Run a command to its end.

        :raises StepFailed: it failed, or took longer.
        """
        with self.started(name, command) as one:
            try:
                code = one.process.wait(within_s)
            except subprocess.TimeoutExpired as error:
                raise StepFailed(f"{name} did not end within {within_s:.0f} s.\n{children.tail(one.log)}") from error
        if code:
            raise StepFailed(f"{name} ended with code {code}.\n{children.tail(one.log)}")

    @contextlib.contextmanager
    def started(self, name: str, command: Sequence[str]) -> Iterator[Running]:
        """A helper's process, in this installation's environment, for the length of the block."""
        one = self._start(name, command, {"KENO_PROCESS": name, "KENO_DB_POOL_SIZE": "0"}, signal.SIGTERM)
        try:
            yield one
        finally:
            children.stop(one.process, patience_s=STOP_WITHIN_S)

    def start_services(self, sizes: Sizes) -> None:
        """Start the platform's processes, and wait until the web is ready."""
        for program in programs.describe_services(port=self.port, sizes=sizes):
            command = self._with_profiler(program)
            self.running.append(self._start(program.name, command, program.environment, program.stop_signal))
        web = next(one for one in self.running if one.name == "web")
        children.wait_until(
            self._is_ready,
            what="The web server",
            alive=lambda: web.process.poll() is None,
            log=web.log,
            patience_s=READY_WITHIN_S,
        )

    def dead(self) -> list[str]:
        """The services that have ended although nobody asked them to."""
        return [one.name for one in self.running if one.process.poll() is not None]

    def stop_services(self) -> None:
        """Ask all at once, then wait for each: together they need no longer than the slowest."""
        for one in self.running:
            if one.process.poll() is None:
                one.process.send_signal(one.stop_signal)
        deadline = time.monotonic() + STOP_WITHIN_S
        for one in self.running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                one.process.wait(max(deadline - time.monotonic(), 0.1))
            children.stop(one.process, stop_signal=signal.SIGKILL, patience_s=1)

    def _start(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], stop_signal: signal.Signals
    ) -> Running:
        log = self.home.log(name)
        with log.open("ab") as output:
            process = children.start(
                command,
                output=output,
                environment={**self.environment, **environment},
                directory=programs.PROJECT,
                stop_signal=stop_signal,
            )
        return Running(name=name, process=process, stop_signal=stop_signal, log=log)

    def _with_profiler(self, program: Program) -> Sequence[str]:
        python, *rest = program.command
        if not self.profile or program.name not in PROFILED:
            return program.command
        return [python, "-m", "cProfile", "-o", str(self.home.path / f"{program.name}.pstats"), *rest]

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base_url}/health/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextlib.contextmanager
def installation(home: Home, *, chosen: Mapping[str, str], profile: bool = False) -> Iterator[Installation]:
    """
    PostgreSQL and Valkey as `make run` has them, in this directory; whatever runs on them is stopped at the end.

    :raises children.ServerFailed: a server did not start.
    """
    home.make()
    with home.held(), contextlib.ExitStack() as stack:
        server = stack.enter_context(_postgres(home, profile=profile))
        broker = stack.enter_context(valkey.running(home=home.valkey))
        port = ports.find_free()
        made = Installation(
            home=home,
            environment=_environment(home, server.url, broker.url, port, chosen),
            database_url=server.url,
            superuser_url=server.address(user=postgres.SUPERUSER, database="postgres"),
            redis_url=broker.url,
            port=port,
            postgres_pid=int((server.data / "postmaster.pid").read_text().split()[0]),
            profile=profile,
        )
        stack.callback(made.stop_services)
        yield made


def _environment(home: Home, database: str, broker: str, port: int, chosen: Mapping[str, str]) -> dict[str, str]:
    """Nothing of the platform's comes from the caller's environment: a run must mean the same everywhere."""
    inherited = {
        name: value
        for name, value in accounts.without_libpq_variables(os.environ).items()
        if not name.startswith(("KENO_", "DATABASE_URL", "REDIS_URL"))
    }
    kept = home.read_secrets()
    return inherited | {
        "DATABASE_URL": database,
        "REDIS_URL": broker,
        "DJANGO_SETTINGS_MODULE": "keno_platform.settings",
        "KENO_SECRET_KEY": kept.get("KENO_SECRET_KEY") or secrets.token_urlsafe(48),
        "KENO_SEAL_KEY": kept["KENO_SEAL_KEY"],
        "KENO_BASE_URL": f"http://127.0.0.1:{port}",
        "KENO_DRAND_URLS": "",
        "KENO_LOG_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",
        **EPOCHS,
        **chosen,
    }


@contextlib.contextmanager
def _postgres(home: Home, *, profile: bool) -> Iterator[postgres.PostgresServer]:
    """`postgres.running`, with statements counted where that is asked for."""
    if not profile:
        with postgres.running(home=home.postgres) as server:
            yield server
        return
    server = postgres.prepare(home=home.postgres, port=ports.find_free())
    log = server.home / "postgres.log"
    with log.open("ab") as output:
        process = children.start(
            [*server.command(), *_STATEMENTS],
            output=output,
            environment=accounts.without_libpq_variables(os.environ),
            directory=server.home,
            account=server.account,
            stop_signal=postgres.STOP_SIGNAL,
        )
    try:
        alive = lambda: process.poll() is None  # noqa: E731
        children.wait_until(lambda: postgres.answers(server), what="PostgreSQL", alive=alive, log=log)
        postgres.create_database(server)
        yield server
    finally:
        children.stop(process, stop_signal=postgres.STOP_SIGNAL)


def python(module: str, *arguments: str) -> list[str]:
    """A module of this project as a command."""
    return [sys.executable, "-m", module, *arguments]
