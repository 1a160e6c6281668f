"""What is examined, what the verifier knows by itself, and what a check comes to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from fairness.chain import ChainSource, Expected
from fairness.documents import BetDocument, Close, RoundDocument
from fairness.merkle import leaf_hash
from fairness.messages import BetLeaf, CloseMessage, CommitLeaf, EpochStatement, ResultLeaf


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the verifier asked for. No hash binds these labels, so an answer about something else would pass."""

    round_id: int | None = None
    game: str | None = None
    bet_id: UUID | None = None
    paytable_id: str | None = None
    countersigners: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedClose:
    """A CLOSE that the verifier kept from the time of the close. The frame of the socket names its key by id only."""

    message: bytes
    signature: bytes
    key_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """
    What a verifier has from elsewhere than the document. All of it is optional but the time, and what is missing
    leaves a check skipped or weaker, never passed in silence.

    `keys`: the house's public keys, which are `keys_from` somewhere; None trusts those in the document. `anchored`: on
    which contract. `chain`: a source of evidence. `receipt`: the BET leaf that the bettor got. `without_bls` skips the
    beacon's signature. `strict` fails what was skipped by the verifier's own choice.
    """

    now_ms: int
    asked: Asked = field(default_factory=Asked)
    keys: frozenset[bytes] | None = None
    keys_from: str = "given by the verifier"
    anchored: Expected = field(default_factory=Expected)
    chain: ChainSource | None = None
    close: SavedClose | None = None
    receipt: bytes | None = None
    allow_signed_only: bool = False
    without_bls: bool = False
    strict: bool = False


@dataclass(frozen=True, kw_only=True)
class Case:
    """One round, maybe with a bet in it, under examination. No slots: messages are decoded once and kept."""

    document: RoundDocument
    bet: BetDocument | None = None
    known: Knowledge

    @cached_property
    def commit(self) -> CommitLeaf:
        """:raises MessageMalformed: (a kind of it) it is no COMMIT leaf."""
        return CommitLeaf.decode(self.document.commit.place.leaf)

    @cached_property
    def commit_hash(self) -> bytes:
        """The hash of the COMMIT leaf, `lh` in the protocol."""
        return leaf_hash(self.document.commit.place.leaf)

    @cached_property
    def statement(self) -> EpochStatement | None:
        """:raises MessageMalformed: (a kind of it) it is no EPOCH statement."""
        signed = self.document.commit.statement
        return EpochStatement.decode(signed.message) if signed else None

    @cached_property
    def close(self) -> CloseMessage | None:
        """:raises MessageMalformed: (a kind of it) it is no CLOSE message."""
        return CloseMessage.decode(self.document.close.message) if self.document.close else None

    @cached_property
    def bet_leaf(self) -> BetLeaf | None:
        """:raises MessageMalformed: (a kind of it) it is no BET leaf."""
        return BetLeaf.decode(self.bet.leaf) if self.bet else None

    @cached_property
    def result(self) -> ResultLeaf | None:
        """:raises MessageMalformed: (a kind of it) it is no RESULT leaf."""
        return ResultLeaf.decode(self.document.result.place.leaf) if self.document.result else None

    def closes(self) -> list[tuple[str, Close]]:
        """The CLOSE of the round's document and that of the bet's, each with the place where it stands."""
        found = [("close", self.document.close), ("the bet's close", self.bet.close if self.bet else None)]
        return [(where, close) for where, close in found if close]


class State(StrEnum):
    """How a check ended. A failed check is an error that is raised, so it is no outcome."""

    PASSED = "passed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What a check came to, and what it saw. `reason` says why it was skipped; `by_choice` that the verifier could have
    made it, with a chain's address for example.
    """

    state: State
    evidence: Mapping[str, object]
    reason: str = ""
    by_choice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One of the numbered checks."""

    number: int
    id: str
    run: Callable[[Case], Outcome]


def passed(**evidence: object) -> Outcome:
    """The check was made, and this is what it saw."""
    return Outcome(state=State.PASSED, evidence=evidence)


def skipped(reason: str, seen: Mapping[str, object] | None = None, *, by_choice: bool = False) -> Outcome:
    """The check, or its last part, was not made; `seen` is what was seen nevertheless."""
    return Outcome(state=State.SKIPPED, evidence=seen or {}, reason=reason, by_choice=by_choice)
