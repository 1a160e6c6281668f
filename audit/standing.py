"""Whether sealing keeps up: how long entries wait for their place, and what holds it up."""

from dataclasses import dataclass

from django.db import connection

from audit import selectors
from audit.services.sealing import QUIET_MS
from fairness.record.messages import Checkpoint as Message

_NOBODY_SEALS = "is there beat, and a worker that serves `audit.seal`?"
COUNTED_MAX = 10_000
"""More entries than these that wait are not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The oldest transaction that still runs on the server: nothing that came after it can be sealed before it ends."""

    process: int
    application: str
    seconds: float

    def __str__(self) -> str:
        return f"process {self.process} ({self.application or 'unnamed'}) has had one open for {self.seconds:.0f} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """
    How far sealing is. `waiting` counts entries without a place, up to COUNTED_MAX; `oldest_s` is how long ago the
    transaction of the oldest of them began, `checkpoint_s` how old the newest checkpoint is; None: there is none.
    """

    waiting: int
    oldest_s: float
    checkpoint_s: float | None
    holder: Holder | None

    def trouble(self, *, after_s: float) -> str:
        """
        What is wrong, and what to do; empty as long as nothing has waited longer than `after_s` seconds. Without
        anything new a checkpoint is made every minute all the same, so that one that is too old is trouble too.
        """
        if self.waiting and self.oldest_s > after_s:
            held = self.holder is not None and self.holder.seconds > after_s
            count = f"{self.waiting:,}{'' if self.waiting < COUNTED_MAX else ' or more'}"
            why = f"the database's {self.holder}" if held else _NOBODY_SEALS
            return f"{count} entries are not sealed, the oldest for {self.oldest_s:.0f} s: {why}"
        if self.checkpoint_s is not None and self.checkpoint_s > after_s + QUIET_MS / 1000:
            return f"the newest checkpoint is {self.checkpoint_s:.0f} s old: {_NOBODY_SEALS}"
        return ""


def sealing() -> Sealing:
    """How far sealing is now, by the database's clock."""
    newest = selectors.last_checkpoint()
    message = Message.decode(bytes(newest.message)) if newest else None
    since = (message.transaction, message.entry) if message and message.cluster == selectors.cluster() else None
    with connection.cursor() as cursor:
        transaction, entry = since or (-1, "00000000-0000-0000-0000-000000000000")
        cursor.execute(_WAITING, {"transaction": transaction, "entry": str(entry), "max": COUNTED_MAX})
        waiting, oldest_s, now_ms = cursor.fetchone()
        cursor.execute(_HOLDER)
        held = cursor.fetchone()
    return Sealing(
        waiting=waiting,
        oldest_s=float(oldest_s),
        checkpoint_s=(now_ms - message.sealed_ms) / 1000 if message else None,
        holder=Holder(process=held[0], application=held[1], seconds=float(held[2])) if held else None,
    )


_WAITING = """
    SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(one.created_at)), 0),
           floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint
    FROM (SELECT e.created_at FROM public.audit_auditentry e
          WHERE (e.transaction_number, e.id) > (%(transaction)s, %(entry)s::uuid)
            AND NOT EXISTS (SELECT 1 FROM public.audit_leaf l WHERE l.entry_id = e.id)
          ORDER BY e.transaction_number, e.id LIMIT %(max)s) one
"""
# Those that have written something: a reader holds nothing up.
_HOLDER = """
    SELECT pid, application_name, extract(epoch FROM clock_timestamp() - xact_start) FROM pg_stat_activity
    WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() ORDER BY xact_start LIMIT 1
"""
