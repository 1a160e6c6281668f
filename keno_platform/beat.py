"""
The scheduler of beats. Celery's own remembers by the wall clock when it did something last: where somebody sets that
clock back by an hour, it does nothing for an hour, and says nothing. This one sees that the clock was set, and begins
anew.
"""

import time
from typing import Any

from celery.beat import Scheduler

SET_S = 1.0
"""A wall clock that differs by more than this from the clock that only counts on was set; slewing is slower."""


class SteadyScheduler(Scheduler):  # type: ignore[misc]  # Celery has no types
    """In memory, as its parent: what is due is read from the database, so nothing is lost with it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._ahead = _ahead()
        super().__init__(*args, **options)

    def tick(self, *args: Any, **options: Any) -> float:
        """Do what is due. Returns after how many seconds to look again."""
        ahead = _ahead()
        if abs(ahead - self._ahead) > SET_S:
            self._begin_anew()
        self._ahead = ahead
        return float(super().tick(*args, **options))

    def _begin_anew(self) -> None:
        """As after a start: each entry comes next when its interval has passed from now."""
        for entry in self.schedule.values():
            entry.last_run_at = entry.default_now()
        self._heap = None


def _ahead() -> float:
    """How far the wall clock is ahead of the one that nobody sets."""
    return time.time() - time.monotonic()
