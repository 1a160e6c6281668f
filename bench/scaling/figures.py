"""Figures out of many measurements: percentiles of delays, and how many were too long."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

PERCENTILES = (50.0, 95.0, 99.0, 99.9)
_ROUNDING = 1e-6


def percentile(ordered: Sequence[float], per_cent: float) -> float:
    """
    The smallest measured value that at least so many per cent of all are not above: never one between two of them.

    :raises ValueError: nothing was measured.
    """
    if not ordered:
        raise ValueError("nothing was measured")
    place = math.ceil(per_cent * len(ordered) / 100 - _ROUNDING)
    return ordered[max(place, 1) - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """What came of many delays, in milliseconds. Without any, all are NaN and `count` is 0."""

    count: int
    p50: float
    p95: float
    p99: float
    p999: float
    worst: float

    @classmethod
    def of(cls, delays_ms: Sequence[float]) -> "Delays":
        if not delays_ms:
            return cls(count=0, p50=math.nan, p95=math.nan, p99=math.nan, p999=math.nan, worst=math.nan)
        ordered = sorted(delays_ms)
        p50, p95, p99, p999 = (percentile(ordered, each) for each in PERCENTILES)
        return cls(count=len(ordered), p50=p50, p95=p95, p99=p99, p999=p999, worst=ordered[-1])

    def as_json(self) -> Mapping[str, float | None]:
        """With None for what is not known: JSON has no NaN."""
        shown = {name: round(value, 3) for name, value in asdict(self).items()}
        return {name: None if math.isnan(value) else value for name, value in shown.items()}


def count_over(delays_ms: Sequence[float], limit_ms: float) -> int:
    """How many are above the limit; one that is exactly there is still in time."""
    return sum(each > limit_ms for each in delays_ms)
