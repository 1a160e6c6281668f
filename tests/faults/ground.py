"""
The ground that faults happen on: a whole installation under one supervisor, with proxies between the platform and
everything that it speaks to, clocks that can be set, and a plan of stumbles that can be written.

The platform is what `make run` starts, in several copies: web processes, leaders of rounds, workers of settlement (one
of which forks, and one of which can be told to do every task twice), two beats, the publisher of anchors. Beside it
stand the reference operator and the sandbox wallet, each with books of its own, and a chain.
"""

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault

import httpx
import psutil
import psycopg

from keno_platform.local import accounts, children, ethereum, leftovers, postgres, programs, supervision, valkey
from keno_platform.local.home import Home
from keno_platform.local.sizes import Sizes
from keno_platform.local.supervision import Group, Program, Supervisor
from tests.faults.skew import Clocks

READY_WITHIN_S = 300
STEP_WITHIN_S = 600
AGAIN_MAX = 30
PROXIED = ("database", "broker", "chain", "baobab", "sandbox")
PACE = {
    "KENO_RESULTS_SECONDS": "15",
    "KENO_EPOCH_SECONDS": "300",
    "KENO_EPOCH_LEAD_SECONDS": "60",
    "KENO_EPOCH_KEY_DELAY_SECONDS": "30",
    "KENO_ANCHORING_SECONDS": "15",
    "KENO_CHAIN_DEPLOY": "1",
    "KENO_CHAIN_CONFIRMATIONS": "1",
    "KENO_DRAND_URLS": "",
    "KENO_LOG_LEVEL": "INFO",
}
"""Minutes where a real installation has hours, so that a short run meets epochs, trees and their keys too."""
SIZES = Sizes(web=2, settlement=1)


