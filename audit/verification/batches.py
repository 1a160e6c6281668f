"""One log at one checkpoint: what was added to it, held against the head that stands for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from audit.selectors import Sealed
from audit.verification.findings import Fault, Finding
from audit.verification.reading import Row
from fairness.errors import InputInvalid
from fairness.growing import Frontier, Node
from fairness.record.messages import LogHead as Head

KEEP_EVERY = 8
NAMES_MAX = 20
"""So many entries are named of a batch in which it cannot be said which of them was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a checkpoint added to a log. `before` is the log as it was known to be right; `head` as it is stored now."""

    before: Frontier
    head: Sealed
    rows: list[Row]

    @property
    def log(self) -> UUID:
        return self.head.log

    def by_leaves(self) -> Head | None:
        """The head that the stored leaves give; None where one is left out."""
        tree = self._grown([row.hash for row in self.rows]) if self._is_whole() else None
        return Head(log=self.log, size=tree.size, root=tree.root) if tree else None

    def by_entries(self, rows: list[Row]) -> Head | None:
        """The head that the entries give, in the order of these rows; None where one is left out."""
        hashes = [row.entry_hash for row in rows if row.entry_hash]
        if not self._is_whole() or len(hashes) != len(rows):
            return None
        tree = self._grown(hashes)
        return Head(log=self.log, size=tree.size, root=tree.root)

    def completed(self) -> list[Node]:
        """The nodes that the stored leaves complete."""
        return self.before.grown([row.hash for row in self.rows], keep_every=KEEP_EVERY)[1]

    def after(self, head: Head) -> Frontier:
        """The log after this batch: by whatever of it gives the head that was signed, else by its leaves."""
        by_parts = self.by_parts()
        by_leaves = self._grown([row.hash for row in self.rows])
        by_entries = self._grown([row.entry_hash for row in self.rows if row.entry_hash])
        trees = (tree for tree in (by_parts, by_leaves, by_entries) if tree is not None)
        return next((tree for tree in trees if (tree.size, tree.root) == (head.size, head.root)), by_leaves)

    def by_parts(self) -> Frontier | None:
        """The tree that the stored parts are; None where they are those of no tree of this size."""
        try:
            return self.head.frontier
        except InputInvalid:
            return None

    def _grown(self, hashes: list[bytes]) -> Frontier:
        return self.before.grown(hashes, keep_every=KEEP_EVERY)[0]

    def _is_whole(self) -> bool:
        first = self.before.size
        return all(row.index == first + at for at, row in enumerate(self.rows))

    def gaps(self) -> Iterator[tuple[int, int]]:
        """(first, last) of the places that have no leaf."""
        ends = [self.before.size - 1, *(row.index for row in self.rows), self.head.size]
        for earlier, later in pairwise(ends):
            if later > earlier + 1:
                yield earlier + 1, later - 1


def examine(batch: Batch, *, head: Head) -> Iterator[Finding]:
    """What is wrong in a batch, given the head that the house signed."""
    for first, last in batch.gaps():
        yield Finding(
            fault=Fault.LEAF_REMOVED,
            subjects=places(batch.log, first, last),
            detail=f"no entry has {'this place' if first == last else 'these places'}, and the house sealed one there",
        )
    wrong = [row for row in batch.rows if not row.agrees]
    if batch.by_leaves() == head:
        yield from (_entry_finding(batch, row) for row in wrong)
    elif batch.by_entries(batch.rows) == head:
        yield from (_leaf_finding(batch, row) for row in wrong)
    else:
        yield from _unclear(batch, head, wrong)


def places(log: UUID, first: int, last: int) -> tuple[str, ...]:
    """The name of a place, or of some that follow each other."""
    return (f"place {log} {first}",) if first == last else (f"places {log} {first}-{last}",)


def _unclear(batch: Batch, head: Head, wrong: list[Row]) -> Iterator[Finding]:
    yield from (_entry_finding(batch, row) for row in wrong)
    ordered = sorted(batch.rows, key=_due_order)
    moved = [row for row, due in zip(batch.rows, ordered, strict=True) if row is not due]
    if moved and batch.by_entries(ordered) == head:
        names = [name for row in moved for name in (f"entry {row.entry_id}", *places(batch.log, row.index, row.index))]
        yield Finding(
            fault=Fault.ENTRIES_REORDERED,
            subjects=tuple(names),
            detail="in the order of their transactions they give what the house signed, in this order not",
        )
    elif not wrong and not list(batch.gaps()):
        names = [f"entry {row.entry_id}" for row in batch.rows[:NAMES_MAX]]
        yield Finding(
            fault=Fault.ENTRIES_NOT_AS_SEALED,
            subjects=(*places(batch.log, batch.before.size, head.size - 1), *names),
            detail=f"these entries and their leaves do not give what the house signed in checkpoint "
            f"{batch.head.checkpoint}: one of them was changed together with its leaf",
        )


def _due_order(row: Row) -> tuple[int, str]:
    return (int(row.entry.transaction), row.entry.id) if row.entry else (0, str(row.entry_id))


def _entry_finding(batch: Batch, row: Row) -> Finding:
    subjects = (f"entry {row.entry_id}", *places(batch.log, row.index, row.index))
    if row.entry is None:
        return Finding(fault=Fault.ENTRY_REMOVED, subjects=subjects, detail="it was sealed, and is not there any more")
    return Finding(fault=Fault.ENTRY_CHANGED, subjects=subjects, detail="it is not what was sealed at its place")


def _leaf_finding(batch: Batch, row: Row) -> Finding:
    return Finding(
        fault=Fault.LEAF_CHANGED,
        subjects=(f"entry {row.entry_id}", *places(batch.log, row.index, row.index)),
        detail="its leaf was changed; the entry is as it was sealed",
    )
