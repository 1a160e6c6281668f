"""`keno start`, `stop` and `restart`: processes of the local installation, by name."""

import argparse
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING
from xmlrpc.client import Fault

from keno_platform.keno.output import Output
from keno_platform.keno.surroundings import local_home

if TYPE_CHECKING:  # the image has nothing of what runs a local installation
    from keno_platform.local.supervision import Supervisor

NOT_HERE = 2
ELSEWHERE = "Others are started and stopped by what runs them: see docs/runbooks.md."


def start(options: argparse.Namespace, output: Output) -> int:
    """What runs is left alone."""
    return _each(options.programs, output, stopped=False, started=True)


def stop(options: argparse.Namespace, output: Output) -> int:
    """They stay away until they are started again."""
    return _each(options.programs, output, stopped=True, started=False)


def restart(options: argparse.Namespace, output: Output) -> int:
    """One after the other, so that of two workers one is always there."""
    return _each(options.programs, output, stopped=True, started=True)


def _each(names: Sequence[str], output: Output, *, stopped: bool, started: bool) -> int:
    supervisor = _supervisor()
    try:
        known = [one.name for one in supervisor.list_processes()] if supervisor else []
    except (OSError, Fault):
        known = []
    if supervisor is None or not known:
        output.warn(f"No installation of `keno up` runs on this machine. {ELSEWHERE}")
        return NOT_HERE
    if unknown := [name for name in names if name not in known]:
        output.warn(f"There is no {', '.join(unknown)}. There are {', '.join(known)}.")
        return NOT_HERE
    for name in names:
        if stopped:
            supervisor.stop(name)
        if started:
            supervisor.start(name)
    rows = [(one.name, one.state, one.description) for one in supervisor.list_processes() if one.name in names]
    output.table(("program", "state", ""), rows)
    output.document({"programs": [{"program": name, "state": state} for name, state, _ in rows]})
    return 0


def _supervisor() -> "Supervisor | None":
    if find_spec("supervisor") is None:
        return None
    from keno_platform.local.supervision import Supervisor

    return Supervisor(local_home().find_supervisor_socket())
