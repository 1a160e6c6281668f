"""Reading the record and its seals. What is hashed is read by one expression, so that it is always the same text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from audit.models import AuditEntry, Checkpoint, CheckpointRoot, Leaf
from fairness.growing import Frontier
from fairness.hashing import DIGEST_BYTES
from fairness.record.entries import HOUSE_LOG, Entry
from fairness.record.messages import LogHead as Head
from keno_platform.core.errors import Kind, Refusal
from keno_platform.core.ids import uuid7_floor

ENTRY_TEXTS = """
    e.id::text, to_char(e.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.transaction_number::text,
    e.event_type, e.actor, abbrev(e.address), e.operator_id::text, e.round_id::text, e.bet_id::text, e.description,
    e.before::text, e.after::text
"""
"""The members of fairness.record.entries.Entry, in their order."""
_MEMBERS = Entry.__slots__


class NotOnRecord(Refusal):
    """There is no such entry in the caller's log, or it is not sealed yet."""

    code = "not_on_record"
    kind = Kind.NOT_FOUND
    title = "Not on record, or not sealed yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """The state of one log as of a checkpoint."""

    log: UUID
    size: int
    root: bytes
    peaks: tuple[bytes, ...]
    checkpoint: int

    @property
    def head(self) -> Head:
        """The leaf below the checkpoint."""
        return Head(log=self.log, size=self.size, root=self.root)

    @property
    def frontier(self) -> Frontier:
        """:raises InputInvalid: the stored parts are not those of a tree of this size."""
        return Frontier(size=self.size, peaks=self.peaks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An entry at its place."""

    index: int
    entry: Entry


def log_of(operator_id: UUID | None) -> UUID:
    """The log of an operator; without one, the house's own."""
    return operator_id or HOUSE_LOG


def entry_of(texts: Sequence[Any]) -> Entry:
    """What a row of ENTRY_TEXTS says."""
    return Entry(**dict(zip(_MEMBERS, texts, strict=True)))


def cluster() -> int:
    """Which database server this is: numbers of transactions of another one cannot be compared with its own."""
    [(found,)] = _rows("SELECT system_identifier::text FROM pg_control_system()", [])
    return int(found) % (1 << 64)


def last_checkpoint() -> Checkpoint | None:
    """The newest checkpoint; None before the first."""
    return Checkpoint.objects.order_by("-number").first()


def get_checkpoint(number: int | None) -> Checkpoint:
    """
    One checkpoint, or the newest.

    :raises NotOnRecord: there is none.
    """
    found = last_checkpoint() if number is None else Checkpoint.objects.filter(number=number).first()
    if found is None:
        raise NotOnRecord()
    return found


def heads_at(checkpoint: int) -> list[Sealed]:
    """The state of every log as of a checkpoint, in the order of their ids."""
    return [_sealed(row) for row in _rows(_HEADS_AT, [checkpoint])]


def heads_of(first: int, last: int) -> list[Sealed]:
    """What checkpoints `first` to `last` found new, in their order."""
    rows = _rows(f"{_HEADS} WHERE h.checkpoint_id BETWEEN %s AND %s ORDER BY h.checkpoint_id, h.log", [first, last])
    return [_sealed(row) for row in rows]


def find_leaf(entry_id: UUID) -> Leaf | None:
    """Where an entry stands; None as long as it is not sealed."""
    return Leaf.objects.filter(entry_id=entry_id).first()


def placed_entries(log: UUID, *, first: int, last: int) -> list[Placed]:
    """The entries of a log from index `first` up to and without `last`, in order."""
    return [Placed(index=index, entry=entry_of(texts)) for index, *texts in _rows(_PLACED, [log, first, last])]


def root_of_checkpoint(number: int) -> int | None:
    """The place in the order of roots that a checkpoint has, if it was given to the chain."""
    return CheckpointRoot.objects.filter(checkpoint_id=number).values_list("anchor_seq", flat=True).first()


def latest_on_chain(count: int) -> list[tuple[int, int]]:
    """(checkpoint, place in the order of roots) of the last checkpoints that were given to the chain, newest first."""
    return list(CheckpointRoot.objects.order_by("-anchor_seq").values_list("checkpoint_id", "anchor_seq")[:count])


def checkpoint_of_root(anchor_seq: int) -> Checkpoint | None:
    """The checkpoint that was given to the chain as this root."""
    return Checkpoint.objects.filter(anchored__anchor_seq=anchor_seq).first()


def nodes(log: UUID, *, level: int, first: int, count: int) -> list[bytes]:
    """Stored hashes of one level, of leaves for level 0, as many of these as there are."""
    if level == 0:
        statement = "SELECT hash FROM public.audit_leaf WHERE log = %s AND index >= %s AND index < %s ORDER BY index"
        rows = _rows(statement, [log, first, first + count])
    else:
        rows = _rows(_NODES, [log, level, first, first + count])
    return [bytes(row[0]) for row in rows]


def split_hashes(joined: bytes) -> tuple[bytes, ...]:
    """Hashes that are stored one after another."""
    return tuple(joined[at : at + DIGEST_BYTES] for at in range(0, len(joined), DIGEST_BYTES))


def _sealed(row: Iterable[Any]) -> Sealed:
    log, size, root, peaks, checkpoint = row
    return Sealed(log=log, size=size, root=bytes(root), peaks=split_hashes(bytes(peaks)), checkpoint=checkpoint)


def _rows(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


_HEADS = "SELECT h.log, h.size, h.root, h.peaks, h.checkpoint_id FROM public.audit_loghead h"
# From log to log by the index, not through all heads that there ever were.
_HEADS_AT = """
    WITH RECURSIVE logs AS (
        (SELECT log FROM public.audit_loghead ORDER BY log LIMIT 1)
        UNION ALL
        SELECT (SELECT h.log FROM public.audit_loghead h WHERE h.log > logs.log ORDER BY h.log LIMIT 1)
        FROM logs WHERE logs.log IS NOT NULL)
    SELECT h.log, h.size, h.root, h.peaks, h.checkpoint_id FROM logs CROSS JOIN LATERAL (
        SELECT * FROM public.audit_loghead h WHERE h.log = logs.log AND h.checkpoint_id <= %s
        ORDER BY h.checkpoint_id DESC LIMIT 1) h
    ORDER BY h.log
"""
_PLACED = f"""
    SELECT l.index, {ENTRY_TEXTS} FROM public.audit_leaf l JOIN public.audit_auditentry e ON e.id = l.entry_id
    WHERE l.log = %s AND l.index >= %s AND l.index < %s ORDER BY l.index
"""
_NODES = """
    SELECT hash FROM public.audit_treenode WHERE log = %s AND level = %s AND index >= %s AND index < %s ORDER BY index
"""


def entries_of_round(round_id: int, *, operator_id: UUID | None) -> "QuerySet[AuditEntry]":
    """What is on record about a round: the house's entries, and with an operator its own."""
    whose = Q(operator_id__isnull=True)
    if operator_id is not None:
        whose |= Q(operator_id=operator_id)
    return AuditEntry.objects.filter(whose, round_id=round_id).order_by("pk")


def entries_of_type(event_type: str, *, operator_id: UUID, since: datetime) -> "QuerySet[AuditEntry]":
    """What of one kind is on record of an operator since a moment, the newest first."""
    found = AuditEntry.objects.filter(event_type=event_type, operator_id=operator_id, pk__gte=uuid7_floor(since))
    return found.order_by("-pk")
