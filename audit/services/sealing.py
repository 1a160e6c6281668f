"""
Sealing the record: every entry gets a place in its log, and a signed checkpoint says what all logs hold.

No entry is passed over, however late its transaction commits: only entries of transactions are taken that came before
every transaction that still runs. What is taken is therefore complete, and the next time begins where this one ended.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from psycopg import Cursor

from anchors import services as anchors
from audit import selectors
from audit.models import Checkpoint, CheckpointRoot, LogHead, TreeNode
from audit.ports import ports
from audit.selectors import ENTRY_TEXTS, Sealed, entry_of
from audit.services.clocks import WATCH
from fairness.growing import Frontier, Node
from fairness.hashing import DIGEST_BYTES
from fairness.merkle import root_of
from fairness.record.entries import Entry
from fairness.record.messages import Checkpoint as Message
from fairness.record.messages import LogHead as Head

ENTRIES_MAX = 10_000
"""As many go into one checkpoint; more are sealed by the next ones at once."""
PASSES_MAX = 20
QUIET_MS = 60_000
"""So long after the last one there is a checkpoint although nothing happened: nothing can be put in between later."""
KEEP_EVERY = 8
"""Of a tree every eighth level is stored (decision 12)."""
_SEALING_LOCK = 0x4B4E_5345
_NOBODY = UUID(int=0)
_BEGINNING = (-1, _NOBODY)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """What is to be sealed now, in its order, and where the next time begins."""

    entries: list[Entry]
    cluster: int
    transaction: int
    entry: UUID
    now_ms: int
    complete_ms: int


def seal() -> int:
    """Seal what can be sealed by now, unless somebody else does. Returns how many entries were sealed."""
    done = 0
    for _ in range(PASSES_MAX):
        sealed = seal_once()
        done += sealed
        if sealed < ENTRIES_MAX:
            break
    return done


@transaction.atomic(durable=True)
def seal_once(*, entries_max: int = ENTRIES_MAX) -> int:
    """One checkpoint over at most so many entries, if there are any. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SEALING_LOCK])
        if cursor.fetchone() != (True,):
            return 0
    previous = selectors.last_checkpoint()
    message = Message.decode(bytes(previous.message)) if previous else None
    began = time.monotonic()
    taken = _take(message, entries_max)
    if time.monotonic() - began < 1:  # else it cannot be said when the database looked at its clock
        WATCH.look(taken.now_ms)
    if taken.entries or (message and taken.now_ms - message.sealed_ms >= QUIET_MS):
        _seal(taken, previous)
    return len(taken.entries)


@transaction.atomic
def anchor_latest() -> CheckpointRoot | None:
    """Give the newest checkpoint to the chain, in the caller's transaction; None when there is nothing new."""
    newest = selectors.last_checkpoint()
    if newest is None or CheckpointRoot.objects.filter(checkpoint=newest).exists():
        return None
    root = Message.decode(bytes(newest.message)).anchor_root
    registered = anchors.register_root(kind=anchors.RootKind.RECORD, root=root, size=1)
    return CheckpointRoot.objects.create(anchor_seq=registered.seq, checkpoint=newest)


def _take(previous: Message | None, entries_max: int) -> _Taken:
    cluster = selectors.cluster()
    # Restored into another server, transactions are numbered anew: whatever has no place yet is looked for once.
    same = previous is None or previous.cluster == cluster
    after = (previous.transaction, previous.entry) if previous and same else _BEGINNING
    parameters: dict[str, int | str | bool] = {
        "transaction": after[0],
        "entry": str(after[1]),
        "max": entries_max,
        "same": same,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, parameters)
        rows = cursor.fetchall()
    horizon, now_ms, complete_ms = rows[0][:3]
    entries = [entry_of(texts) for _, _, _, *texts in rows if texts[0] is not None]
    reached = (cluster, horizon, _NOBODY)
    if len(entries) == entries_max:  # there may be more: the next time begins after the last one, or looks again
        last = entries[-1]
        reached = (cluster, int(last.transaction), UUID(last.id)) if same else _horizon_of(previous)
        complete_ms = 0
    return _Taken(
        entries=entries,
        cluster=reached[0],
        transaction=reached[1],
        entry=reached[2],
        now_ms=now_ms,
        complete_ms=max(complete_ms, previous.complete_ms if previous else 0),
    )


def _horizon_of(message: Message | None) -> tuple[int, int, UUID]:
    return (message.cluster, message.transaction, message.entry) if message else (0, *_BEGINNING)


