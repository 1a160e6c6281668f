"""
Buggify: named points at the edges where a fault hurts most (before and after a commit, a call, an answer), at which a
process can be made to stumble.

Off, which is everywhere but in a run of faults, a point is one comparison. `arm` names a plan, a file that is read
again when it changes: so a run can hurt a living installation at one point for a moment, and let it heal. Whether the
n-th visit of a process to a point stumbles follows from the plan's seed alone. docs/chaos.md has the points.
"""

import asyncio
import hashlib
import json
import os
import signal
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

LOOK_EVERY_S = 0.2
_CERTAIN = float(1 << 64)


class Stumbled(RuntimeError):
    """A fault that a plan asked for. Nothing in the product knows of it: it is handled as any fault of ours is."""


class NotHere(RuntimeError):
    """Faults were asked for where an installation serves others than this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stumble:
    """What happens at a point: `act` is pause (for `seconds`), fail or die; to a `share` of the visits, from 0 to 1."""

    act: str
    share: float = 1.0
    seconds: float = 0.0


class _Plan:
    """The plan's file, and how often this process has been at each point."""

    def __init__(self, path: Path, process: str) -> None:
        self._path, self._process = path, process
        self._seed, self._points = 0, dict[str, Stumble]()
        self._looked = self._changed = 0.0
        self._visits: defaultdict[str, count[int]] = defaultdict(count)

    def stumble_at(self, point: str) -> Stumble | None:
        """What is to happen at this visit."""
        self._look()
        visit = next(self._visits[point])
        found = self._points.get(point)
        return found if found is not None and self._chance(point, visit) < found.share else None

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY_S:
            return
        self._looked = now
        try:
            changed = self._path.stat().st_mtime
            if changed != self._changed:
                self._seed, self._points = read_plan(json.loads(self._path.read_text()))
                self._changed = changed
        except OSError:
            self._points = {}  # no file, no faults

    def _chance(self, point: str, visit: int) -> float:
        drawn = hashlib.sha256(f"{self._seed}:{self._process}:{point}:{visit}".encode()).digest()
        return int.from_bytes(drawn[:8], "big") / _CERTAIN


class _Switch:
    """Off until a process arms itself."""

    plan: _Plan | None = None


def arm(path: Path, *, process: str, in_production: bool) -> None:
    """
    From now on this process follows the plan in this file.

    :raises NotHere: the installation is in production.
    """
    if in_production:
        raise NotHere("faults on purpose are for installations that nobody else can reach")
    _Switch.plan = _Plan(path, process)


def disarm() -> None:
    """No point of this process does anything any more."""
    _Switch.plan = None


def here(point: str) -> None:
    """
    A point in code that runs in a thread.

    :raises Stumbled: the plan asks for it.
    """
    if _Switch.plan is not None and (stumble := _Switch.plan.stumble_at(point)) is not None:
        if stumble.act == "pause":
            time.sleep(stumble.seconds)
        else:
            _stumble(stumble, point)


async def soon(point: str) -> None:
    """
    The same in an event loop, where a pause holds up the caller alone.

    :raises Stumbled: the plan asks for it.
    """
    if _Switch.plan is not None and (stumble := _Switch.plan.stumble_at(point)) is not None:
        if stumble.act == "pause":
            await asyncio.sleep(stumble.seconds)
        else:
            _stumble(stumble, point)


def read_plan(found: Mapping[str, Any]) -> tuple[int, dict[str, Stumble]]:
    """The seed of a plan, and what happens at which points: {"seed", "points": {name: {"act", "share", "seconds"}}}."""
    return int(found.get("seed", 0)), {name: Stumble(**one) for name, one in found.get("points", {}).items()}


def _stumble(stumble: Stumble, point: str) -> None:
    if stumble.act == "die":
        os.kill(os.getpid(), signal.SIGKILL)  # as a machine ends: nothing is tidied up
    raise Stumbled(point)
