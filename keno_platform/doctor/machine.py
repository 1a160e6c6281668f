"""What the machine must have."""

import os
import resource
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from keno_platform.doctor.checks import Area, Fault, Notice, Register

PROJECT = Path(__file__).resolve().parents[2]
PYTHON_MIN = (3, 11)
FREE_MIN, FREE_SCARCE = 1 << 30, 5 << 30
MEMORY_SCARCE = 1 << 30
FILES_MIN = 4096
LOCK = PROJECT / "requirements" / ("run.lock" if find_spec("supervisor") else "server.lock")
"""The image has what the server needs, and nothing of what runs a local installation."""
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
check = Register(Area.MACHINE)


@check(mend="Install Python 3.11 or newer, and make the environment anew: make clean && make run")
def python_is_new_enough() -> str:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < PYTHON_MIN:
        raise Fault(f"Python {found}")
    return f"Python {found}"


@check(mend=".venv/bin/uv pip install --require-hashes -r requirements/run.lock")
def packages_are_those_of_the_lock() -> str:
    wanted = _locked()
    there = {name: _version(name) or "missing" for name in wanted}
    other = [f"{name} is {there[name]}, not {one}" for name, one in wanted.items() if there[name] != one]
    if other:
        raise Fault(f"{len(other)} of {len(wanted)} differ: {'; '.join(other[:5])}")
    return f"{len(wanted)} packages"


@check(mend="Make room, or move the data: df -h")
def disk_has_room() -> str:
    usages = [shutil.disk_usage(place) for place in (PROJECT, Path(tempfile.gettempdir()))]
    # A place that was made small, such as a container's /tmp in memory, is full by its own measure.
    if full := [one for one in usages if one.total < FREE_SCARCE and one.free < one.total / 10]:
        raise Fault(f"{full[0].free >> 20} of {full[0].total >> 20} MiB free")
    free = min((one.free for one in usages if one.total >= FREE_SCARCE), default=FREE_SCARCE)
    text = f"{free / (1 << 30):.1f} GiB free"
    if free < FREE_MIN:
        raise Fault(text)
    if free < FREE_SCARCE:
        raise Notice(text)
    return text


@check(mend="Stop what is not needed, or give the machine more memory: free -m")
def memory_is_not_scarce() -> str:
    meminfo = Path("/proc/meminfo")
    if not meminfo.exists():
        return "unknown on this system"
    lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
    free = int(lines["MemAvailable"].split()[0]) * 1024
    text = f"{free / (1 << 30):.1f} GiB available"
    if free < MEMORY_SCARCE:
        raise Notice(text)
    return text


@check(mend="ulimit -n 65536 before the start, or LimitNOFILE=65536 in the unit")
def enough_files_may_be_open() -> str:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES_MIN:
        raise Fault(f"at most {hard} files: sockets will be refused")
    if soft != resource.RLIM_INFINITY and soft < FILES_MIN:
        raise Notice(f"{soft} files; each socket is one")
    return f"{soft} files"


@check(mend="Set the clock and keep it: timedatectl set-ntp true")
def clock_is_believable() -> str:
    now = datetime.now(UTC)
    before, wall = time.monotonic(), time.time()
    time.sleep(0.05)
    drift_s = abs((time.time() - wall) - (time.monotonic() - before))
    if now < BEGINNING or drift_s > 0.02:
        raise Fault(f"{now:%Y-%m-%d %H:%M:%S} UTC, {drift_s * 1000:.0f} ms off within 50 ms")
    return f"{now:%Y-%m-%d %H:%M:%S} UTC"


@check(mend="Run it under an account of its own: USER keno in the image, User=keno in the unit")
def account_is_not_root() -> str:
    if os.geteuid() == 0:
        raise Notice("it runs as root")
    return f"uid {os.geteuid()}"


@check(mend="make client")
def players_client_is_built() -> str:
    build = PROJECT / "play" / "static" / "play" / "build"
    scripts = list(build.glob("*.js"))
    if not scripts:
        raise Fault("there are no scripts of the player's client")
    return f"{len(scripts)} scripts"


@check(mend="manage.py compile_catalogues")
def translations_are_compiled() -> str:
    sources = sorted((PROJECT / "locale").glob("*/LC_MESSAGES/*.po"))
    missing = [one.parent.parent.name for one in sources if not one.with_suffix(".mo").exists()]
    if missing or not sources:
        raise Fault(f"not compiled: {', '.join(missing) or 'there are none'}")
    return f"{len(sources)} languages"


def _locked() -> dict[str, str]:
    """Names and versions of the lock that are meant for every system and Python."""
    pins = (line.split("==", 1) for line in LOCK.read_text().splitlines() if "==" in line and line[0] not in " #")
    return {name: rest.split()[0] for name, rest in pins if ";" not in rest}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