def _seal(taken: _Taken, previous: Checkpoint | None) -> None:
    number = previous.number + 1 if previous else 1
    states = {one.log: one for one in selectors.heads_at(number)}
    grown, completed, places = dict[UUID, Frontier](), list[tuple[UUID, Node]](), list[tuple[Any, ...]]()
    by_log = sorted(taken.entries, key=lambda one: one.log)  # stable: in each log the order stays
    for log, own in groupby(by_log, key=lambda one: UUID(one.log)):
        before = _sound(states[log]) if log in states else Frontier()
        entries = list(own)
        hashes = [one.hash for one in entries]
        grown[log], nodes = before.grown(hashes, keep_every=KEEP_EVERY)
        completed += [(log, node) for node in nodes]
        places += [
            (one.id, log, before.size + at, hashed)
            for at, (one, hashed) in enumerate(zip(entries, hashes, strict=True))
        ]
    _store(_signed(number, taken, previous, _heads(states.values(), grown)), grown, completed, places)


def _sound(state: Sealed) -> Frontier:
    """:raises RuntimeError: the stored state contradicts itself; nothing is built on that."""
    frontier = state.frontier
    if frontier.root != state.root:
        raise RuntimeError(f"log {state.log}: the parts of checkpoint {state.checkpoint} do not give its root")
    return frontier


def _heads(states: Iterable[Sealed], grown: dict[UUID, Frontier]) -> list[Head]:
    heads = {one.log: one.head for one in states}
    heads |= {log: Head(log=log, size=tree.size, root=tree.root) for log, tree in grown.items()}
    return [heads[log] for log in sorted(heads)]


def _signed(number: int, taken: _Taken, previous: Checkpoint | None, heads: list[Head]) -> Checkpoint:
    before = Message.decode(bytes(previous.message)) if previous else None
    message = Message(
        number=number,
        sealed_ms=max(taken.now_ms, before.sealed_ms if before else 0),
        logs=len(heads),
        root=root_of([head.hash for head in heads]),
        previous=before.digest if before else bytes(DIGEST_BYTES),
        cluster=taken.cluster,
        transaction=taken.transaction,
        entry=taken.entry,
        complete_ms=taken.complete_ms,
    ).encode()
    if ports.sign is None:
        raise RuntimeError("nothing is plugged in that signs checkpoints")
    signed = ports.sign(message)
    return Checkpoint(
        number=number,
        message=message,
        signature=signed.signature,
        key_id=signed.key_id,
        public_key=signed.public_key,
    )


def _store(
    checkpoint: Checkpoint,
    grown: dict[UUID, Frontier],
    completed: list[tuple[UUID, Node]],
    places: list[tuple[Any, ...]],
) -> None:
    checkpoint.save(force_insert=True)
    LogHead.objects.bulk_create(
        LogHead(checkpoint=checkpoint, log=log, size=tree.size, root=tree.root, peaks=b"".join(tree.peaks))
        for log, tree in grown.items()
    )
    TreeNode.objects.bulk_create(
        TreeNode(log=log, level=node.level, index=node.index, hash=node.hash) for log, node in completed
    )
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor, cursor.copy(_COPY) as copy:
        for place in places:
            copy.write_row(place)


_COPY = "COPY public.audit_leaf (entry_id, log, index, hash) FROM STDIN"
# One statement, one snapshot: the horizon is of the same moment as the entries that are seen below it.
_TAKE = f"""
    WITH horizon AS MATERIALIZED (
        SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS transaction,
               floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms,
               floor(extract(epoch FROM least(clock_timestamp(), (
                   SELECT min(xact_start) FROM pg_stat_activity WHERE backend_xid IS NOT NULL))) * 1000)::bigint
                   AS complete_ms)
    SELECT horizon.transaction, horizon.now_ms, horizon.complete_ms, one.* FROM horizon LEFT JOIN LATERAL (
        SELECT {ENTRY_TEXTS} FROM public.audit_auditentry e
        WHERE (e.transaction_number, e.id) > (%(transaction)s, %(entry)s::uuid)
          AND (e.transaction_number < horizon.transaction OR NOT %(same)s)
          AND NOT EXISTS (SELECT 1 FROM public.audit_leaf l WHERE l.entry_id = e.id)
        ORDER BY e.transaction_number, e.id
        LIMIT %(max)s) one ON true
"""
