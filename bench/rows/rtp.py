"""What a paytable returns: played by the hundred million, and computed as an exact fraction."""

import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from statistics import median

from bench.harness import Bench, Row, interleave, meets

ORDER, SECONDS = 110, 4
TARGET, TARGET_EXACT = ">= 20 M bets/s on two cores", "< 1 ms"
CORES = 2
REPEATS = 3


def run(bench: Bench) -> Iterable[Row]:
    try:
        from reports.statistics import returns
    except ModuleNotFoundError as missing:
        yield Row(
            name="RTP simulation",
            value=None,
            unit="M bets/s",
            target=TARGET,
            met=None,
            note=f"needs {missing.name}: the extra `analysis`",
        )
    else:
        with returns.workers(CORES) as executor:
            yield _simulated(bench, executor)
    yield _exact(bench)


def _simulated(bench: Bench, executor: Executor) -> Row:
    """`manage.py simulate_rtp` without its files: every pick count of the default paytable."""
    from bets.paytables import K88
    from reports.statistics import returns
    from reports.statistics.returns import Method

    bets = bench.scale(20_000_000, 4_000_000)
    cpu: list[float] = []
    held: list[bool] = []
    seeds = iter(range(1_000_000))

    def play(method: Method, each: int) -> Callable[[], float]:
        def million_a_second() -> float:
            seed = f"bench {next(seeds)}"
            began = time.perf_counter()
            played = returns.simulate(K88, bets=each, seed=seed, processes=CORES, method=method, executor=executor)
            took = time.perf_counter() - began
            if method is Method.LAW:
                cpu.append(sum(one.cpu_s for one in played.values()) / (each * len(K88)))
                held.extend(one.holds for one in returns.judge(K88, played))
            return each * len(K88) / took / 1e6

        return million_a_second

    play(Method.LAW, 1000)()  # the processes have started
    cpu.clear()
    held.clear()
    pair = interleave(play(Method.LAW, bets), play(Method.DRAWS, bets // 100), repeats=bench.scale(REPEATS, 1))
    return Row(
        name=f"RTP simulation: all ten pick counts of the default paytable, {bets / 1e6:.0f} M bets each",
        value=pair.value,
        unit="M bets/s",
        target=TARGET,
        met=meets(TARGET, pair.value),
        yardstick="the same with 20 numbers drawn for each bet, also NumPy, two processes",
        yardstick_value=pair.yardstick_value,
        ratio=pair.ratio,
        samples=pair.work,
        yardstick_samples=pair.yardstick,
        figures={
            "cpu_ns_per_bet": median(cpu) * 1e9,
            "cores_of_the_machine": float(os.cpu_count() or 1),
            "exact_rtp_within_interval": sum(held) / len(held),
        },
        note=f"{sum(held)} of {len(held)} intervals (99 % for a run of ten pick counts) hold the exact RTP",
    )


def _exact(bench: Bench) -> Row:
    """The exact fractions of a whole paytable, as the gate at the house edge computes them."""
    from bets.paytables import K88, check

    repeats = bench.scale(300, 100)
    samples = []
    for _ in range(repeats):
        began = time.perf_counter()
        check(K88)
        samples.append((time.perf_counter() - began) * 1e3)
    value = median(samples)
    return Row(
        name="exact RTP, hit frequency and deviation of a whole paytable (all ten pick counts), as fractions",
        value=value,
        unit="ms",
        target=TARGET_EXACT,
        met=meets(TARGET_EXACT, value),
        samples=tuple(samples[:9]),
    )