class StepFailed(Exception):
    """A command failed or took too long; the text shows the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A running installation, and every handle that it can be hurt by."""

    home: Home
    port: int
    environment: dict[str, str]
    database_url: str
    superuser_url: str
    broker_url: str
    chain_url: str
    wallet_ports: dict[str, int]
    supervisor: Supervisor
    clocks: Clocks

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def demo(self) -> dict[str, Any]:
        """What the population's file says: operators, their keys and players."""
        found: dict[str, Any] = json.loads(self.home.demo.read_text())
        return found

    @property
    def twice(self) -> Path:
        """While this file is there, one of the workers does every task twice."""
        return self.home.path / "twice"

    @property
    def stumbles(self) -> Path:
        return self.home.path / "stumbles.json"

    def spoil(self, name: str, mode: str) -> None:
        """How the line to this server is from now on; see `tests.faults.proxy`."""
        file = self.home.path / "lines" / f"{name}.mode"
        new = file.with_suffix(".new")
        new.write_text(mode)
        new.replace(file)

    def stumble(self, plan: dict[str, Any]) -> None:
        new = self.stumbles.with_suffix(".new")
        new.write_text(json.dumps(plan))
        new.replace(self.stumbles)

    def pid(self, name: str) -> int:
        """Of a program; 0 while it is not running."""
        return next((one.pid for one in self.supervisor.list_processes() if one.name == name), 0)

    def process(self, name: str, *, within_s: float = 20) -> psutil.Process:
        """
        A program's process, once it runs.

        :raises TimeoutError: it does not.
        """
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            with contextlib.suppress(psutil.NoSuchProcess):
                if pid := self.pid(name):
                    return psutil.Process(pid)
            time.sleep(0.1)
        raise TimeoutError(f"{name} does not run")

    def stop(self, name: str, group: Group = Group.SERVERS) -> None:
        """Stop a program until `start`: the supervisor leaves it so. One that has just died must have begun again."""
        for _ in range(AGAIN_MAX):
            with contextlib.suppress(Fault):
                self.supervisor._call("stopProcess", f"{group}:{name}")
                return
            time.sleep(0.3)
        raise TimeoutError(f"{name} cannot be stopped")

    def start(self, name: str, group: Group = Group.SERVERS) -> None:
        """Start it again, unless it runs."""
        with contextlib.suppress(Fault):
            self.supervisor._call("startProcess", f"{group}:{name}", False)

    def superuser(self) -> "psycopg.Connection[Any]":
        """A connection past the proxy, as the database's own superuser."""
        return psycopg.connect(self.superuser_url, autocommit=True, connect_timeout=5)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What a statement says, past the proxy."""
        with psycopg.connect(self.database_url, autocommit=True, connect_timeout=5) as connection:
            return connection.execute(statement.encode()).fetchall()

    def manage(self, *arguments: str, within_s: float = STEP_WITHIN_S) -> tuple[int, str]:
        """The exit code of a command of manage.py, and what it said. It goes to the servers past the proxies."""
        return self.command(programs.manage(*arguments), name=arguments[0], within_s=within_s)

    def command(self, command: Sequence[str], *, name: str, within_s: float = STEP_WITHIN_S) -> tuple[int, str]:
        log = self.home.log(f"step-{name}")
        with log.open("wb") as output:
            process = children.start(
                command, output=output, environment=self.past_proxies(name), directory=programs.PROJECT
            )
        try:
            code = process.wait(within_s)
        finally:
            children.stop(process)
        return code, log.read_text()

    def past_proxies(self, name: str) -> dict[str, str]:
        """The environment of a process that looks on: no proxy is before it, and nothing makes it stumble."""
        past = {"DATABASE_URL": self.database_url, "REDIS_URL": self.broker_url, "KENO_CHAIN_URL": self.chain_url}
        return {**self.environment, **past, "KENO_PROCESS": name, "KENO_FAULTS_ON_PURPOSE": ""}

    def step(self, *arguments: str) -> None:
        """
        A command that has to succeed.

        :raises StepFailed: it did not.
        """
        code, said = self.manage(*arguments)
        if code:
            raise StepFailed(f"`manage.py {' '.join(arguments)}` ended with code {code}.\n{said[-3000:]}")

    def is_ready(self) -> bool:
        """Whether the web that takes this connection says that all of its parts work."""
        return not self.unready()

    def unready(self) -> str:
        """What the web that takes this connection says is wrong."""
        try:
            answer = httpx.get(f"{self.base_url}/health/ready", timeout=8, trust_env=False)
        except httpx.HTTPError as error:
            return f"the web: {type(error).__name__}"
        return "" if answer.status_code == 200 else answer.text[:400]


@contextlib.contextmanager
def ground(home: Home, *, tell: Callable[[str], None]) -> Iterator[Ground]:
    """
    A running installation with its population, in this directory. Everything is stopped at the end.

    :raises children.ServerFailed, StepFailed: it did not start.
    """
    home.make()
    (home.path / "lines").mkdir(exist_ok=True)
    with home.held():
        own = _servers(home)
        ports = {name: home.choose_port(f"{name}-front") for name in PROXIED}
        clocks = Clocks(home.path)
        environment = _environment(home, own, ports)
        port = home.choose_port("web")
        environment["KENO_BASE_URL"] = f"http://127.0.0.1:{port}"
        wallets = programs.wallet_ports(home)
        described = [
            programs.describe_postgres(own.postgres),
            programs.describe_valkey(own.valkey),
            programs.describe_chain(own.chain),
            _proxies(home, own, ports, wallets),
            *_platform(home, port, clocks),
            *_wallets(home, wallets),
        ]
        try:
            with supervision.running(home, described, environment=environment) as supervisor:
                made = Ground(
                    home=home,
                    port=port,
                    environment=environment,
                    database_url=own.postgres.url,
                    superuser_url=own.postgres.address(user=postgres.SUPERUSER, database=postgres.DATABASE),
                    broker_url=own.valkey.url,
                    chain_url=own.chain.url,
                    wallet_ports=wallets,
                    supervisor=supervisor,
                    clocks=clocks,
                )
                _prepare(made, own, ports, tell)
                yield made
        finally:
            leftovers.stop(home)


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    postgres: postgres.PostgresServer
    valkey: valkey.ValkeyServer
    chain: ethereum.ChainNode


def _servers(home: Home) -> Servers:
    key = home.read_secrets()["KENO_CHAIN_KEY"]
    return Servers(
        postgres=postgres.prepare(home=home.postgres, port=home.choose_port("postgres")),
        valkey=valkey.prepare(home=home.valkey, port=home.choose_port("valkey")),
        chain=ethereum.prepare(home=home.chain, port=home.choose_port("chain"), key=key),
    )


def _environment(home: Home, own: Servers, ports: dict[str, int]) -> dict[str, str]:
    """Nothing of the platform's comes from the caller's environment: a run must mean the same everywhere."""
    inherited = {
        name: value
        for name, value in accounts.without_libpq_variables(os.environ).items()
        if not name.startswith(("KENO_", "DATABASE_URL", "REDIS_URL", "DJANGO_", "PYTEST_"))
    }
    return {
        **inherited,
        **PACE,
        **home.read_secrets(),
        "DATABASE_URL": own.postgres.url.replace(f":{own.postgres.port}/", f":{ports['database']}/"),
        "REDIS_URL": own.valkey.url.replace(f":{own.valkey.port}/", f":{ports['broker']}/"),
        "KENO_CHAIN_URL": f"http://127.0.0.1:{ports['chain']}",
        "KENO_FAULTS_ON_PURPOSE": str(home.path / "stumbles.json"),
        "KENO_REPORTS": str(home.reports),
        "DJANGO_SETTINGS_MODULE": "keno_platform.settings",
        "PYTHONUNBUFFERED": "1",
        leftovers.MARK: str(home.path),
    }


def _proxies(home: Home, own: Servers, ports: dict[str, int], wallets: dict[str, int]) -> Program:
    behind = {"database": own.postgres.port, "broker": own.valkey.port, "chain": own.chain.port, **wallets}
    lines = [f"{name}:{port}:{behind[name]}" for name, port in ports.items()]
    return Program(
        name="proxies",
        group=Group.SERVERS,
        command=[sys.executable, "-m", "tests.faults.proxy", str(home.path / "lines"), *lines],
        directory=programs.PROJECT,
        stop_wait_s=2,
    )


def _platform(home: Home, port: int, clocks: Clocks) -> list[Program]:
    """As `make run` has it, with a second of whatever must be missed by nobody; `reports` has nothing to do here."""
    usual = {one.name: one for one in programs.describe_services(port=port, sizes=SIZES) if one.name != "reports"}
    twice = str(home.path / "twice")
    every = [
        *usual.values(),
        _copy(usual["beat"], "beat-2"),
        _copy(usual["rounds"], "rounds-2"),
        _copy(usual["settlement"], "settlement-2", ("solo", "prefork"), more=["--concurrency=2"]),
        _copy(usual["settlement"], "settlement-3", ("keno_platform", "tests.faults.twice"), TWICE_FILE=twice),
        programs._worker("anchors", "-Q", "anchors", "--pool", "solo"),
    ]
    return [replace(one, environment={**one.environment, **clocks.environment(one.name)}) for one in every]


def _copy(
    program: Program, name: str, *swapped: tuple[str, str], more: Sequence[str] = (), **environment: str
) -> Program:
    swaps = dict([(f"{program.name}@%h", f"{name}@%h"), *swapped])
    return replace(
        program,
        name=name,
        command=[*(swaps.get(word, word) for word in program.command), *more],
        environment={**program.environment, "KENO_PROCESS": name, **environment},
    )


def _wallets(home: Home, ports: dict[str, int]) -> list[Program]:
    described = {one.name: one for one in programs._describe_wallets(home)}
    return [replace(one, command=[*one.command, str(ports[name])]) for name, one in described.items()]


def _prepare(made: Ground, own: Servers, ports: dict[str, int], tell: Callable[[str], None]) -> None:
    made.stumble({})
    for name in PROXIED:
        made.spoil(name, "pass")
    _wait(made, lambda: postgres.answers(own.postgres), "postgres")
    _wait(made, lambda: valkey.answers(own.valkey), "valkey")
    _wait(made, lambda: ethereum.answers(own.chain), "chain")
    postgres.create_database(own.postgres)
    tell("servers answer")
    with postgres.migrating(own.postgres):
        made.step("migrate_schemas", "--verbosity", "0")
    tell("tables stand")
    if not made.home.demo.exists():
        _populate(made, ports)
    made.step("prepare_ahead")
    tell("operators, players, rounds")
    made.supervisor.start_group(Group.PROGRAMS)
    _wait(made, made.is_ready, "web")
    tell("ready")


def _populate(made: Ground, ports: dict[str, int]) -> None:
    job = [sys.executable, "-m", "tests.faults.population", str(made.home.demo)]
    code, said = made.command([*job, str(ports["baobab"]), str(ports["sandbox"])], name="population")
    if code:
        raise StepFailed(said[-3000:])


def _wait(made: Ground, answers: Callable[[], bool], name: str) -> None:
    children.wait_until(
        answers,
        what=name,
        alive=lambda: not made.supervisor.has_ended(),
        log=made.home.log(name),
        patience_s=READY_WITHIN_S,
    )
