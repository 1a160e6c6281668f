"""
Steps of the database server's clock, by which all rules of the game go. It is compared with this machine's monotonic
clock, which nobody can set: between two looks both must have gone on alike.
"""

import time
from dataclasses import dataclass

from audit.services.recording import record

STEP_MS = 2_000
"""More than the way to the database and back may take."""


@dataclass(slots=True)
class ClockWatch:
    """One process' look at the database's clock."""

    _ahead_ms: int | None = None

    def look(self, database_ms: int, monotonic_ms: int | None = None) -> int:
        """
        Take in the database's time, in milliseconds since 1970; a step since the last look goes on record, in the
        caller's transaction. Returns by how many milliseconds it stepped, 0 where it did not.
        """
        ahead = database_ms - (monotonic_ms if monotonic_ms is not None else time.monotonic_ns() // 1_000_000)
        stepped = 0 if self._ahead_ms is None else ahead - self._ahead_ms
        if self._ahead_ms is None or abs(stepped) > STEP_MS:
            self._ahead_ms = ahead
        if abs(stepped) <= STEP_MS:
            return 0
        way = "forward" if stepped > 0 else "back"
        record(
            "server_clock.stepped",
            description=f"the database server's clock went {way} by {abs(stepped) / 1000:.1f} s",
            after={"by_ms": stepped, "database_ms": database_ms},
        )
        return stepped


WATCH = ClockWatch()
"""This process' own."""
