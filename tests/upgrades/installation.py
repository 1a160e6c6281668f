"""An installation that is played on, of whose processes each can be replaced by the next version's."""

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import psycopg

from bench.scaling.installation import Installation, Running, installation
from keno_platform.local import children, programs
from keno_platform.local.home import Home
from keno_platform.local.sizes import Sizes
from keno_platform.local.supervision import Program
from keno_platform.local.testing import temporary_home
from tests.upgrades.next_version import make_next_version
from tests.upgrades.playing import Backends

BALANCE = 10_000_000_00
READY_WITHIN_S = 180
FEW = ("web", "rounds", "settlement", "beat")
"""What bets and rounds need at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """The installation, where the next version of the code is, and who bets."""

    there: Installation
    next_version: Path
    people: list[Any]

    def backends(self, **how: Any) -> Backends:
        return Backends(port=self.there.port, people=self.people, database_url=self.there.database_url, **how)

    def manage(self, *arguments: str, directory: Path | None = None, name: str = "manage") -> "Ended":
        """A command of one of the versions, to its end."""
        where = directory or programs.PROJECT
        ended = subprocess.run(
            [sys.executable, str(where / "manage.py"), *arguments],
            cwd=where,
            env={**self.there.environment, "KENO_PROCESS": name, "KENO_DB_POOL_SIZE": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        return Ended(code=ended.returncode, out=ended.stdout, err=ended.stderr)

    def make_operators(
        self, numbers: Sequence[int], *, players: int = 3, directory: Path | None = None, name: str = "making"
    ) -> list[Any]:
        """Operators with players who have money, made by one of the versions."""
        return self._make(name, "bench.scaling.population", {"numbers": [*numbers], "players": players}, directory)

    def furnish(self, *, operators: int, players: int, intervals: Sequence[int]) -> list[Any]:
        """Everything that is needed before the first bet; the operators."""
        who = {"numbers": [*range(operators)], "players": players}
        what = {"games": len(intervals), "intervals": [*intervals]}
        return self._make("furnish", "tests.upgrades.furnish", {**who, **what}, None)

    def _make(self, name: str, module: str, job: dict[str, Any], directory: Path | None) -> list[Any]:
        home = self.there.home.path
        file, out = home / f"{name}.job.json", home / f"{name}.json"
        file.write_text(json.dumps({**job, "balance": BALANCE, "out": str(out)}))
        environment = {**self.there.environment, "KENO_PROCESS": name, "KENO_DB_POOL_SIZE": "0"}
        command = [sys.executable, "-m", module, str(file)]
        subprocess.run(command, cwd=directory or programs.PROJECT, env=environment, check=True)
        return list(json.loads(out.read_text()))

    def describe(self, *, web: int) -> list[Program]:
        """The processes that are played with, each web process on the port that all share."""
        described = programs.describe_services(port=self.there.port, sizes=Sizes(web=max(web, 2), settlement=1))
        webs = [f"web-{number}" for number in range(web + 1, 3)]
        return [one for one in described if one.name not in webs]

    def start(self, program: Program, *, directory: Path | None = None) -> Running:
        """Start a process of one of the versions, and wait until it is there to be asked."""
        log = self.there.home.log(program.name)
        with log.open("ab") as output:
            process = children.start(
                program.command,
                output=output,
                environment={**self.there.environment, **program.environment},
                directory=directory or programs.PROJECT,
                stop_signal=program.stop_signal,
            )
        running = Running(name=program.name, process=process, stop_signal=program.stop_signal, log=log)
        self.there.running.append(running)
        children.wait_until(
            lambda: _listens(process.pid) if program.name.partition("-")[0] == "web" else _says(log, program.name),
            what=program.name,
            alive=lambda: process.poll() is None,
            log=log,
            patience_s=READY_WITHIN_S,
        )
        return running

    def replace(self, old: Running, program: Program) -> float:
        """
        First the next version's process, then the end of the old one, asked for politely. Returns the seconds that
        the old one took to end.
        """
        named = [part.replace(f"{program.name}@", f"{program.name}-next@") for part in program.command]
        self.start(replace(program, name=f"{program.name}-next", command=named), directory=self.next_version)
        began = time.monotonic()
        old.process.send_signal(signal.SIGTERM)
        old.process.wait(60)
        self.there.running.remove(old)
        return time.monotonic() - began

    def wait_until_paid(self, *, patience_s: float = 90) -> None:
        """Until no round that has closed waits for its end."""
        deadline = time.monotonic() + patience_s
        with psycopg.connect(self.there.database_url, autocommit=True) as own:
            while (left := own.execute(_UNFINISHED).fetchone()) != (0,):
                assert time.monotonic() < deadline, f"{left} rounds have not come to their end"
                time.sleep(0.3)

    def troubles(self) -> list[str]:
        """The first line of each trouble in the logs of the processes."""
        found = []
        for log in self.there.home.logs.glob("*.log"):
            lines = log.read_text(errors="replace").splitlines()
            found += [f"{log.stem}: {line[:200]}" for line in lines if "ERROR" in line or line.startswith("Traceback")]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str


@contextmanager
def played(*, operators: int, players: int = 3, intervals: Sequence[int] = (5, 6)) -> Iterator[Played]:
    """An installation with operators, money and committed rounds, none of whose processes runs yet."""
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(temporary_home())
        home = Home(directory / "home")
        chosen = {"KENO_FIRST_ROUND_SECONDS": "1"}
        there = stack.enter_context(installation(home, chosen=chosen))
        own = Played(there=there, next_version=make_next_version(directory), people=[])
        own.people.extend(own.furnish(operators=operators, players=players, intervals=intervals))
        yield own


def _listens(pid: int) -> bool:
    return any(one.status == psutil.CONN_LISTEN for one in psutil.Process(pid).net_connections("tcp4"))


def _says(log: Path, name: str) -> bool:
    """What Celery prints when it begins to work."""
    return ("is starting" if name.startswith("beat") else "[queues]") in log.read_text(errors="replace")


_UNFINISHED = """
    SELECT count(*) FROM public.rounds_round
    WHERE closes_at < now() - interval '2 seconds' AND closes_at > now() - interval '5 minutes'
      AND status NOT IN ('revealed', 'void')
"""
