"""
Accepted placements in the request log, and calls beyond a rate limit: one by one up to a rate, and beyond it counted.

An accepted placement stands in the bets already, with its key, its moment and all that was answered. At thousands a
second the log of their calls would cost more than placing them, so each process lists so many a second and writes one
entry for the rest. So it does with calls that were refused because there are too many of them: nobody is to fill the
log by calling too often. What was refused for another reason, or failed, is always listed.
"""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings

from calls import recorder
from keno_platform.core import clock

TELL_EVERY_S = 10.0
ACCEPTED, LIMITED = 201, 429
WORDS = {ACCEPTED: "accepted placements", LIMITED: "calls beyond a rate limit"}


@dataclass(frozen=True, slots=True)
class Kind:
    """Calls that are counted together."""

    operator_id: UUID | None
    key_hint: str
    path: str
    method: str = "POST"
    status: int = ACCEPTED


@dataclass(slots=True)
class Tally:
    """The count of one process. So many bets a second are listed, and after a quiet second again; calls stay whole."""

    per_second: int
    _second: int = 0
    _listed: int = 0
    _counted: Counter[Kind] = field(default_factory=Counter)
    _since: datetime | None = None
    _tell_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def lists(self, kind: Kind, bets: int = 1) -> bool:
        """Whether a call with so many bets goes into the log by itself; else they are counted."""
        now = time.monotonic()
        if self._counted and now >= self._tell_at:
            self.tell()
        if int(now) != self._second:
            self._second, self._listed = int(now), 0
        if self._listed < self.per_second:
            self._listed += bets
            return True
        with self._lock:
            if not self._counted:
                self._since, self._tell_at = clock.now(), now + TELL_EVERY_S
            self._counted[kind] += bets
        return False

    def tell(self) -> None:
        """Write what was counted into the log."""
        with self._lock:
            counted, since, self._counted = self._counted, self._since, Counter()
        for kind, count in counted.items():
            recorder.record(_entry(kind, count, since or clock.now()))


def _entry(kind: Kind, count: int, since: datetime) -> recorder.Entry:
    until = clock.to_text(clock.now())
    where = "; each is found by its key or id among the bets" if kind.status == ACCEPTED else ""
    text = f"[{count} more {WORDS[kind.status]} until {until}{where}]"
    return recorder.Entry(
        direction="in",
        operator_id=kind.operator_id,
        key_hint=kind.key_hint,
        method=kind.method,
        path=kind.path,
        endpoint=kind.path,
        status=kind.status,
        code="" if kind.status == ACCEPTED else "rate_limited",
        duration_ms=0.0,
        request_id="",
        ids=(),
        request=text.encode(),
        response=b"",
        started_at=since,
    )


_tallies: dict[int, Tally] = {}


def lists(kind: Kind, bets: int = 1) -> bool:
    """As `Tally.lists`, for this process. What was accepted and what was too much are counted apart."""
    tally = _tallies.get(kind.status)
    if tally is None:
        tally = _tallies[kind.status] = Tally(settings.ACCEPTED_CALLS_PER_SECOND)
        recorder.before_close(tally.tell)
    return tally.lists(kind, bets)
