"""Making one report in a process of its own, which tells how long it took and how much memory it had at most."""

import multiprocessing
import re
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

FORMS = ("csv", "json", "pdf")
KIB_A_MIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Which report, over what, in which format."""

    report: str
    form: str
    since: datetime
    until: datetime
    narrowed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """
    What it came to. `cpu_s` is what this process and its connection's backend used, whatever else the machine did.
    `peak_mib` is the most memory that the process had resident, of which it had `before_mib` before it began: Python,
    Django and the libraries.
    """

    ask: Ask
    rows: int
    totals: list[dict[str, Any]]
    rows_sha256: str
    seconds: float
    cpu_s: float
    peak_mib: float
    before_mib: float
    file_bytes: int


def make_apart(ask: Ask, path: Path) -> Taken:
    """Make it in a new process, check its seal, and remove the file."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        taken = pool.submit(_make, ask, path).result()
    path.unlink()
    return taken


def _make(ask: Ask, path: Path) -> Taken:
    import django

    django.setup()
    from keno_platform.core import clock
    from reports.catalogue import get_report
    from reports.query import Query
    from reports.writing import make_file
    from reports.writing.head import Head

    query = Query(since=ask.since, until=ask.until, **ask.narrowed)
    head = Head(report=get_report(ask.report), query=query, language="en", made_at=clock.now())
    before, used, began = _resident_max(), _cpu_used(), time.perf_counter()
    with path.open("wb") as file:
        made = make_file(head, ask.form, file)
    seconds, cpu = time.perf_counter() - began, _cpu_used() - used
    peak = _resident_max()
    _check(path)
    return Taken(
        ask=ask,
        rows=made.rows,
        totals=made.totals,
        rows_sha256=made.rows_sha256.hex(),
        seconds=seconds,
        cpu_s=cpu,
        peak_mib=peak,
        before_mib=before,
        file_bytes=path.stat().st_size,
    )


def _check(path: Path) -> None:
    """:raises reports.seals.SealBroken: the file is not what was sealed."""
    from reports import seals
    from rounds.custody import signing_keys

    seals.check_file(path, {key.key_id: key.public_key for key in signing_keys()})


def _cpu_used() -> float:
    """CPU seconds of this process, and of its connection's backend, which runs on this machine."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [(pid,)] = cursor.fetchall()
    backend = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    return time.process_time() + backend


def _resident_max() -> float:
    """In MiB, of this process alone. `getrusage` would count what its parent had when it began."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    if found is None:
        raise RuntimeError("this kernel does not say how much memory a process had at most")
    return int(found[1]) / KIB_A_MIB
