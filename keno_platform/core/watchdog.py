"""
Ends a process whose work stands still, so that whoever supervises it starts another.

A line to the database that loses bytes without ending is read from for ever: what lies between (a pooler, a load
balancer) still acknowledges what we send, so neither keepalives nor the server's own limits notice. Celery's time
limits hold for the children of a worker that forks; one that works by itself has nobody beside it.

Time is counted in the watchdog's own looks, not by a clock: a process that was stopped, or a machine that slept, goes
on where it was.
"""

import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass

STALLED = 75
"""The exit status: a failure that will pass (EX_TEMPFAIL of sysexits.h)."""
LOOK_EVERY_S = 1.0
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Work:
    """One piece of work: what it is, for how many looks it may stand still, and for how many it has."""

    name: str
    thread: int
    looks_max: int
    looks: int = 0


class Watchdog:
    """Watches one piece of work at a time. `end` is called once for the one that stands still."""

    def __init__(self, *, every_s: float = LOOK_EVERY_S, end: Callable[[], None] = lambda: os._exit(STALLED)) -> None:
        self._every_s, self._end = every_s, end
        self._work: _Work | None = None
        self._stopped = threading.Event()

    def start(self) -> None:
        """Look from now on, from a thread of its own."""
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def begin(self, name: str, *, seconds: float) -> None:
        """This thread begins work that may go on for so long without `progress`."""
        self._work = _Work(name, threading.get_ident(), max(1, round(seconds / self._every_s)))

    def progress(self) -> None:
        """The work moves: its time begins anew."""
        if work := self._work:
            work.looks = 0

    def done(self) -> None:
        """The work is over."""
        self._work = None

    def _watch(self) -> None:
        while not self._stopped.wait(self._every_s):
            work = self._work
            if work is None:
                continue
            work.looks += 1
            if work.looks > work.looks_max and work is self._work:
                self._tell(work)
                self._end()
                return

    def _tell(self, work: _Work) -> None:
        """Where it stands is what an engineer asks first."""
        frame = sys._current_frames().get(work.thread)
        stack = "".join(traceback.format_stack(frame)) if frame else "the thread is gone\n"
        logger.critical(
            "%s stood still for %.0f s: this process ends, for its supervisor to start another\n%s",
            work.name,
            work.looks_max * self._every_s,
            stack,
        )


WATCHDOG = Watchdog()
"""This process's own. Until it is started, which a worker does that works by itself, it ends nothing."""
