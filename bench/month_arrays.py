"""Columns of a made month that are worked out for many rows at once."""

from datetime import UTC, datetime
from typing import Any

CHUNK = 100_000
_POSTGRES_EPOCH_MS = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp() * 1000)


def parts_of(count: int) -> list[slice]:
    """So many rows in chunks."""
    return [slice(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK)]


def ids_at(random: Any, moments_ms: Any) -> Any:
    """UUIDv7s with these times, in their order, whose last four bits are zero as a bet's are."""
    import numpy as np

    count = len(moments_ms)
    raw = random.integers(0, 256, (count, 16), dtype=np.uint8)
    raw[:, :6] = moments_ms.astype(">u8").view(np.uint8).reshape(count, 8)[:, 2:]
    raw[:, 6] = 0x70 | (raw[:, 6] & 0x0F)
    raw[:, 8] = 0x80 | (raw[:, 8] & 0x3F)
    raw[:, 15] &= 0xF0
    return raw


def moments(moments_ms: Any) -> Any:
    """As PostgreSQL counts time: microseconds since 2000."""
    return (moments_ms - _POSTGRES_EPOCH_MS) * 1000


def uuid(raw: Any) -> str:
    """Sixteen bytes as text."""
    text = bytes(raw).hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def running(balances: Any, who: Any, amounts: Any) -> Any:
    """The balance after each of these movements, which are in their order; `balances` goes on to the last."""
    import numpy as np

    order = np.argsort(who, kind="stable")
    sums, own = np.cumsum(amounts[order]), who[order]
    begins = np.flatnonzero(np.r_[True, own[1:] != own[:-1]])
    before = np.repeat(sums[begins] - amounts[order][begins], np.diff(np.r_[begins, len(own)]))
    after = np.empty_like(sums)
    after[order] = balances[own] + sums - before
    np.add.at(balances, who, amounts)
    return after
