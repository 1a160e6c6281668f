"""
One supervisord over all processes of a local installation: it starts again, for ever, whatever ends.

Servers start with the supervisor and stop last; programs start when told to, after the data is prepared.
"""

import configparser
import contextlib
import io
import os
import resource
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from keno_platform.local import children
from keno_platform.local.home import Home


class Group(StrEnum):
    """What starts and stops together. Groups stop in the reverse of this order."""

    SERVERS = "servers"
    PROGRAMS = "programs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One process to keep alive."""

    name: str
    group: Group
    command: Sequence[str]
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_wait_s: int = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessState:
    """What the supervisor knows of one process. `pid` is 0 when it is not running."""

    name: str
    state: str
    pid: int
    description: str


class Supervisor:
    """Control of a running supervisord through its socket."""

    def __init__(self, socket: Path, process: subprocess.Popen[bytes] | None = None) -> None:
        self._socket = socket
        self.process = process
        """The supervisord itself, when this process has started it."""

    def has_ended(self) -> bool:
        """Whether the supervisord that this process started is gone."""
        return self.process is not None and self.process.poll() is not None

    def answers(self) -> bool:
        try:
            state = self._call("getState")
        except (OSError, Fault):
            return False
        return bool(state["statename"] == "RUNNING")

    def start_group(self, group: Group) -> None:
        """Start what does not start by itself, without waiting for it."""
        self._call("startProcessGroup", group.value, False)

    def start(self, name: str) -> None:
        """
        Start one process, without waiting for it; nothing happens to one that runs.

        :raises LookupError: there is none of this name.
        :raises OSError: no supervisor runs here.
        """
        row = self._find(name)
        if row["statename"] not in ("RUNNING", "STARTING"):
            self._call("startProcess", f"{row['group']}:{name}", False)

    def stop(self, name: str) -> None:
        """
        Stop one process and wait for its end; it stays away until it is started.

        :raises LookupError: there is none of this name.
        :raises OSError: no supervisor runs here.
        """
        row = self._find(name)
        if row["statename"] not in ("STOPPED", "EXITED", "FATAL"):
            self._call("stopProcess", f"{row['group']}:{name}")

    def _find(self, name: str) -> dict[str, Any]:
        rows: list[dict[str, Any]] = self._call("getAllProcessInfo")
        for row in rows:
            if row["name"] == name:
                return row
        raise LookupError(name)

    def list_processes(self) -> list[ProcessState]:
        """
        Every process in the order of its group and name.

        :raises OSError: no supervisor runs here.
        """
        return [
            ProcessState(name=row["name"], state=row["statename"], pid=row["pid"], description=row["description"])
            for row in self._call("getAllProcessInfo")
        ]

    def _call(self, method: str, *arguments: object) -> Any:
        # A connection for each call: one that was refused cannot be used again.
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        with ServerProxy("http://127.0.0.1", transport=transport) as proxy:
            return getattr(proxy.supervisor, method)(*arguments)


@contextlib.contextmanager
def running(home: Home, programs: Sequence[Program], *, environment: Mapping[str, str]) -> Iterator[Supervisor]:
    """
    A supervisord for these programs that lives as long as the block; at its end every process is stopped.

    Secrets reach the programs by `environment`, never by the generated file.

    :raises children.ServerFailed: the supervisor did not start.
    """
    socket = home.find_supervisor_socket()
    home.supervisor_config.write_text(render_config(home, programs, socket=socket))
    command = [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(home.supervisor_config)]
    with home.log("supervisor-start").open("wb") as output:
        process = children.start(command, output=output, environment=environment)
    supervisor = Supervisor(socket, process)
    patience_s = 15.0 + sum(program.stop_wait_s for program in programs)
    try:
        children.wait_until(
            supervisor.answers,
            what="The supervisor",
            alive=lambda: not supervisor.has_ended(),
            log=home.log("supervisor-start"),
        )
        yield supervisor
    finally:
        children.stop(process, patience_s=patience_s)
        home.remove_supervisor_socket()


def render_config(home: Home, programs: Sequence[Program], *, socket: Path) -> str:
    """The text of supervisord.conf."""
    config = configparser.RawConfigParser()
    config["unix_http_server"] = {"file": _escape(socket), "chmod": "0600"}
    config["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
    }
    config["supervisord"] = _render_supervisor(home)
    for priority, group in enumerate(Group, start=1):
        names = [program.name for program in programs if program.group is group]
        if names:
            config[f"group:{group}"] = {"programs": ",".join(names), "priority": str(priority)}
    for program in programs:
        config[f"program:{program.name}"] = _render_program(home, program)
    text = io.StringIO()
    text.write("; Written anew by every start: changes made here are lost.\n")
    config.write(text)
    return text.getvalue()


def _render_supervisor(home: Home) -> dict[str, str]:
    _, files_max = resource.getrlimit(resource.RLIMIT_NOFILE)
    section = {
        "logfile": _escape(home.log("supervisord")),
        "logfile_maxbytes": "5MB",
        "logfile_backups": "2",
        "pidfile": _escape(home.path / "supervisord.pid"),
        "nodaemon": "true",
        "silent": "true",
        # Players hold connections: the usual soft limit of 1024 files is too low for the web.
        "minfds": str(4096 if files_max == resource.RLIM_INFINITY else min(files_max, 4096)),
    }
    if os.geteuid() == 0:
        section["user"] = "root"
    return section


def _render_program(home: Home, program: Program) -> dict[str, str]:
    section = {
        "command": _escape(shlex.join(program.command)),
        "directory": _escape(program.directory),
        "autostart": str(program.group is Group.SERVERS).lower(),
        "autorestart": "true",
        # With no time to prove itself, a program that ends at once is started again within a second.
        # Otherwise the supervisor would wait a second longer after each failure, and give up at some point.
        "startsecs": "0",
        "startretries": "1000000",
        "stopsignal": program.stop_signal.name.removeprefix("SIG"),
        "stopwaitsecs": str(program.stop_wait_s),
        # A worker ends its children itself, after their tasks; what is killed is killed with them.
        "stopasgroup": "false",
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": _escape(_escape(home.log(program.name))),  # which the supervisor expands twice
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": "3",
        "environment": ",".join(f'{name}="{_escape(value)}"' for name, value in program.environment.items()),
    }
    if program.user:
        section["user"] = program.user
    return section


def _escape(value: object) -> str:
    return str(value).replace("%", "%%")
