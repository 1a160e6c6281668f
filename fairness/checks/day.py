"""What only several rounds of one game show together: no gap, no number twice, one chain of closes, one story."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID

from fairness.checks.case import Case
from fairness.documents import Anchor, RoundDocument
from fairness.errors import (
    CloseTwice,
    DocumentNotAsAsked,
    EpochContradicts,
    LeafTwice,
    ResultMissing,
    ResultTwice,
    RoundMissing,
)
from fairness.hashing import sha256
from fairness.merkle import leaf_hash

OVERTAKEN_MS = 3_600_000
"""A result may be overtaken by those of later rounds, where paying takes long, but not by more than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a day's document has shown of a round, for comparisons across documents."""

    commit_hash: bytes
    result_hash: bytes | None
    epoch_root: bytes


@dataclass(slots=True, kw_only=True)
class _Tree:
    """What documents have said of one tree so far. What was null may be known in a later document."""

    said: dict[str, Hashable] = field(default_factory=dict)

    def hear(self, what: str, facts: Mapping[str, Hashable]) -> None:
        for name, value in facts.items():
            known = self.said.setdefault(name, value)
            if known is None:
                self.said[name] = value
            elif value not in (None, known):
                raise EpochContradicts(f"documents of one {what} differ in its {name}")


class Day:
    """
    The rounds of one game, added one by one in their order, each checked by itself before. With `day`, all of them
    must have opened on that day (UTC).
    """

    def __init__(self, day: date | None = None) -> None:
        self.day = day
        self.stream: UUID | None = None
        self.rounds: dict[int, Shown] = {}
        self.epochs: dict[bytes, _Tree] = {}
        self._results: dict[bytes, _Tree] = {}
        self._ids: set[int] = set()
        self._places: set[tuple[bytes, int]] = set()
        self._last: int | None = None
        self._last_close: bytes | None = None
        self._without_result: dict[int, int] = {}

    def add(self, case: Case) -> None:
        """
        Compare a round with those before it.

        :raises DocumentNotAsAsked: it is of another game or day. :raises RoundMissing: a number is left out.
        :raises LeafTwice: a round is shown twice. :raises CloseTwice: its CLOSE follows another one than was shown.
        :raises EpochContradicts: documents of one epoch differ. :raises ResultTwice: two rounds share a result.
        :raises ResultMissing: a much later round has its result on the chain, and an earlier one has none.
        """
        self._follow_number(case)
        self._follow_close(case)
        self._hear_epoch(case)
        self._hear_result(case)
        result = case.document.result
        self.rounds[case.commit.round_number] = Shown(
            commit_hash=case.commit_hash,
            result_hash=leaf_hash(result.place.leaf) if result else None,
            epoch_root=case.document.commit.place.root,
        )

    def epoch_key(self, root: bytes) -> bytes | None:
        """The published key of the epoch with this root, if a document has shown it."""
        key = self.epochs[root].said["key"] if root in self.epochs else None
        return key if isinstance(key, bytes) else None

    def contains(self, open_ms: int) -> bool:
        """Whether a round that opens at this time belongs to the day."""
        return self.day is None or datetime.fromtimestamp(open_ms / 1000, UTC).date() == self.day

    def _follow_number(self, case: Case) -> None:
        commit, number = case.commit, case.commit.round_number
        if self.stream not in (None, commit.stream):
            raise DocumentNotAsAsked(f"round {number} is of another game than the rounds before it")
        if not self.contains(commit.open_ms):
            raise DocumentNotAsAsked(f"round {number} did not open on {self.day}")
        if self._last is not None and number > self._last + 1:
            raise RoundMissing(f"between rounds {self._last} and {number}, {number - self._last - 1} are left out")
        if (self._last is not None and number <= self._last) or case.document.round_id in self._ids:
            raise LeafTwice(f"round {number} (id {case.document.round_id}) is shown twice, or out of order")
        self.stream, self._last = commit.stream, number
        self._ids.add(case.document.round_id)

    def _follow_close(self, case: Case) -> None:
        if case.close is None or case.document.close is None:
            return
        if self._last_close not in (None, case.close.prev_close_hash):
            raise CloseTwice(f"the CLOSE of round {case.commit.round_number} follows another one than the one shown")
        self._last_close = sha256(case.document.close.message)

    def _hear_epoch(self, case: Case) -> None:
        place, epoch = case.document.commit.place, case.document.epoch
        signed = case.document.commit.statement
        facts: dict[str, Hashable] = {
            "size": place.size,
            # Within an epoch a game's rounds stand next to each other: nothing was committed between two of them.
            "order": place.index - case.commit.round_number,
            "statement": signed.message if signed else None,
            "key_due_ms": epoch.key_due_ms,
            "key": epoch.key,
            "anchor": case.document.commit.anchor,
        }
        self.epochs.setdefault(place.root, _Tree()).hear("epoch", facts)

    def _hear_result(self, case: Case) -> None:
        result, number = case.document.result, case.commit.round_number
        if result is None:
            self._without_result[number] = case.commit.close_ms
            return
        spot = (result.place.root, result.place.index)
        if spot in self._places:
            raise ResultTwice(f"round {number} has the same place among the results as another round")
        self._places.add(spot)
        facts: dict[str, Hashable] = {"size": result.place.size, "anchor": result.anchor}
        self._results.setdefault(result.place.root, _Tree()).hear("tree of results", facts)
        overtaken = [
            earlier
            for earlier, close_ms in self._without_result.items()
            if result.anchor and case.commit.close_ms - close_ms > OVERTAKEN_MS
        ]
        if overtaken:
            raise ResultMissing(f"round {number} has its result on the chain, and round {overtaken[0]} has none")


def anchors_of(document: RoundDocument) -> list[Anchor]:
    """The places on the chain that a document names."""
    found = [document.commit.anchor, document.result.anchor if document.result else None]
    return [anchor for anchor in found if anchor is not None]
