"""Reading what is to be verified, some checkpoints at a time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from audit import selectors
from audit.models import Checkpoint
from audit.selectors import ENTRY_TEXTS, Sealed, entry_of
from fairness.record.entries import Entry

WINDOW = 50
Extents = dict[UUID, tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A leaf as it is stored, with the entry that it names, if there is one."""

    index: int
    entry_id: UUID
    hash: bytes
    entry: Entry | None
    entry_hash: bytes | None

    @property
    def agrees(self) -> bool:
        """Whether the entry is the one that the leaf stands for."""
        return self.entry_hash == self.hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Some checkpoints that follow each other, with the heads that each found new."""

    checkpoints: list[Checkpoint]
    heads: dict[int, list[Sealed]]


@contextmanager
def one_snapshot() -> Iterator[None]:
    """Everything inside is read as of one moment; in a transaction of the caller's, as that reads."""
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # the search path is set by now, and not by a query of the transaction's own
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # it computes long between its reads
        yield


def windows() -> Iterator[Window]:
    """All checkpoints, and the heads up to the last of them."""
    last = -(1 << 63)
    while found := list(Checkpoint.objects.filter(number__gt=last).order_by("number")[:WINDOW]):
        heads = defaultdict(list)
        for one in selectors.heads_of(last + 1, found[-1].number):
            heads[one.checkpoint].append(one)
        yield Window(checkpoints=found, heads=heads)
        last = found[-1].number


def leaves(extents: Extents) -> dict[UUID, list[Row]]:
    """The leaves of each log from one index up to and without another, in order."""
    logs = list(extents)
    parameters = [logs, [extents[log][0] for log in logs], [extents[log][1] for log in logs]]
    found = defaultdict(list)
    for log, index, entry_id, hashed, *texts in rows(_LEAVES, parameters):
        entry = entry_of(texts) if texts[0] is not None else None
        own = entry.hash if entry else None
        found[log].append(Row(index=index, entry_id=entry_id, hash=bytes(hashed), entry=entry, entry_hash=own))
    return found


def leaves_beyond(sizes: dict[UUID, int]) -> Iterator[tuple[UUID, int, UUID]]:
    """(log, index, entry) of leaves that no checkpoint covers."""
    yield from rows(_BEYOND, [list(sizes), list(sizes.values())])


def heads_beyond(number: int) -> list[Sealed]:
    """Heads of checkpoints after the last one."""
    return selectors.heads_of(number + 1, (1 << 63) - 1)


def entries_without_place(transaction: int, entry: UUID) -> Iterator[tuple[str, str]]:
    """(id, why) of entries that should have had a place by then, or claim a transaction that has not been yet."""
    yield from rows(_WITHOUT_PLACE, {"transaction": transaction, "entry": str(entry)})


def stored_nodes(log: UUID) -> Iterator[tuple[int, int, bytes]]:
    """(level, index, hash) of the stored nodes of one log."""
    for level, index, hashed in rows(_NODES, [log]):
        yield level, index, bytes(hashed)


def logs_with_nodes() -> list[UUID]:
    """The logs that have stored nodes."""
    return [row[0] for row in rows("SELECT DISTINCT log FROM public.audit_treenode", [])]


def rows(statement: str, parameters: Sequence[Any] | dict[str, Any]) -> Iterable[tuple[Any, ...]]:
    """What a statement gives."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()  # type: ignore[no-any-return]


_LEAVES = f"""
    SELECT l.log, l.index, l.entry_id, l.hash, {ENTRY_TEXTS}
    FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[]) AS wanted (log, first, after)
    JOIN public.audit_leaf l ON l.log = wanted.log AND l.index >= wanted.first AND l.index < wanted.after
    LEFT JOIN public.audit_auditentry e ON e.id = l.entry_id
    ORDER BY l.log, l.index
"""
_BEYOND = """
    SELECT l.log, l.index, l.entry_id FROM public.audit_leaf l
    LEFT JOIN unnest(%s::uuid[], %s::bigint[]) AS known (log, size) ON known.log = l.log
    WHERE l.index < 0 OR l.index >= coalesce(known.size, 0)
    ORDER BY l.log, l.index
"""
_WITHOUT_PLACE = """
    SELECT e.id::text, CASE WHEN (e.transaction_number, e.id) <= (%(transaction)s, %(entry)s::uuid)
                            THEN 'everything from before transaction ' || %(transaction)s || ' is sealed, and it is not'
                            ELSE 'it claims transaction ' || e.transaction_number || ', which has not been yet' END
    FROM public.audit_auditentry e
    WHERE ((e.transaction_number, e.id) <= (%(transaction)s, %(entry)s::uuid)
           OR e.transaction_number >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
      AND NOT EXISTS (SELECT 1 FROM public.audit_leaf l WHERE l.entry_id = e.id)
    ORDER BY e.id
"""
_NODES = "SELECT level, index, hash FROM public.audit_treenode WHERE log = %s ORDER BY level, index"
