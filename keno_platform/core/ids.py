"""
Identifiers. Rows have UUIDv7 (RFC 9562): ordered by time, so that tables can be partitioned by day
on the key itself. Secrets never come from here.

A bet's id has its four lowest bits at zero, and the id of a money movement that the bet causes is the
bet's id plus the movement's number. So the primary key of the movements alone forbids a second
stake, payout or refund of one bet, across all partitions.
"""

import threading
import time
from datetime import datetime
from uuid import UUID

from keno_platform.core import randomness
from keno_platform.core.clock import to_milliseconds


class _Clock:
    """The last stamp that was given out, so that the next one is later."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def tick(self) -> int:
        """60 bits: 48 of milliseconds and 12 of their fraction, rising within a process."""
        nanoseconds = time.time_ns()
        stamp = (nanoseconds // 1_000_000) << 12 | (nanoseconds % 1_000_000) * 4096 // 1_000_000
        with self._lock:
            self._last = max(stamp, self._last + 1)
            return self._last


_clock = _Clock()


def uuid7() -> UUID:
    """A UUIDv7: a stamp of 60 bits, rising within a process, and 62 random bits."""
    return UUID(int=_new())


def bet_id() -> UUID:
    """A UUIDv7 whose four lowest bits are left free for the movements of the bet."""
    return UUID(int=_new() & ~0xF)


def uuid7_text() -> str:
    """The text of a UUIDv7, for names that nobody computes with."""
    digits = f"{_new():032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _new() -> int:
    stamp = _clock.tick()
    random = int.from_bytes(randomness.take(8), "big") >> 2
    return (stamp >> 12) << 80 | 7 << 76 | (stamp & 0xFFF) << 64 | 2 << 62 | random


def uuid7_floor(moment: datetime) -> UUID:
    """The smallest id that could have been made at this moment: the bound of a partition or a time filter."""
    return UUID(int=max(to_milliseconds(moment), 0) << 80)
