"""
The tick: whoever holds the lease does what is due, again and again, for a few seconds, exactly at the boundaries.

Beat only makes sure that some tick is alive. A second tick without the lease returns at once; and were two to
run all the same, every step is a compare-and-set.
"""

import time
from collections.abc import Callable, Sized
from uuid import UUID, uuid4

from django.db import connection

from rounds.services import drawing, relays, transitions

LEASE = "rounds.tick"
LEASE_S = 3.0
SESSION_S = 5.0
PAUSE_MAX_S = 0.25
_CATCH_UP_MAX = 5000


def drive(*, seconds: float = SESSION_S) -> int:
    """
    Take the lease and drive all rounds for this long. Returns the number of arrows taken; 0 without the lease.
    """
    holder = uuid4()
    if not _hold_lease(holder):
        return 0
    taken, end = 0, time.monotonic() + seconds
    try:
        while time.monotonic() < end and _hold_lease(holder):
            taken += run_due()
            time.sleep(_pause())
        relays.note_relays()
    finally:
        _release_lease(holder)
    return taken


def run_due() -> int:
    """Every arrow that is due by the database's clock, until nothing is left: this also catches up after a pause."""
    total = 0
    for _ in range(_CATCH_UP_MAX):
        taken = sum(len(step()) for step in _STEPS)
        total += taken
        if not taken:
            break
    return total


_STEPS: tuple[Callable[[], Sized], ...] = (
    transitions.close_due,
    transitions.open_due,
    transitions.seal_bets,
    drawing.draw_due,
    transitions.settle_due,
    transitions.reveal_due,
    transitions.reveal_void,
)


def _pause() -> float:
    """How long until the next boundary that the database knows of; short while operators are still paying."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT)
        wait = cursor.fetchone()[0]
    return PAUSE_MAX_S if wait is None else min(max(float(wait), 0.005), PAUSE_MAX_S)


def _hold_lease(holder: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [LEASE, holder, LEASE_S])
        return cursor.fetchone() is not None


def _release_lease(holder: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM public.rounds_lease WHERE name = %s AND holder = %s", [LEASE, holder])


_TAKE = """
    INSERT INTO public.rounds_lease AS held (name, holder, expires_at)
    VALUES (%s, %s, clock_timestamp() + make_interval(secs => %s))
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
    WHERE held.holder = excluded.holder OR held.expires_at < clock_timestamp()
    RETURNING holder
"""
_NEXT = """
    SELECT extract(epoch FROM least(
        (SELECT min(opens_at) FROM public.rounds_round WHERE status = 'scheduled'),
        (SELECT min(closes_at) FROM public.rounds_round WHERE status = 'open'),
        (SELECT clock_timestamp() + interval '50 ms' FROM public.rounds_round
         WHERE status IN ('closed', 'drawn', 'settled') LIMIT 1)
    ) - clock_timestamp())
"""
