"""
What a delivery costs as sockets of one game grow from a hundred to ten thousand: CPU of the web process for each, with
the exponent of its growth, and when the last client has its frame.
"""

from collections.abc import Iterable

from bench import plots
from bench.harness import Bench, Row, meets
from bench.rows.sockets import INSIDE, Joined, Stage, joined, set_stage, tell
from bench.sockets.fleet import Burst, allow_files

ORDER, SECONDS = 210, 30
QUICK = False
SIZES, QUICK_SIZES = (100, 300, 1000, 10_000), (100, 300, 1000)
DELIVERIES = 60_000
FRAMES_MIN, FRAMES_MAX = 6, 40


def run(bench: Bench) -> Iterable[Row]:
    stage, sizes = set_stage(), bench.scale(SIZES, QUICK_SIZES)
    allowed = allow_files(max(sizes))
    bursts: dict[int, Burst] = {}
    with bench.web(**INSIDE) as web:
        for size in sorted({min(size, allowed) for size in sizes}):
            with joined(web, stage, size) as all_in:
                bursts[size] = _measure(bench, stage, all_in, size)
                bench.progress(f"{size:,} sockets: {bursts[size].cpu_s_per_million:.1f} us CPU a delivery")
    _draw(bench, bursts)
    yield _grown(bursts)


def _measure(bench: Bench, stage: Stage, all_in: Joined, size: int) -> Burst:
    """As many deliveries at each size, within reason; so CPU time is well above the clock's ticks."""
    tell(stage, all_in, 2)
    wanted = bench.scale(DELIVERIES, DELIVERIES // 10) // size
    return tell(stage, all_in, max(FRAMES_MIN, min(FRAMES_MAX, wanted)))


def _draw(bench: Bench, bursts: dict[int, Burst]) -> None:
    plots.line(
        bench.pictures / "growth_sockets.png",
        title="A state frame to the sockets of one game",
        x="sockets",
        y="",
        series={
            "CPU a delivery, us": [(size, one.cpu_s_per_million) for size, one in bursts.items()],
            "until the last has it, ms": [(size, one.last_client_ms) for size, one in bursts.items()],
        },
        log="xy",
        growth=True,
    )


def _grown(bursts: dict[int, Burst]) -> Row:
    costs = {size: one.cpu_s_per_million for size, one in bursts.items()}
    largest, target = max(costs), "<= 1.2 x"
    first = max((size for size in costs if size * 10 <= largest), default=min(costs))
    ratio = costs[largest] / costs[first]
    return Row(
        name=f"CPU a delivery at {largest:,} sockets, against {first:,}",
        value=costs[largest],
        unit="us",
        target=target,
        met=meets(target, ratio),
        yardstick=f"{first:,} sockets",
        yardstick_value=costs[first],
        ratio=ratio,
        figures={
            "exponent": plots.fit_exponent(list(costs), list(costs.values())),
            "lost": float(sum(one.lost for one in bursts.values())),
            "last_client_ms": bursts[largest].last_client_ms,
        },
    )
