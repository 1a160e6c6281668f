"""
The tick: whoever holds the lease does what is due, again and again, for a few seconds, exactly at the boundaries.

Beat only makes sure that some tick is alive. A second tick without the lease returns at once; and were two to
run all the same, every step is a compare-and-set.
"""

import os
import time
from collections.abc import Callable, Sized
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from uuid import UUID, uuid4

from django.db import connection

from keno_platform.core import buggify
from keno_platform.core.watchdog import WATCHDOG
from keno_platform.observability.instruments import STEP_FAULTS, STEP_SECONDS, STEPS
from rounds.services import drawing, relays, transitions
from rounds.services.agenda import Agenda, look
from rounds.services.sets import ALL, Share

LEASE = "rounds.tick"
LEASE_S = 3.0
RENEW_S = 1.0
SESSION_S = 5.0
STALL_S = 8.0
"""A step that takes longer stands still: each is one transaction, which waits 3 s at most for any lock."""
PAUSE_MAX_S, PAUSE_MIN_S = 0.25, 0.0005
_CATCH_UP_MAX = 5000


def drive(*, seconds: float = SESSION_S) -> int:
    """
    Take the lease and drive all rounds for this long. Returns the number of arrows taken; 0 without the lease.
    """
    holder = uuid4()
    if not _hold_lease(holder):
        return 0
    taken, now = 0, time.monotonic()
    end, renew = now + seconds, now + RENEW_S
    try:
        while now < end and (now < renew or _hold_lease(holder)):
            renew = renew if now < renew else now + RENEW_S
            arrows, agenda = _catch_up()
            taken += arrows
            WATCHDOG.progress()
            time.sleep(_pause(agenda))
            now = time.monotonic()
        relays.note_relays()
    finally:
        _release_lease(holder)
    return taken


def run_due() -> int:
    """Every arrow that is due by the database's clock, until nothing is left: this also catches up after a pause."""
    return _catch_up()[0]


def _catch_up() -> tuple[int, Agenda]:
    """The arrows taken, and what the last look said: that nothing is due, or that what is cannot be done yet."""
    agenda, total = look(), 0
    if agenda.many and not connection.in_atomic_block:
        total = _take_in_two_threads()
        agenda = look()
    for _ in range(_CATCH_UP_MAX):
        taken = _take(agenda, ALL)
        if not taken:
            break
        total += taken
        agenda = look()
    return total, agenda


def _take_in_two_threads() -> int:
    """
    Each takes games of its own, on a connection of its own: while one signs and draws, the database stores for the
    other. What is told of one game comes from one of them, in its order.
    """
    other = _helper().submit(_help, Share(of=2, own=1))
    try:
        taken = _take_share(Share(of=2, own=0))
    finally:
        wait([other])
    return taken + other.result()


def _take_share(share: Share) -> int:
    total = 0
    for _ in range(_CATCH_UP_MAX):
        taken = _take(look(), share)
        if not taken:
            break
        total += taken
    return total


def _help(share: Share) -> int:
    """The other thread's part. It keeps its connection, with what is prepared on it, as long as that serves."""
    connection.close_if_unusable_or_obsolete()
    try:
        return _take_share(share)
    except Exception:
        connection.close()
        raise


@cache
def _helper() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="rounds")


# Threads do not outlive a fork: a child begins with none.
os.register_at_fork(after_in_child=_helper.cache_clear)


def _take(agenda: Agenda, share: Share) -> int:
    """
    The steps that are due, once each, in their order, and what follows from them: closing waits for no other step.
    Where one fails the others are taken all the same.
    """
    due = (
        agenda.to_close,
        agenda.to_open,
        agenda.to_seal or agenda.to_close,
        agenda.to_draw or agenda.to_close,
        agenda.to_settle or agenda.to_draw,
        agenda.to_reveal or agenda.to_settle or agenda.to_draw,
        agenda.to_reveal_void,
    )
    taken, faults = 0, list[Exception]()
    for step in (step for step, is_due in zip(_STEPS, due, strict=True) if is_due):
        try:
            taken += _measured(step, share)
        except Exception as fault:
            STEP_FAULTS.labels(step.__name__).inc()
            faults.append(fault)
    if faults:
        raise faults[0]
    return taken


def _measured(step: Callable[[Share], Sized], share: Share) -> int:
    began = time.perf_counter()
    buggify.here("rounds.before_step")
    taken = len(step(share))
    WATCHDOG.progress()
    buggify.here("rounds.after_step")
    STEP_SECONDS.labels(step.__name__).observe(time.perf_counter() - began)
    if taken:
        STEPS.labels(step.__name__).inc(taken)
    return taken


_STEPS: tuple[Callable[[Share], Sized], ...] = (
    transitions.close_due,
    transitions.open_due,
    transitions.seal_bets,
    drawing.draw_due,
    transitions.settle_due,
    transitions.reveal_due,
    transitions.reveal_void,
)


def _pause(agenda: Agenda | None = None) -> float:
    """How long until the next boundary that the database knows of, a hair's breadth over so that it is past then."""
    agenda = agenda or look()
    ahead = PAUSE_MAX_S if agenda.next_s is None else agenda.next_s + PAUSE_MIN_S
    return min(max(ahead, PAUSE_MIN_S), PAUSE_MAX_S)


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
