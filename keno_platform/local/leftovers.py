"""
Processes of an earlier run that was killed and could not stop them.

They are known by what they are, not by a remembered number that another program may have by now: the
supervisor and its programs carry a mark in their environment, the servers work inside the installation.
"""

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from keno_platform.local import postgres, valkey
from keno_platform.local.home import Home, HomeInUse

MARK = "KENO_LOCAL_HOME"
"""Environment variable with the absolute path of the installation that a process belongs to."""
PATIENCE_S = 30


def stop(home: Home) -> list[str]:
    """Stop everything that an earlier run left behind, and say what it was."""
    found = find(home)
    names = sorted({_describe(process) for process in found})
    # The supervisor first: it would start again whatever else is stopped, and it stops its own children well.
    _stop_all(process for process in found if _is_supervisor(process))
    _stop_all(find(home))
    return names


def require_none_alive(home: Home) -> None:
    """
    Refuse while a run of this installation lives, even if its lock is gone because its directory was removed.

    :raises HomeInUse: the process that started the supervisor is still there, so nothing is left over.
    """
    for process in find(home):
        owner = _find_owner(process) if _is_supervisor(process) else None
        if owner:
            raise HomeInUse(f"It runs already. Stop it with Ctrl-C where it runs, or: kill {owner.pid}")


def _find_owner(supervisor: psutil.Process) -> psutil.Process | None:
    """A supervisor's parent, unless that is whoever takes in the children of the dead."""
    with contextlib.suppress(psutil.Error):
        parent = supervisor.parent()
        if parent is not None and _is_alive(parent) and "keno_platform.local" in parent.cmdline():
            return parent
    return None


def find(home: Home) -> list[psutil.Process]:
    """Living processes of this installation, apart from this process and those that it comes from."""
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [process for process in psutil.process_iter() if process.pid not in own and _belongs(process, home)]


def _belongs(process: psutil.Process, home: Home) -> bool:
    try:
        if not _is_alive(process):
            return False
        directories = {"postgres": home.postgres.resolve() / "data", "valkey-server": home.valkey.resolve()}
        if process.name() in directories:
            return Path(process.cwd()) == directories[process.name()]
        return bool(process.environ().get(MARK) == str(home.path))
    except (psutil.Error, OSError):
        return False  # gone meanwhile, or of another account, which then is not ours


def _is_supervisor(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return "supervisor.supervisord" in process.cmdline()
    return False


def _stop_all(processes: Iterable[psutil.Process]) -> None:
    asked = list(processes)
    for process in asked:
        with contextlib.suppress(psutil.Error):
            _ask_to_stop(process)
    for process in _wait_for(asked):
        with contextlib.suppress(psutil.Error):
            process.kill()
    _wait_for(asked)


def _wait_for(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Wait for an end, and return what did not come to one."""
    deadline = time.monotonic() + PATIENCE_S
    alive = [process for process in processes if _is_alive(process)]
    while alive and time.monotonic() < deadline:
        time.sleep(0.05)
        alive = [process for process in alive if _is_alive(process)]
    return alive


def _is_alive(process: psutil.Process) -> bool:
    """A zombie has ended: its parent has not asked yet, and in a container perhaps never will."""
    with contextlib.suppress(psutil.Error):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def _ask_to_stop(process: psutil.Process) -> None:
    if process.name() != "postgres":
        process.send_signal(valkey.STOP_SIGNAL if process.name() == "valkey-server" else signal.SIGTERM)
    elif "-D" in process.cmdline():
        process.send_signal(postgres.STOP_SIGNAL)  # its children end with it, or have noticed that it is gone


def _describe(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return "supervisord" if _is_supervisor(process) else process.name()
    return "a process"
