"""
Identifiers. Rows have UUIDv7 (RFC 9562): ordered by time, so that tables can be partitioned by day
on the key itself. Secrets never come from here.

A bet's id has its four lowest bits at zero, and the id of a money movement that the bet causes is the
bet's id plus the movement's number. So the primary key of the movements alone forbids a second
stake, payout or refund of one bet, across all partitions.
"""

import os
import threading
import time
from datetime import datetime
from uuid import UUID

from keno_platform.core.clock import to_milliseconds

_lock = threading.Lock()
_last = 0


def uuid7() -> UUID:
    """A UUIDv7 with 48 bits of milliseconds, 12 of their fraction, and 62 random ones; rising within a process."""
    global _last
    nanoseconds = time.time_ns()
    stamp = (nanoseconds // 1_000_000) << 12 | (nanoseconds % 1_000_000) * 4096 // 1_000_000
    with _lock:
        stamp = _last = max(stamp, _last + 1)
    random = int.from_bytes(os.urandom(8), "big") >> 2
    return UUID(int=(stamp >> 12) << 80 | 7 << 76 | (stamp & 0xFFF) << 64 | 2 << 62 | random)


def bet_id() -> UUID:
    """A UUIDv7 whose four lowest bits are left free for the movements of the bet."""
    return UUID(int=uuid7().int & ~0xF)


def uuid7_floor(moment: datetime) -> UUID:
    """The smallest id that could have been made at this moment: the bound of a partition or a time filter."""
    return UUID(int=to_milliseconds(moment) << 80)
