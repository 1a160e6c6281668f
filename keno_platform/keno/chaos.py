"""`keno chaos`: kill -9 the parts of a local installation, one after the other, and see each come back."""

import argparse
import os
import signal
import time
from collections.abc import Mapping, Sequence
from xmlrpc.client import Fault

import httpx
from django.conf import settings

from keno_platform.keno.output import Output
from keno_platform.keno.surroundings import local_home
from keno_platform.local.supervision import ProcessState, Supervisor

PAUSE_S = 0.2
SPARED = frozenset({"chain"})
"""A chain of one's own in memory forgets; see docs/anchoring.md."""


def main(options: argparse.Namespace, output: Output) -> int:
    """Exit code 1 when something is not well again in time."""
    supervisor = Supervisor(local_home().find_supervisor_socket())
    try:
        running = {one.name: one for one in supervisor.list_processes() if one.pid and one.name not in SPARED}
    except (OSError, Fault):
        output.warn("Nothing runs here. Start it with `keno up`.")
        return 2
    if unknown := [name for name in options.programs if name not in running]:
        output.warn(f"Not running: {', '.join(unknown)}. There are {', '.join(running)}.")
        return 2
    victims: Sequence[str] = options.programs or list(running)
    found = [
        _kill(supervisor, running, name, options.within)
        for name in output.progress(victims, what="killed", total=len(victims))
    ]
    shown = [(one["program"], one["back_s"], one["ready_s"]) for one in found]
    output.table(("killed", "back after s", "ready after s"), shown)
    output.document({"killed": found})
    return 1 if any(one["ready_s"] is None for one in found) else 0


def _kill(supervisor: Supervisor, running: Mapping[str, ProcessState], name: str, within_s: int) -> dict[str, object]:
    os.kill(running[name].pid, signal.SIGKILL)
    began = time.monotonic()
    back_s = ready_s = None
    while time.monotonic() - began < within_s and ready_s is None:
        time.sleep(PAUSE_S)
        if back_s is None and _pid(supervisor, name) not in (0, running[name].pid):
            back_s = round(time.monotonic() - began, 1)
        if back_s is not None and _is_ready():
            ready_s = round(time.monotonic() - began, 1)
    return {"program": name, "back_s": back_s, "ready_s": ready_s}


def _pid(supervisor: Supervisor, name: str) -> int:
    return next((one.pid for one in supervisor.list_processes() if one.name == name), 0)


def _is_ready() -> bool:
    try:
        return httpx.get(f"{settings.BASE_URL}/health/ready", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
