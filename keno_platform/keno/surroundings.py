"""The environment that a verb works in: the caller's, or that of the local installation where one runs."""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from xmlrpc.client import Fault

from keno_platform.keno.output import Output

if TYPE_CHECKING:  # the image has nothing of what runs a local installation
    from keno_platform.local.home import Home

PROJECT = Path(__file__).resolve().parents[2]
HOLDER = "anchors"
"""The one process of a local installation that has all addresses and secrets."""
NEEDED = ("DATABASE_URL", "REDIS_URL", "KENO_SECRET_KEY", "KENO_SEAL_KEY")


def take_up(output: Output) -> bool:
    """
    Complete this process' environment from the local installation, where the caller's names no database. Returns
    whether it was taken from there.
    """
    if any(os.environ.get(name) or os.environ.get(f"{name}_FILE") for name in NEEDED):
        return False
    found = _local()
    if not found:
        return False
    os.environ.update({**found, **os.environ, "KENO_PROCESS": "keno", "KENO_DB_POOL_SIZE": "0"})
    output.warn(f"The installation in {local_home().path}, which runs on this machine.")
    return True


def local_home() -> "Home":
    """The directory of the local installation: the one that KENO_LOCAL_HOME names, or `.keno` beside the code."""
    from keno_platform.local import leftovers
    from keno_platform.local.home import Home

    return Home(Path(os.environ.get(leftovers.MARK) or PROJECT / ".keno"))


def _local() -> Mapping[str, str]:
    if find_spec("supervisor") is None:
        return {}
    import psutil

    from keno_platform.local.supervision import Supervisor

    try:
        processes = Supervisor(local_home().find_supervisor_socket()).list_processes()
        holder = next(one.pid for one in processes if one.name == HOLDER and one.pid)
        return psutil.Process(holder).environ()
    except (OSError, Fault, StopIteration, psutil.Error):  # none runs, or it is just ending
        return {}
