"""What the modules in bench/rows get and give: the servers, repeats beside a yardstick, and rows of the table."""

import contextlib
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeVar
from urllib.error import HTTPError
from urllib.request import urlopen

import psutil

from keno_platform.local import children, ports

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent
_TARGET = re.compile(r"(<=|>=|<|>)\s*([\d,]*\.?\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    One line of the table: what was measured, in plain words, against what, and whether the target was met.

    `met` is None where the row could not run; `note` then says what to install. `figures` are further numbers of the
    same measurement, by names that carry their unit: `p99_ms`, `web_cpu_us_per_bet`.
    """

    name: str
    value: float | None
    unit: str
    target: str
    met: bool | None
    yardstick: str = ""
    yardstick_value: float | None = None
    ratio: float | None = None
    note: str = ""
    samples: tuple[float, ...] = ()
    yardstick_samples: tuple[float, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The samples of the work and of its yardstick, taken in turns."""

    work: tuple[float, ...]
    yardstick: tuple[float, ...]

    @property
    def value(self) -> float:
        return statistics.median(self.work)

    @property
    def yardstick_value(self) -> float:
        return statistics.median(self.yardstick)

    @property
    def ratio(self) -> float:
        """The median of the work to the median of the yardstick."""
        return self.value / self.yardstick_value


def interleave(work: Callable[[], float], yardstick: Callable[[], float], *, repeats: int = 3) -> Pair:
    """Both in turns, so that what else the machine does falls on both alike."""
    others, own = in_turns(yardstick, work, repeats=repeats)
    return Pair(work=own, yardstick=others)


def in_turns(*works: Callable[[], float], repeats: int) -> list[tuple[float, ...]]:
    """The samples of each, of which one was taken after the other's, again and again."""
    taken = [[work() for work in works] for _ in range(repeats)]
    return [tuple(samples) for samples in zip(*taken, strict=True)]


def meets(target: str, measured: float) -> bool:
    """Whether a figure is within a target such as `>= 2.0x` or `p99 <= 25 ms`, whose first comparison counts."""
    bound, limit = read_target(target)
    return {"<=": measured <= limit, ">=": measured >= limit, "<": measured < limit, ">": measured > limit}[bound]


def read_target(target: str) -> tuple[str, float]:
    """
    The comparison and the number of a target.

    :raises ValueError: there is none in it.
    """
    found = _TARGET.search(target)
    if found is None:
        raise ValueError(f"a target is a comparison with a number: {target!r}")
    return found[1], float(found[2].replace(",", ""))


class Web(str):
    """The base URL of a web process, with its process id for who measures what it costs."""

    pid: int

    def cpu_s(self) -> float:
        """CPU seconds of the process until now."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a module gets."""

    quick: bool
    database_url: str
    redis_url: str
    pictures: Path
    log: IO[str] = field(default_factory=lambda: sys.stdout)
    began: float = field(default_factory=time.monotonic)
    until_the_end: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    """What is stopped when the whole run is over."""
    _shared: "list[Web]" = field(default_factory=list)

    def progress(self, text: str) -> None:
        """Tell whoever waits what happens now, and how long the run has taken."""
        print(f"    {time.monotonic() - self.began:5.0f} s  {text}", file=self.log, flush=True)

    def scale(self, whole: T, quick: T) -> T:
        """The one for a whole run, the other for `--quick`."""
        return quick if self.quick else whole

    @contextlib.contextmanager
    def web(self, **environment: str) -> Iterator[Web]:
        """A web process as `make run` has it, that answers. Modules that ask for nothing special share it."""
        with self.webs(1, **environment) as [only]:
            yield only

    @contextlib.contextmanager
    def webs(self, count: int, **environment: str) -> Iterator[list[Web]]:
        """Several of them, each on a port of its own, as a balancer would stand in front of."""
        if environment:
            with contextlib.ExitStack() as stack:
                yield _start_webs(stack, count, environment)
            return
        self._shared.extend(_start_webs(self.until_the_end, count - len(self._shared), {}))
        yield self._shared[:count]


def _start_webs(stack: contextlib.ExitStack, count: int, environment: Mapping[str, str]) -> list[Web]:
    """They start together, and answer."""
    started = [stack.enter_context(_web(environment)) for _ in range(count)]
    for url, process in started:
        wait_for(f"{url}/health/live", process)
    return [url for url, _ in started]


@contextlib.contextmanager
def _web(environment: Mapping[str, str]) -> "Iterator[tuple[Web, subprocess.Popen[bytes]]]":
    port = ports.find_free()
    listen = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    quiet = ["--no-access-log", "--no-proxy-headers", "--timeout-graceful-shutdown", "5", "--log-level", "warning"]
    quiet += ["--ws-per-message-deflate", "false", "--ws-ping-interval", "45"]
    quiet += ["--http", "keno_platform.bounded:BoundedHttp", "--ws", "keno_platform.bounded:BoundedSocket"]
    own = {"KENO_DB_POOL_SIZE": "20", "KENO_PROCESS": "web", **environment}
    with program("uvicorn", "keno_platform.asgi:application", *listen, *quiet, **own) as process:
        url = Web(f"http://127.0.0.1:{port}")
        url.pid = process.pid
        yield url, process


@contextlib.contextmanager
def program(module: str, *arguments: str, **environment: str) -> "Iterator[subprocess.Popen[bytes]]":
    """`python -m module`, with the platform's environment and this one besides; stopped afterwards. Errors are told."""
    process = children.start(
        [sys.executable, "-m", module, *arguments],
        output=subprocess.DEVNULL,
        errors=None,
        environment={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        directory=ROOT,
    )
    try:
        yield process
    finally:
        children.stop(process)


def wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    """
    Until this address answers.

    :raises children.ServerFailed: its process ended, or it did not answer within a minute.
    """

    def answers() -> bool:
        try:
            with urlopen(url, timeout=2) as response:
                return bool(response.status < 500)
        except HTTPError as refusal:
            return refusal.code < 500
        except OSError:
            return False

    children.wait_until(answers, what=url, alive=lambda: process.poll() is None, log=None)


class PostgresCpu:
    """What all processes of the PostgreSQL server have used, when it runs on this machine; else nothing is known."""

    def __init__(self) -> None:
        from django.db import connection

        self._server: psutil.Process | None = None
        with contextlib.suppress(psutil.Error), connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backend = psutil.Process(cursor.fetchone()[0])
            parent = backend.parent()
            self._server = parent if parent is not None and "postgres" in backend.name() else None

    def seconds(self) -> float | None:
        """CPU seconds until now: those that live, and those that have ended."""
        if self._server is None:
            return None
        try:
            own = self._server.cpu_times()
            total = own.user + own.system + own.children_user + own.children_system
            for child in self._server.children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    times = child.cpu_times()
                    total += times.user + times.system
        except psutil.Error:
            return None
        return float(total)
