"""
State frames to thousands of sockets of one game, beside the same frames by Socket.IO: CPU for a million deliveries,
when the last client has each, and what was lost; and what a socket holds of memory, and how fast all come back.
"""

import statistics
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import redis

from bench.harness import Bench, Row, Web, meets
from bench.sockets import socketio
from bench.sockets.fleet import Burst, Clients, allow_files, clients

if TYPE_CHECKING:
    from operators.models import Operator
    from rounds.models import Round

ORDER, SECONDS = 90, 45
QUICK = False
REPEATS, FRAMES = 5, 8
EVERY_S, FEW, EVERY_FEW_S = 0.4, 1000, 0.1
"""Between frames: long enough for the last of all clients, or of a few, to have the one before."""
STORM, STORM_S = 1000, 5.0
"""How many connect at one time, and how long all may take."""
YARDSTICK = "Socket.IO 4.8 on Node with its Redis adapter"
INSIDE = {"KENO_ALLOWED_HOSTS": "localhost,.localhost,127.0.0.1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A game with an open round, on an operator's domain."""

    operator: "Operator"
    round: "Round"

    @property
    def target(self) -> str:
        return f"/ws/v1/games/{self.round.game.code}"

    @property
    def host(self) -> str:
        return f"{self.operator.slug}.localhost"

    def frame(self, seq: int) -> dict[str, Any]:
        """The frame that the opening of the round sent, with this number."""
        from rounds import announce

        return {"type": "round.opened", "seq": seq, **announce.describe(self.round)}

    def publish(self, seq: int) -> None:
        """Tell the sockets, as every change of a round is told."""
        from keno_platform.live import topics

        topics.publish([(topics.game_topic(self.round.game.code), self.frame(seq))])


def run(bench: Bench) -> Iterable[Row]:
    number = allow_files(bench.scale(5000, 500))
    stage = set_stage()
    with bench.web(**INSIDE) as web, joined(web, stage, number) as own:
        held = own.kib_each
        bench.progress(f"{number:,} sockets were in after {own.clients.joined_s:.1f} s")
        try:
            with _socketio(bench, number) as (yardstick, others):
                mine, theirs = _in_turns(bench, stage, own, yardstick, others)
        except socketio.NotHere as missing:
            yield _alone(number, [tell(stage, own, FRAMES)], note=f"not compared: {missing}")
        else:
            yield from _compared(number, mine, theirs)
    yield _storm(number, own.clients.joined_s, held)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Clients of a web process."""

    web: Web
    clients: Clients
    kib_each: float
    """Memory of the web process for each, in KiB."""


@contextmanager
def joined(web: Web, stage: Stage, number: int) -> Iterator[Joined]:
    """So many clients in at once, as after a restart."""
    port, before = int(web.rpartition(":")[2]), _memory(web.pid)
    with clients("keno", port=port, target=stage.target, host=stage.host, count=number, window=STORM) as all_in:
        yield Joined(web=web, clients=all_in, kib_each=(_memory(web.pid) - before) / number / 1024)


def set_stage() -> Stage:
    """What the clients look at."""
    from bench.setting import make_game, make_operator, open_round

    operator, _ = make_operator("sockets")
    return Stage(operator=operator, round=open_round(make_game("sockets")))


def tell(stage: Stage, told: Joined, frames: int) -> Burst:
    """Frames of the stage's game to clients of the platform."""
    return told.clients.tell(stage.publish, frames=frames, every_s=pace(told.clients), cpu_s=told.web.cpu_s)


def pace(told: Clients) -> float:
    """Seconds between frames for so many."""
    return EVERY_FEW_S if told.count <= FEW else EVERY_S


def _in_turns(
    bench: Bench, stage: Stage, own: Joined, yardstick: socketio.SocketIo, others: Clients
) -> tuple[list[Burst], list[Burst]]:
    broker = redis.Redis.from_url(bench.redis_url)

    def publish(seq: int) -> None:
        broker.publish(*socketio.as_published(stage.frame(seq)))

    mine: list[Burst] = []
    theirs: list[Burst] = []
    with broker:
        for _ in range(REPEATS):
            theirs.append(others.tell(publish, frames=FRAMES, every_s=pace(others), cpu_s=yardstick.cpu_s))
            mine.append(tell(stage, own, FRAMES))
    return mine, theirs


@contextmanager
def _socketio(bench: Bench, number: int) -> Iterator[tuple[socketio.SocketIo, Clients]]:
    with (
        tempfile.TemporaryDirectory() as home,
        socketio.serving(bench.redis_url, Path(home)) as server,
        clients("socketio", port=server.port, target=server.target, host="127.0.0.1", count=number) as others,
    ):
        bench.progress(f"{number:,} clients of Socket.IO were in after {others.joined_s:.1f} s")
        yield server, others


def _compared(number: int, mine: Sequence[Burst], theirs: Sequence[Burst]) -> Iterable[Row]:
    cpu, other_cpu = _each(mine, "cpu_s_per_million"), _each(theirs, "cpu_s_per_million")
    last, other_last = _each(mine, "last_client_ms"), _each(theirs, "last_client_ms")
    yield _against(
        f"state frame to {number:,} sockets, CPU for a million deliveries", "CPU-s", "<= 0.7 x", cpu, other_cpu
    )
    yield _against(f"state frame to {number:,} sockets, until the last has it", "ms", "<= 1 x", last, other_last)
    yield _lost(number, mine, {"lost_by_socketio": float(sum(one.lost for one in theirs))})


def _against(name: str, unit: str, target: str, work: Sequence[float], yardstick: Sequence[float]) -> Row:
    value, other = statistics.median(work), statistics.median(yardstick)
    return Row(
        name=name,
        value=value,
        unit=unit,
        target=target,
        met=meets(target, value / other),
        yardstick=YARDSTICK,
        yardstick_value=other,
        ratio=value / other,
        samples=tuple(work),
        yardstick_samples=tuple(yardstick),
    )


def _alone(number: int, mine: Sequence[Burst], *, note: str) -> Row:
    cpu, last = _each(mine, "cpu_s_per_million"), _each(mine, "last_client_ms")
    return Row(
        name=f"state frame to {number:,} sockets, CPU for a million deliveries",
        value=statistics.median(cpu),
        unit="CPU-s",
        target="<= 0.7 x",
        met=None,
        note=note,
        samples=tuple(cpu),
        figures={"last_client_ms": statistics.median(last), "lost": float(sum(one.lost for one in mine))},
    )


def _lost(number: int, mine: Sequence[Burst], figures: dict[str, float]) -> Row:
    lost = sum(one.lost for one in mine)
    deliveries = sum(one.deliveries for one in mine)
    return Row(
        name=f"state frame to {number:,} sockets, lost of {deliveries:,} deliveries",
        value=lost,
        unit="frames",
        target="<= 0",
        met=lost == 0,
        figures=figures,
    )


def _storm(number: int, seconds: float, kib_each: float) -> Row:
    return Row(
        name=f"{number:,} sockets that all connect at once, until the last has its hello",
        value=seconds,
        unit="s",
        target=f"<= {STORM_S:g} s",
        met=seconds <= STORM_S,
        figures={"kib_per_socket": kib_each},
    )


def _each(bursts: Sequence[Burst], figure: str) -> list[float]:
    return [float(getattr(one, figure)) for one in bursts]


def _memory(pid: int) -> int:
    """What only this process holds, in bytes."""
    return int(psutil.Process(pid).memory_full_info().uss)
