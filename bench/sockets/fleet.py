"""A process of clients, steered from here; and frames for it to be told."""

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, cast

from bench.harness import ROOT

PATIENCE_S = 150.0
SETTLE_S = 10.0
"""How long the last client may take before what it has not got counts as lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """What became of some frames."""

    deliveries: int
    lost: int
    """Deliveries that never came: gaps, repeats, clients that were closed or stayed behind."""
    last_ms: Sequence[float]
    """For each frame, how long after it was published its last client had it."""
    cpu_s: float

    @property
    def cpu_s_per_million(self) -> float:
        return self.cpu_s / self.deliveries * 1e6

    @property
    def last_client_ms(self) -> float:
        return statistics.median(self.last_ms)


class Clients:
    """Clients that all are in."""

    def __init__(self, process: "subprocess.Popen[str]", count: int) -> None:
        self.count, self.pid = count, process.pid
        self._to, self._from = cast(IO[str], process.stdin), cast(IO[str], process.stdout)
        came_in = self._hear()
        self.joined_s: float = came_in["greeted_at"] - came_in["began_at"]
        self._seq: int = came_in["seq"]

    def report(self) -> dict[str, Any]:
        """What they were told since the last report."""
        self._to.write("report\n")
        self._to.flush()
        return self._hear()

    def tell(self, publish: Callable[[int], None], *, frames: int, every_s: float, cpu_s: Callable[[], float]) -> Burst:
        """
        Publish so many frames with the next numbers, one every so many seconds, and hear what came of them.

        `cpu_s` gives the CPU seconds that the server has used until now.
        """
        self.report()
        seqs = range(self._seq + 1, self._seq + 1 + frames)
        self._seq += frames
        published: dict[int, float] = {}
        before = cpu_s()
        for seq in seqs:
            published[seq] = time.monotonic()
            publish(seq)
            time.sleep(max(0.0, every_s - (time.monotonic() - published[seq])))
        counts, last_at, lost = self._settle(seqs)
        return Burst(
            deliveries=sum(counts.values()),
            lost=lost,
            last_ms=[(last_at[seq] - at) * 1e3 for seq, at in published.items() if seq in last_at],
            cpu_s=cpu_s() - before,
        )

    def _settle(self, seqs: Sequence[int]) -> tuple[dict[int, int], dict[int, float], int]:
        """Until each client has each frame, or none has come for long enough."""
        counts: dict[int, int] = {}
        last_at: dict[int, float] = {}
        repeated, end = 0, time.monotonic() + SETTLE_S
        while True:
            told = self.report()
            for seq, number in told["counts"].items():
                counts[int(seq)] = counts.get(int(seq), 0) + number
                last_at[int(seq)] = told["last_at"][seq]
            repeated += told["repeated"]
            missing = len(seqs) * self.count - sum(counts.values())
            if missing <= 0 or time.monotonic() > end:
                return counts, last_at, max(0, missing) + repeated
            time.sleep(0.05)

    def _hear(self) -> dict[str, Any]:
        line = self._from.readline()
        if not line:
            raise RuntimeError("the clients are gone; what they said stands above")
        heard: dict[str, Any] = json.loads(line)
        return heard


@contextmanager
def clients(kind: str, *, port: int, target: str, host: str, count: int, window: int = 200) -> Iterator[Clients]:
    """So many clients of this address, in a process of their own; gone afterwards."""
    command = [sys.executable, "-m", "bench.sockets.clients", kind]
    arguments = [str(port), target, host, str(count), str(window)]
    process = subprocess.Popen(
        [*command, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        yield Clients(process, count)
    finally:
        cast(IO[str], process.stdin).close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def allow_files(count: int) -> int:
    """Let this process' children open so many files; how many sockets each may really have."""
    spare = 400
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + spare
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    return min(count, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - spare)
