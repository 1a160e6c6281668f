"""Counting draws: everything that the tests and the plot look at, in one pass over the draws."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fairness.draw import DRAW_SIZE, POOL_SIZE
from reports.statistics.distributions import MIDDLE_SUM

Draws = npt.NDArray[np.uint8]
"""One row a draw, its 20 numbers in the order of the draw."""
Counts = npt.NDArray[np.int64]

CHUNK = 1 << 16
_BYTES_OF_A_SET = POOL_SIZE // 8
_ALL_SEEN = (1 << POOL_SIZE) - 1


class DrawsInvalid(ValueError):
    """What is to be counted are not draws: 20 different numbers of 1 to 80 each."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tally:
    """The counts of a series of draws."""

    draws: int
    positions: Counts
    """20 x 80: how often each number was the first ball, the second, ..."""
    pairs: Counts
    """80 x 80, symmetric: how often two numbers were in one draw; on the diagonal how often each was drawn."""
    overlaps: Counts
    """21: how many pairs of consecutive draws share 0, 1, ... 20 numbers."""
    collections: Counts
    """How many draws each collection of all 80 numbers took, one after the other; the unfinished last is left out."""
    high: int
    """Draws whose sum is above 810."""
    low: int
    """Draws whose sum is below 810."""
    runs: int
    """Unbroken rows of high or of low draws, those of exactly 810 left out."""

    @property
    def numbers(self) -> Counts:
        """80: how often each number was drawn."""
        return self.pairs.diagonal()

    @property
    def first_ball(self) -> Counts:
        """80: how often each number was drawn first."""
        return np.asarray(self.positions[0])


def count_draws(draws: Draws) -> Tally:
    """
    Count these draws, in their order.

    :raises DrawsInvalid: a row is not a draw.
    """
    if draws.ndim != 2 or draws.shape[1] != DRAW_SIZE or draws.dtype != np.uint8:
        raise DrawsInvalid(f"draws are rows of {DRAW_SIZE} bytes, not an array of {draws.shape} {draws.dtype}")
    if not draws.size or draws.min() < 1 or draws.max() > POOL_SIZE:
        raise DrawsInvalid(f"there must be draws, and their numbers are 1 to {POOL_SIZE}")
    positions = np.zeros((DRAW_SIZE, POOL_SIZE), np.int64)
    pairs = np.zeros((POOL_SIZE, POOL_SIZE), np.int64)
    sets = np.empty((len(draws), _BYTES_OF_A_SET), np.uint8)
    for start in range(0, len(draws), CHUNK):
        chunk = draws[start : start + CHUNK]
        positions += _by_position(chunk)
        indicators = _indicators(chunk)
        pairs += _by_pair(indicators)
        sets[start : start + CHUNK] = np.packbits(indicators, axis=1)
    high, low, runs = _count_runs(draws)
    return Tally(
        draws=len(draws),
        positions=positions,
        pairs=pairs,
        overlaps=_count_overlaps(sets),
        collections=np.fromiter(_collections(sets), np.int64),
        high=high,
        low=low,
        runs=runs,
    )


def _by_position(chunk: Draws) -> Counts:
    cells = np.arange(DRAW_SIZE) * POOL_SIZE + (chunk.astype(np.int64) - 1)
    return np.bincount(cells.ravel(), minlength=DRAW_SIZE * POOL_SIZE).reshape(DRAW_SIZE, POOL_SIZE)


def _indicators(chunk: Draws) -> npt.NDArray[np.bool_]:
    """A row for each draw that is true where a number is in it."""
    indicators = np.zeros((len(chunk), POOL_SIZE), np.bool_)
    indicators[np.arange(len(chunk))[:, None], chunk - 1] = True
    if np.count_nonzero(indicators) != chunk.size:
        raise DrawsInvalid("a draw has a number twice")
    return indicators


def _by_pair(indicators: npt.NDArray[np.bool_]) -> Counts:
    """80 x 80. Each number becomes a row of bits, one for each draw: faster than a product of matrices, and exact."""
    padded = np.zeros((POOL_SIZE, -(-len(indicators) // 64) * 64), np.bool_)
    padded[:, : len(indicators)] = indicators.T
    words = np.packbits(padded, axis=1).view(np.uint64)
    return np.array([np.bitwise_count(words & own).sum(axis=1, dtype=np.int64) for own in words])


def _count_overlaps(sets: npt.NDArray[np.uint8]) -> Counts:
    shared = np.bitwise_count(sets[1:] & sets[:-1]).sum(axis=1, dtype=np.int64)
    return np.bincount(shared, minlength=DRAW_SIZE + 1)


def _collections(sets: npt.NDArray[np.uint8]) -> Iterator[int]:
    """The lengths of the collections, one after the other, each begun with the draw after the last one's end."""
    raw, seen, length = sets.tobytes(), 0, 0
    for at in range(0, len(raw), _BYTES_OF_A_SET):
        seen |= int.from_bytes(raw[at : at + _BYTES_OF_A_SET], "big")
        length += 1
        if seen == _ALL_SEEN:
            yield length
            seen, length = 0, 0


def _count_runs(draws: Draws) -> tuple[int, int, int]:
    """(high, low, runs)"""
    sums = draws.sum(axis=1, dtype=np.int64)
    high = sums[sums != MIDDLE_SUM] > MIDDLE_SUM
    changes = int(np.count_nonzero(high[1:] != high[:-1]))
    return int(high.sum()), int((~high).sum()), changes + bool(high.size)
