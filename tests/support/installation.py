"""A whole installation as `make run` starts it, in a directory of its own."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager

from keno_platform.local import children, leftovers, ports
from keno_platform.local.home import Home
from keno_platform.local.programs import PROJECT
from keno_platform.local.supervision import Group, Supervisor
from keno_platform.local.testing import temporary_home

ROUND = re.compile(r"^[a-z0-9-]+ #\d+ \(round (\d+)\) +(\d+) bets", re.MULTILINE)
OURS = ("KENO_", "DATABASE_URL", "REDIS_URL", "DJANGO_", "PYTEST_")


class Front:
    """A running front, and all that it has printed."""

    def __init__(self, home: Home, **chosen: str) -> None:
        self.home, self.port = home, ports.find_free()
        environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        command = [sys.executable, "-m", "keno_platform.local", "--home", str(home.path)]
        self.process = subprocess.Popen(
            [*command, "run", "--port", str(self.port)],
            cwd=PROJECT,
            env={**environment, "PYTHONUNBUFFERED": "1", **chosen},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.printed = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def wait_for(self, pattern: str, *, patience_s: float = 90) -> None:
        """Wait until a line that matches has been printed; show everything when the front ends before that."""
        deadline = time.monotonic() + patience_s
        while not re.search(pattern, self.printed, re.MULTILINE):
            assert self.process.poll() is None, self.printed
            assert time.monotonic() < deadline, f"no {pattern!r} in:\n{self.printed}"
            time.sleep(0.1)

    def wait_for_next_round(self, *, patience_s: float) -> None:
        """Wait until a round that had not finished by now, and that took bets, is printed."""
        last = max((int(each[0]) for each in ROUND.findall(self.printed)), default=0)
        deadline = time.monotonic() + patience_s
        while not any(int(pk) > last and int(bets) for pk, bets in ROUND.findall(self.printed)):
            assert time.monotonic() < deadline, f"no round after {last} in:\n{self.printed}"
            time.sleep(0.1)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(60)
        self._reader.join()
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.printed += line


@contextmanager
def installation(*, patience_s: float = 180, **chosen: str) -> Iterator[Front]:
    """A running installation that is ready, with these variables; stopped and removed afterwards, whatever happens."""
    with temporary_home() as directory:
        home = Home(directory)
        front = Front(home, **chosen)
        try:
            front.wait_for(r"^Ready after", patience_s=patience_s)
            yield front
        finally:
            if front.process.poll() is None:
                front.stop()
            leftovers.stop(home)


def stop_server(front: Front, name: str) -> None:
    """
    Stop a server for good, until `start_server`: the supervisor does not start it again. One that has just died cannot
    be stopped before the supervisor has started it again, which takes it a moment.
    """
    children.wait_until(lambda: _stopped(front, name), what=f"{name} stopped", alive=lambda: True, log=None)


def _stopped(front: Front, name: str) -> bool:
    try:
        Supervisor(front.home.find_supervisor_socket())._call("stopProcess", f"{Group.SERVERS}:{name}")
    except xmlrpc.client.Fault as fault:
        if "NOT_RUNNING" not in fault.faultString:
            raise
        return False
    return True


def start_server(front: Front, name: str) -> None:
    Supervisor(front.home.find_supervisor_socket())._call("startProcess", f"{Group.SERVERS}:{name}")


def pid_of(front: Front, program: str) -> int:
    """The process id of one supervised program; 0 while it is not running."""
    supervisor = Supervisor(front.home.find_supervisor_socket())
    return next(each.pid for each in supervisor.list_processes() if each.name == program)
