"""A run that was killed with its supervisor: the next one finds what it left, and nothing else."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import psutil
import psycopg
import pytest

from keno_platform.local import children, leftovers, postgres
from keno_platform.local.home import Home

RUN = """
import os, sys, time
from pathlib import Path
from keno_platform.local import leftovers, postgres, supervision, valkey
from keno_platform.local.home import Home
from keno_platform.local.programs import describe_postgres, describe_valkey
from keno_platform.local.supervision import Group, Program

home = Home(Path(sys.argv[1]))
database = postgres.prepare(home=home.postgres, port=home.choose_port("postgres"))
broker = valkey.prepare(home=home.valkey, port=home.choose_port("valkey"))
sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
program = Program(name="program", group=Group.PROGRAMS, command=sleep, directory=home.path)
environment = {**os.environ, leftovers.MARK: str(home.path)}
what = [describe_postgres(database), describe_valkey(broker), program]
with supervision.running(home, what, environment=environment) as supervisor:
    supervisor.start_group(Group.PROGRAMS)
    while not (postgres.answers(database) and valkey.answers(broker)):
        time.sleep(0.05)
    postgres.create_database(database)
    print(supervisor.process.pid, database.url, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def killed_run(home: Home) -> Iterator[str]:
    """The address of the database of a run that was killed, with its supervisor, a moment ago."""
    with subprocess.Popen([sys.executable, "-c", RUN, str(home.path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        supervisor, url = process.stdout.readline().split()
        os.kill(int(supervisor), signal.SIGKILL)
        process.kill()
    yield url
    leftovers.stop(home)


def _works(process: psutil.Process) -> bool:
    """Whether a process still does anything; one whose end nobody asked for stays listed as a zombie."""
    return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)


def test_everything_that_a_killed_run_left_is_stopped(home: Home, killed_run: str) -> None:
    left = leftovers.find(home)
    assert {"postgres", "valkey-server"} < {process.name() for process in left}
    leftovers.stop(home)
    assert not any(_works(process) for process in left)


def test_the_data_of_a_killed_run_is_there_for_the_next(home: Home, killed_run: str) -> None:
    with psycopg.connect(killed_run) as connection:
        connection.execute("CREATE TABLE kept ()")
    leftovers.stop(home)
    with postgres.running(home=home.postgres) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT to_regclass('kept') IS NOT NULL").fetchone() == (True,)
        assert "database system was shut down at" in (server.home / "postgres.log").read_text()


def test_a_supervisor_that_lives_on_is_stopped_with_what_it_would_start_again(home: Home) -> None:
    command = [sys.executable, "-c", RUN, str(home.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        supervisor = psutil.Process(int(owner.stdout.readline().split()[0]))
        started = supervisor.children(recursive=True)
        leftovers.stop(home)
        assert not any(_works(process) for process in [supervisor, *started])
        owner.kill()


def test_processes_of_another_installation_are_left_alone(home: Home, killed_run: str) -> None:
    other = Home(home.path / "other")
    assert leftovers.find(other) == []
    mark = {**os.environ, leftovers.MARK: str(other.path)}
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    process = children.start(command, output=subprocess.DEVNULL, environment=mark)
    try:
        leftovers.stop(home)
        assert process.poll() is None
        assert [each.pid for each in leftovers.find(other)] == [process.pid]
    finally:
        children.stop(process)
