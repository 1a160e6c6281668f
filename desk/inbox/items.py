"""One thing that waits for somebody."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from operators.models import Operator

KIND_MAX = 25
"""So many of one kind and operator are shown; the last one says how many more there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """
    Something that waits: what, why it needs a human, since when, and by when it should be over. `address` is where
    something can be done about it, in the books of `operator` if it has one.
    """

    kind: str
    title: str
    reason: str
    since: datetime
    within: timedelta
    address: str
    operator: Operator | None = None

    @property
    def due_at(self) -> datetime:
        return self.since + self.within

    def is_late(self, now: datetime) -> bool:
        return now > self.due_at

    def age(self, now: datetime) -> str:
        """How long it has waited, in words."""
        return words(now - self.since)


def words(span: timedelta) -> str:
    """A span of time in its two largest units: `3 d 4 h`, `12 min`, `5 s`."""
    seconds = max(int(span.total_seconds()), 0)
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds} s"
