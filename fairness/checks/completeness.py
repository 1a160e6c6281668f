"""
Whether a day is whole: every round that was committed is shown, and has exactly one result. For that, the leaves of
the epochs are held against the leaves of the results, below roots that follow each other on the chain.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from uuid import UUID

from fairness.chain import EPOCH_KIND, RECORD_KIND, RESULTS_KIND, Expected, verify_claim, verify_head
from fairness.checks.day import Day
from fairness.checks.result import GRACE_MS, ended_by_ms
from fairness.documents import Root
from fairness.errors import (
    AnchorHeadWrong,
    AnchorMissing,
    EpochContradicts,
    InclusionProofInvalid,
    LeafTwice,
    ResultContradicts,
    ResultMissing,
    ResultTwice,
    RoundMissing,
)
from fairness.merkle import leaf_hash, root_of
from fairness.messages import COMMIT_LENGTH, RESULT_LENGTH, CommitLeaf, ResultLeaf
from fairness.record.messages import CHECKPOINT_LENGTH
from fairness.verify import verify_epoch_key

_LEAF_LENGTHS = {EPOCH_KIND: COMMIT_LENGTH, RESULTS_KIND: RESULT_LENGTH, RECORD_KIND: CHECKPOINT_LENGTH}


def verify_sequence(roots: Sequence[Root], *, expected: Expected) -> None:
    """
    Check that the roots follow each other without a gap, and that the contract's head binds each to the one before:
    so one event on the chain vouches for all roots up to it.

    :raises AnchorMissing: a root is left out of the list. :raises AnchorMismatch: an anchor is about another root.
    :raises AnchorHeadWrong: a head does not follow.
    """
    for earlier, later in pairwise(roots):
        if later.seq != earlier.seq + 1:
            raise AnchorMissing(f"root {later.seq} follows root {earlier.seq} in the list")
        if earlier.anchor and later.anchor and later.anchor.previous_head != earlier.anchor.head:
            raise AnchorHeadWrong(f"root {later.seq} does not follow the head of root {earlier.seq}")
    for root in roots:
        if root.anchor is not None:
            verify_claim(anchor=root.anchor, place=root, kind=root.kind, expected=expected)
            verify_head(root.anchor)


def leaf_length(root: Root) -> int:
    """How many bytes each leaf below a root has."""
    return _LEAF_LENGTHS[root.kind]


class Completeness:
    """All leaves around a day, added tree by tree, held against the day's documents."""

    def __init__(self, day: Day, *, now_ms: int) -> None:
        self._day, self._now_ms = day, now_ms
        self._roots: set[bytes] = set()
        self._committed: dict[tuple[UUID, int], CommitLeaf] = {}
        self._epochs: dict[bytes, list[tuple[bytes, int]]] = {}
        self._results: dict[bytes, bytes] = {}

    def add(self, root: Root, data: bytes) -> None:
        """
        Take in the leaves below a root.

        :raises InclusionProofInvalid: they do not give the root. :raises LeafTwice: a round is committed twice.
        :raises ResultTwice: a round has two results. :raises SeedNotFromEpochKey: the key gives another seed.
        :raises EpochContradicts: the leaves of an epoch are not in order.
        """
        width = leaf_length(root)
        leaves = [data[at : at + width] for at in range(0, len(data), width)]
        hashes = [leaf_hash(leaf) for leaf in leaves]
        if len(leaves) != root.size or root_of(hashes) != root.root:
            raise InclusionProofInvalid(f"the {len(leaves)} leaves of root {root.seq} do not give it")
        self._roots.add(root.root)
        if root.kind == EPOCH_KIND:
            self._add_epoch(root, list(map(CommitLeaf.decode, leaves)), hashes)
        elif root.kind == RESULTS_KIND:
            self._add_results(list(map(ResultLeaf.decode, leaves)), hashes)

    def finish(self) -> dict[str, int]:
        """
        Say how much there was, when all trees have been added.

        :raises EpochContradicts: a document's epoch is not among the house's roots.
        :raises RoundMissing: a committed round is not shown. :raises ResultMissing: one has no result in the trees.
        :raises ResultContradicts: a document shows another result than the tree.
        """
        if unlisted := {shown.epoch_root for shown in self._day.rounds.values()} - self._roots:
            raise EpochContradicts(f"the epoch with root {min(unlisted).hex()} is not in the house's list of roots")
        due = list(self._due())
        for leaf in due:
            if leaf.round_number not in self._day.rounds:
                raise RoundMissing(f"round {leaf.round_number} was committed for this day, and is not shown")
        for number in self._day.rounds:
            self._require_result_as_shown(number)
        with_result = sum(self._results_of_epoch(root) for root in self._day.epochs)
        return {
            "trees": len(self._roots),
            "rounds_that_had_to_be_shown": len(due),
            "results_of_its_epochs": with_result,
        }

    def _add_epoch(self, root: Root, leaves: list[CommitLeaf], hashes: list[bytes]) -> None:
        key = self._day.epoch_key(root.root)
        last: tuple[bytes, int] | None = None
        self._epochs[root.root] = [(hashed, leaf.close_ms) for hashed, leaf in zip(hashes, leaves, strict=True)]
        for leaf in leaves:
            name, order = (leaf.stream, leaf.round_number), (leaf.stream.bytes, leaf.round_number)
            if name in self._committed:
                raise LeafTwice(f"round {leaf.round_number} of stream {leaf.stream} was committed twice")
            if last is not None and order <= last:
                raise EpochContradicts(f"the leaves of root {root.seq} are not in order")
            last, self._committed[name] = order, leaf
            if key is not None:
                verify_epoch_key(commit=leaf, epoch_key=key)

    def _add_results(self, leaves: list[ResultLeaf], hashes: list[bytes]) -> None:
        for leaf, hashed in zip(leaves, hashes, strict=True):
            if leaf.commit_leaf_hash in self._results:
                raise ResultTwice(f"round {leaf.round_number} of stream {leaf.stream} has two results")
            self._results[leaf.commit_leaf_hash] = hashed

    def _due(self) -> Iterator[CommitLeaf]:
        """The day's rounds of this game that must have ended by now."""
        for (stream, _), leaf in self._committed.items():
            over = self._now_ms >= leaf.close_ms + GRACE_MS
            if stream == self._day.stream and over and self._in_range(leaf):
                yield leaf

    def _in_range(self, leaf: CommitLeaf) -> bool:
        """By the day that was asked for; without one, between the first and the last round that are shown."""
        if self._day.day is not None:
            return self._day.contains(leaf.open_ms)
        return min(self._day.rounds) <= leaf.round_number <= max(self._day.rounds)

    def _require_result_as_shown(self, number: int) -> None:
        shown = self._day.rounds[number]
        found = self._results.get(shown.commit_hash)
        if shown.result_hash is not None and found is None:
            raise ResultMissing(f"the result of round {number} is below no root of the house's list")
        if shown.result_hash not in (None, found):
            raise ResultContradicts(f"round {number} has another result in the trees than in its document")

    def _results_of_epoch(self, root: bytes) -> int:
        """How many leaves of an epoch, of all games, have a result; each must have one when its time has come."""
        leaves = self._epochs[root]
        missing = [close_ms for hashed, close_ms in leaves if hashed not in self._results]
        key_due_ms = self._day.epochs[root].said["key_due_ms"]
        due = [ms for ms in missing if isinstance(key_due_ms, int) and self._now_ms >= ended_by_ms(key_due_ms, ms)]
        if due:
            raise ResultMissing(f"{len(due)} rounds of the epoch with root {root.hex()} have no result")
        return len(leaves) - len(missing)
