"""
What a paytable returns when it is played: bets by the hundred million, beside the exact fraction that theory gives.

A bet's hits are made from one random whole number of 64 bits. With p picks, h of them are among 20 of 80 drawn numbers
with the probability C(p, h) C(80 - p, 20 - h) / C(80, 20); the number's range is divided in these proportions, each to
within 2^-64, and where it falls are the hits. That is the law of a real draw, and many times faster than drawing 20
numbers for each bet; `hits_of_draws` does draw them, for whoever doubts it, and a test holds the two together.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache
from itertools import starmap
from math import comb, erfc, sqrt
from multiprocessing import get_context
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from bets.paytables import DRAWN, PICKS_MAX, POOL, Multipliers, PickStatistics, statistics
from reports.statistics.protocol import Progress, leave_ctrl_c_to_parent

Hits = npt.NDArray[np.uint8]
BLOCK = 1 << 15
"""Bets made at a time: their numbers stay in the processor's cache."""
PART = 1 << 22
"""Bets that a worker makes in one go, some hundredths of a second; each part has its own random numbers."""
JOINT_CONFIDENCE = 0.99
"""That the intervals of all pick counts of a run hold the exact return, by chance alone."""


class Method(StrEnum):
    """Where a bet's hits come from."""

    LAW = "law"
    DRAWS = "draws"


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """Bets of one unit each with one pick count: how often there were 0 to 10 hits, and what was paid in hundredths."""

    pick_count: int
    bets: int
    hits: tuple[int, ...]
    paid: int
    cpu_s: float

    def __add__(self, other: "Played") -> "Played":
        return Played(
            pick_count=self.pick_count,
            bets=self.bets + other.bets,
            hits=tuple(a + b for a, b in zip(self.hits, other.hits, strict=True)),
            paid=self.paid + other.paid,
            cpu_s=self.cpu_s + other.cpu_s,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """
    What one pick count returned. `low` and `high` bound an interval about `simulated`; those of all pick counts of a
    run hold the `exact` values together with JOINT_CONFIDENCE. `p_value`: how often chance is further from the exact
    value.
    """

    played: Played
    exact: PickStatistics
    simulated: float
    low: float
    high: float
    p_value: float

    @property
    def holds(self) -> bool:
        """Whether the exact return lies in the interval."""
        return self.low <= self.exact.rtp <= self.high


def simulate(
    table: Multipliers,
    *,
    bets: int,
    seed: str,
    processes: int,
    method: Method = Method.LAW,
    progress: Progress = lambda done: None,
    executor: Executor | None = None,
) -> dict[int, Played]:
    """
    Play so many bets of each pick count of a table. The same seed gives the same, for any number of processes.

    `progress` is told after each part how many bets are played. An `executor` that is given is used and not ended.
    """
    parts = list(_parts(table, bets, seed, method))
    played: dict[int, Played] = {}
    done = 0
    with _mapping(processes, executor) as mapped:
        for one in mapped(parts):
            before = played.get(one.pick_count)
            played[one.pick_count] = one if before is None else before + one
            done += one.bets
            progress(done)
    return played


def judge(table: Multipliers, played: Mapping[int, Played]) -> list[Return]:
    """
    Each pick count's return with its interval.

    The standard deviation is the exact one and not that of the sample: a prize that comes once in nine million bets may
    be missing from both the mean and the deviation of a sample, which would then be too sure of itself.
    """
    quantile = NormalDist().inv_cdf(1 - (1 - JOINT_CONFIDENCE) / len(played) / 2)
    return [_return_of(one, statistics(pick, table[pick]), quantile) for pick, one in sorted(played.items())]


def _return_of(played: Played, exact: PickStatistics, quantile: float) -> Return:
    simulated = Fraction(played.paid, 100 * played.bets)
    error = exact.standard_deviation / sqrt(played.bets)
    off = float(simulated - exact.rtp)
    return Return(
        played=played,
        exact=exact,
        simulated=float(simulated),
        low=float(simulated) - quantile * error,
        high=float(simulated) + quantile * error,
        p_value=erfc(abs(off) / error / sqrt(2)) if error else float(off == 0),
    )


def hits_by_law(random: np.random.Generator, pick_count: int, bets: int) -> Hits:
    """The hits of so many bets, each of one random number of 64 bits."""
    numbers = random.integers(0, 2**64 - 1, size=bets, dtype=np.uint64, endpoint=True)
    hits = np.zeros(bets, np.uint8)
    for threshold in thresholds(pick_count):
        hits += numbers >= threshold
    return hits


def hits_of_draws(random: np.random.Generator, pick_count: int, bets: int) -> Hits:
    """
    The hits of so many bets, each with a draw of its own of 20 out of 80 numbers, without replacement and in order.

    All bet on the numbers 1 to `pick_count`: to a fair draw all sets of numbers are alike.
    """
    pool = np.repeat(np.arange(1, POOL + 1, dtype=np.uint8)[:, None], bets, axis=1)
    bet = np.arange(bets)
    for place in range(DRAWN):  # the first steps of a shuffle, in all bets at once
        chosen = random.integers(place, POOL, size=bets)
        pool[place], pool[chosen, bet] = pool[chosen, bet], pool[place].copy()
    hits: Hits = (pool[:DRAWN] <= pick_count).sum(axis=0, dtype=np.uint8)
    return hits


@cache
def thresholds(pick_count: int) -> tuple[np.uint64, ...]:
    """From which of the 2^64 numbers on a bet has at least 1, 2, ... hits."""
    ways = [comb(pick_count, h) * comb(POOL - pick_count, DRAWN - h) for h in range(pick_count + 1)]
    return tuple(np.uint64((sum(ways[:h]) << 64) // comb(POOL, DRAWN)) for h in range(1, pick_count + 1))


_MAKERS: Mapping[Method, Callable[[np.random.Generator, int, int], Hits]] = {
    Method.LAW: hits_by_law,
    Method.DRAWS: hits_of_draws,
}


def play_part(pick_count: int, row: tuple[int, ...], bets: int, key: tuple[int, int], method: Method) -> Played:
    """One part of a simulation. `row` has the multiplier of 0 to 10 hits in hundredths, `key` the seed and the part."""
    began = time.process_time()
    seed, part = key
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(pick_count, part))))
    pays, hits, paid = np.array(row, np.uint32), np.zeros(PICKS_MAX + 1, np.int64), 0
    for start in range(0, bets, BLOCK):
        own = _MAKERS[method](random, pick_count, min(BLOCK, bets - start))
        paid += int(pays.take(own).sum(dtype=np.int64))
        hits += np.bincount(own, minlength=PICKS_MAX + 1)
    cpu_s = time.process_time() - began
    return Played(pick_count=pick_count, bets=bets, hits=tuple(map(int, hits)), paid=paid, cpu_s=cpu_s)


_Part = tuple[int, tuple[int, ...], int, tuple[int, int], Method]


def _parts(table: Multipliers, bets: int, seed: str, method: Method) -> Iterator[_Part]:
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big")
    for pick, row in sorted(table.items()):
        pays = tuple(row.get(hits, 0) for hits in range(PICKS_MAX + 1))
        for part, start in enumerate(range(0, bets, PART)):
            yield pick, pays, min(PART, bets - start), (number, part), method


@contextmanager
def workers(processes: int) -> Iterator[Executor]:
    """Processes for `simulate`; not forked, as a copy of this one would hold its connections to the database."""
    pool = ProcessPoolExecutor(processes, get_context("spawn"), initializer=leave_ctrl_c_to_parent)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _mapping(processes: int, executor: Executor | None) -> Iterator[Callable[[list[_Part]], Iterator[Played]]]:
    """Something that plays parts and gives what came out, in their order."""
    if executor is not None:
        yield lambda parts: executor.map(play_part, *zip(*parts, strict=True))
    elif processes == 1:
        yield lambda parts: starmap(play_part, parts)
    else:
        with workers(processes) as pool:
            yield lambda parts: pool.map(play_part, *zip(*parts, strict=True))
