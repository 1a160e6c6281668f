"""From the first checkpoint to the last."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from uuid import UUID

from audit import selectors
from audit.models import Checkpoint
from audit.selectors import Sealed
from audit.verification import anchored, reading
from audit.verification.batches import Batch, examine, places
from audit.verification.findings import Fault, Finding
from audit.verification.reading import Extents, Row, Window
from audit.verification.signatures import Line
from fairness.growing import Frontier
from fairness.merkle import root_of
from fairness.record.messages import Checkpoint as Message
from fairness.record.messages import LogHead as Head

LONGEST_MS = 15 * 60_000
"""No transaction that records anything takes so long: an entry that is older by more than this was back-dated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """
    What is known from elsewhere. `keys` are the keys that the house may sign with; `kept` the messages of checkpoints
    that somebody has kept, by their numbers.
    """

    keys: frozenset[bytes]
    kept: Mapping[int, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class _Log:
    """One log as far as it has been gone through."""

    tree: Frontier = field(default_factory=Frontier)
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)


class Verification:
    """One run over the record. `checkpoints` and `entries` count what was gone through."""

    def __init__(self, known: Knowledge) -> None:
        self.checkpoints = self.entries = 0
        self.line = Line(keys=known.keys, kept=known.kept)
        self._logs: dict[UUID, _Log] = defaultdict(_Log)
        self._heads: dict[UUID, Head] = {}
        self._lost = False
        self._complete_ms: int | None = None
        self._cluster: int | None = None

    def run(self) -> Iterator[Finding]:
        """All that is wrong, as it is met; of one moment, so that sealing goes on meanwhile and contradicts nothing."""
        with reading.one_snapshot():
            yield from self._run()

    def _run(self) -> Iterator[Finding]:
        for window in reading.windows():
            rows = reading.leaves(self._extents(window))
            found = {one.number: one for one in window.checkpoints}
            for number in sorted({*found, *window.heads}):
                yield from self._step(number, found.get(number), window.heads.get(number, []), rows)
        yield from self.line.end()
        yield from self._beyond()
        for log in {*self._logs, *reading.logs_with_nodes()}:
            yield from self._nodes(log)
        yield from anchored.examine()

    def _extents(self, window: Window) -> Extents:
        extents: Extents = {}
        for head in chain.from_iterable(window.heads.values()):
            first, after = extents.get(head.log, (self._logs[head.log].tree.size, 0))
            extents[head.log] = first, max(after, head.size)
        return extents

    def _step(
        self, number: int, one: Checkpoint | None, stored: list[Sealed], rows: Mapping[UUID, list[Row]]
    ) -> Iterator[Finding]:
        """One checkpoint. Where it was removed, its heads at least are gone through: the next ones build on them."""
        message: Message | None = None
        if one is not None:
            self.checkpoints += 1
            findings, message = self.line.follow(one)
            yield from findings
        batches = [self._batch(head, rows.get(head.log, [])) for head in stored]
        heads = {batch.log: batch.head.head for batch in batches}
        if message is not None and not self._signed(message, heads):
            findings, heads = self._mend(message, batches)
            yield from findings
        self._heads |= heads
        for batch in batches:
            yield from self._examine(batch, heads.get(batch.log), message)
        self._remember(message)

    def _batch(self, head: Sealed, rows: list[Row]) -> Batch:
        before = self._logs[head.log].tree
        own = [row for row in rows if before.size <= row.index < head.size]
        return Batch(before=before, head=head, rows=own)

    def _signed(self, message: Message, changed: dict[UUID, Head]) -> bool:
        heads = self._heads | changed
        ordered = [heads[log].hash for log in sorted(heads)]
        right = len(heads) == message.logs and root_of(ordered) == message.root
        self._lost = self._lost and not right
        return right

    def _mend(self, message: Message, batches: list[Batch]) -> tuple[list[Finding], dict[UUID, Head]]:
        """Which of the stored heads are wrong: those without which, or with those of the leaves, the root is right."""
        stored = {batch.log: batch.head.head for batch in batches}
        by_leaves = {batch.log: found for batch in batches if (found := batch.by_leaves())}
        by_entries = {batch.log: found for batch in batches if (found := batch.by_entries(batch.rows))}
        single = [{**stored, log: head} for found in (by_leaves, by_entries) for log, head in found.items()]
        without = [{other: head for other, head in stored.items() if other != log} for log in stored]
        for trial in (stored | by_leaves, stored | by_entries, *single, *without):
            if self._signed(message, trial):
                return [_head_changed(message, log) for log in stored if stored[log] != trial.get(log)], trial
        if self._lost:  # told already, with the checkpoint at which it began
            return [], stored
        self._lost = True
        subjects = (f"checkpoint {message.number}", *(f"log {log}" for log in stored))
        detail = "the heads of the logs as of this checkpoint are not those that the house signed"
        return [Finding(fault=Fault.HEADS_NOT_AS_SIGNED, subjects=subjects, detail=detail)], stored

    def _examine(self, batch: Batch, head: Head | None, message: Message | None) -> Iterator[Finding]:
        if head is None:  # a head that was put in: what it is about belongs to the next one
            return
        own = self._logs[batch.log]
        findings = list(examine(batch, head=head))
        yield from findings
        by_parts = batch.by_parts()
        if batch.head.head == head and (by_parts is None or by_parts.root != head.root):
            yield _head_changed(message, batch.log, batch.head.checkpoint)
        if not findings:
            own.nodes |= {(node.level, node.index): node.hash for node in batch.completed()}
        own.tree = batch.after(head)
        self.entries += len(batch.rows)
        if message is not None:
            for row in batch.rows:
                yield from self._times(row, batch.log, message)

    def _times(self, row: Row, log: UUID, message: Message) -> Iterator[Finding]:
        if row.entry is None or not row.agrees:
            return
        created_ms = _milliseconds(row.entry.created_at)
        early = self._complete_ms is not None and created_ms < self._complete_ms - LONGEST_MS
        if early or created_ms > message.sealed_ms + LONGEST_MS:
            yield Finding(
                fault=Fault.ENTRY_BACKDATED,
                subjects=(f"entry {row.entry_id}", *places(log, row.index, row.index)),
                detail=f"it says {row.entry.created_at}, and was sealed by checkpoint {message.number}",
            )

    def _remember(self, message: Message | None) -> None:
        if message is None:
            return
        moved = self._cluster not in (None, message.cluster)
        self._cluster, self._complete_ms = message.cluster, None if moved else message.complete_ms

    def _beyond(self) -> Iterator[Finding]:
        for log, index, entry_id in reading.leaves_beyond({log: own.tree.size for log, own in self._logs.items()}):
            yield Finding(
                fault=Fault.LEAF_ADDED,
                subjects=(f"entry {entry_id}", *places(log, index, index)),
                detail="it has a place that no checkpoint covers",
            )
        for head in reading.heads_beyond(self.line.number):
            yield _head_changed(None, head.log, head.checkpoint)
        last = self.line.last
        if last is None or last.cluster != selectors.cluster():
            return
        for entry, why in reading.entries_without_place(last.transaction, last.entry):
            yield Finding(fault=Fault.ENTRY_ADDED, subjects=(f"entry {entry}",), detail=why)

    def _nodes(self, log: UUID) -> Iterator[Finding]:
        stored = {(level, index): hashed for level, index, hashed in reading.stored_nodes(log)}
        size = self._logs[log].tree.size
        for place, hashed in self._logs[log].nodes.items():
            found = stored.pop(place, None)
            if found != hashed:
                fault = Fault.NODE_REMOVED if found is None else Fault.NODE_CHANGED
                yield _node(fault, log, place, "proofs that need it would be refused")
        for level, index in stored:
            if level == 0 or level % 8 or index < 0 or (index + 1) << level > size:
                yield _node(Fault.NODE_ADDED, log, (level, index), "the tree has no such node")


def verify(known: Knowledge) -> list[Finding]:
    """Everything that is wrong with the record."""
    return list(Verification(known).run())


def _head_changed(message: Message | None, log: UUID, number: int | None = None) -> Finding:
    checkpoint = message.number if message else number
    return Finding(
        fault=Fault.HEAD_CHANGED,
        subjects=(f"log {log}", f"checkpoint {checkpoint}"),
        detail="the stored head of this log is not the one that the house signed",
    )


def _node(fault: Fault, log: UUID, place: tuple[int, int], detail: str) -> Finding:
    return Finding(fault=fault, subjects=(f"node {log} {place[0]} {place[1]}",), detail=detail)


def _milliseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)
