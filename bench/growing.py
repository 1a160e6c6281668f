"""
What the growth rows share: placement in this process at several sizes of something, in turns, with latency and CPU.

CPU is that of this process and of its connections' backends at the server, which must run on this machine.
"""

import contextlib
import statistics
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from bench import plots
from bench.harness import Bench, Row, meets

if TYPE_CHECKING:
    from bets.slips import SlipAsk
    from operators.models import Operator
    from rounds.models import Round

TARGET = "<= 1.2x"
BATCHES = (1, 64)
WARM_CALLS = 8
"""The server plans a function's statements anew for the first five calls in a session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A size, and who plays at it: operators, each with its players' tokens."""

    size: int
    players: "Sequence[tuple[Operator, Sequence[str]]]"


@dataclass(slots=True)
class Taken:
    """What was measured at one size with one batch: each call's seconds, and each slice's CPU seconds a bet."""

    latencies: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    server_cpu: list[float] = field(default_factory=list)

    @property
    def latency_ms(self) -> float:
        return statistics.median(self.latencies) * 1e3

    @property
    def cpu_us(self) -> float:
        return statistics.median(self.cpu) * 1e6


Measured = dict[int, dict[int, Taken]]
"""By batch and size."""


def measure(bench: Bench, sizes: Sequence[Size], one: "Round") -> Measured:
    """Place at each size in turns, in short slices, single bets and batches: what disturbs, disturbs all alike."""
    calls = {1: 20, 64: 4}
    for operator, tokens in {whose[0].pk: whose for own in sizes for whose in own.players}.values():
        _warm(operator, tokens, one)
    found: Measured = {batch: {own.size: Taken() for own in sizes} for batch in BATCHES}
    backends = _backends()
    for turn in range(bench.scale(18, 6)):
        for batch in BATCHES:
            for own in sizes:
                _sample(own, one, batch, calls[batch], turn, backends, found[batch][own.size])
    return found


def rows(bench: Bench, measured: Measured, *, what: str, name: str, note: str = "", x: str) -> Iterator[Row]:
    """A row for each batch: the larger of the growths of latency and CPU from the smallest size to the largest."""
    for batch, by_size in measured.items():
        sizes = sorted(by_size)
        first, last = by_size[sizes[0]], by_size[sizes[-1]]
        latency = [by_size[size].latency_ms / batch for size in sizes]
        cpu = [by_size[size].cpu_us for size in sizes]
        growth = max(last.latency_ms / first.latency_ms, last.cpu_us / first.cpu_us)
        kind = "single bets" if batch == 1 else f"batches of {batch}"
        _picture(bench.pictures / f"growth_{name}_{batch}.png", f"{what}: {kind}", x, sizes, latency, cpu)
        figures = {
            "latency_growth": last.latency_ms / first.latency_ms,
            "cpu_growth": last.cpu_us / first.cpu_us,
            "latency_exponent": plots.fit_exponent(sizes, latency),
            "cpu_exponent": plots.fit_exponent(sizes, cpu),
        }
        for size, taken in sorted(by_size.items()):
            figures[f"latency_ms_at_{size}"] = taken.latency_ms
            figures[f"cpu_us_per_bet_at_{size}"] = taken.cpu_us
            figures[f"server_cpu_us_per_bet_at_{size}"] = statistics.median(taken.server_cpu) * 1e6
        yield Row(
            name=f"growth: placing in {kind}, {what} from {sizes[0]:,} to {sizes[-1]:,}",
            value=growth,
            unit="x latency or CPU a bet, whichever grew more",
            yardstick=f"the same at {sizes[0]:,}",
            yardstick_value=1.0,
            ratio=growth,
            target=TARGET,
            met=meets(TARGET, growth),
            samples=tuple(by_size[sizes[-1]].cpu),
            yardstick_samples=tuple(by_size[sizes[0]].cpu),
            figures=figures,
            note=note,
        )


def _picture(
    path: Path, title: str, x: str, sizes: Sequence[int], latency: Sequence[float], cpu: Sequence[float]
) -> None:
    series: Mapping[str, Any] = {
        "latency a bet (microseconds)": list(zip(sizes, [1e3 * one for one in latency], strict=True)),
        "CPU a bet (microseconds)": list(zip(sizes, cpu, strict=True)),
    }
    plots.line(path, title=title, x=x, y="microseconds", series=series, log="x", growth=True)


def _warm(operator: "Operator", tokens: Sequence[str], one: "Round") -> None:
    for batch in (*[1] * WARM_CALLS, BATCHES[-1]):
        _place(operator, _asks(operator, tokens, one, batch))


def _sample(own: Size, one: "Round", batch: int, calls: int, turn: int, backends: Sequence[int], into: Taken) -> None:
    """One slice; the next one goes on with the operators behind it."""
    asked = []
    for n in range(turn * calls, (turn + 1) * calls):
        operator, tokens = own.players[n % len(own.players)]
        asked.append((operator, _asks(operator, tokens, one, batch)))
    server, client = _cpu_of(backends), time.process_time()
    for operator, asks in asked:
        began = time.perf_counter()
        _place(operator, asks)
        into.latencies.append(time.perf_counter() - began)
    client_used, server_used = time.process_time() - client, _cpu_of(backends) - server
    into.cpu.append((client_used + server_used) / (calls * batch))
    into.server_cpu.append(server_used / (calls * batch))


def _asks(operator: "Operator", tokens: Sequence[str], one: "Round", batch: int) -> "list[SlipAsk]":
    from bets.slips import SlipAsk

    return [
        SlipAsk(
            key=f"o:{uuid4()}",
            player_token=tokens[(n * 37) % len(tokens)],
            picks=[7, 21, 63],
            stake="1.00",
            currency=operator.currency_code,
            round_id=one.pk,
        )
        for n in range(batch)
    ]


def _place(operator: "Operator", asks: "Sequence[SlipAsk]") -> None:
    from bets.services.placement import place_slips

    refused = [placed for placed in place_slips(operator=operator, asks=asks) if isinstance(placed, Exception)]
    if refused:
        raise RuntimeError(f"a bet was refused: {refused[0]!r}")


def _backends() -> list[int]:
    """The process ids of this process's connections at the server."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name ="
            " current_setting('application_name') AND datname = current_database()"
        )
        return [pid for (pid,) in cursor.fetchall()]


def _cpu_of(pids: Iterable[int]) -> float:
    """CPU seconds of these processes until now."""
    return sum(map(_cpu_of_one, pids))


def _cpu_of_one(pid: int) -> float:
    import psutil

    with contextlib.suppress(OSError, ValueError):  # to the nanosecond, where Linux tells it
        used = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
        if used:
            return used
    with contextlib.suppress(psutil.Error):
        times = psutil.Process(pid).cpu_times()
        return float(times.user + times.system)
    return 0.0


def settle_down() -> None:
    """After filling: what the server would write in the background while something else is measured, where we may."""
    from django.db import DatabaseError, connection

    with contextlib.suppress(DatabaseError), connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")


def cannot(name: str, why: str) -> Row:
    """The row of a measurement that this machine cannot make."""
    return Row(name=name, value=None, unit="x", target=TARGET, met=None, note=why)
