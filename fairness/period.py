"""
All bets of one player in a time, and why none is missing: every round of that time with all its leaves, of which those
of the player's operator are opened. A line is a JSON object: first what was asked, then the rounds of each game in
their order, last how many there were, signed over everything before.

What holds a bet fast is its round's CLOSE: the root over all leaves was signed before the outcome could be known, each
CLOSE names the one before it, and rounds have numbers without a gap. Of leaves that are not opened nobody learns more
than their hashes. That they are other operators' is then the house's word; opened for all operators, nothing is left to
believe.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

from fairness.checks import Case, Knowledge, verify_round
from fairness.checks.day import Day
from fairness.checks.document import require_key
from fairness.documents import RoundDocument
from fairness.documents.members import Members, hex_bytes, whole_number
from fairness.documents.parts import Signature
from fairness.ed25519 import verify_ed25519
from fairness.errors import (
    BetNotAsReceipt,
    BetOfAnotherRound,
    DocumentMalformed,
    DocumentNotAsAsked,
    DocumentSignatureInvalid,
    FairnessError,
    InclusionProofInvalid,
    RoundMissing,
    SignatureInvalid,
)
from fairness.hashing import DIGEST_BYTES, sha256
from fairness.merkle import leaf_hash, root_of
from fairness.messages import BET_LENGTH, BetLeaf
from fairness.strict_json import parse

ABOUT = "bets of a player"
_DOMAIN = b"KPS1-PERIOD\0"
LINE_BYTES_MAX = 1 << 30
_LEAVES_MAX, _GAMES_MAX = 1 << 22, 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """
    What was asked: whose bets, from when to before when (milliseconds since 1970). `player_tag` is how the player
    stands in leaves. With `all_opened` the leaves of every operator are open.
    """

    operator_id: UUID
    player_token: str
    player_tag: bytes
    from_ms: int
    to_ms: int
    all_opened: bool

    @classmethod
    def parse(cls, line: bytes) -> Self:
        """:raises DocumentMalformed: it is not the first line of such a document."""
        own = Members(parse(line), "", "protocol", "about", *cls.__slots__)
        own.constant("protocol", "KPS-1")
        own.constant("about", ABOUT)
        return cls(
            operator_id=own.uuid("operator_id"),
            player_token=own.text("player_token"),
            player_tag=own.hex("player_tag", DIGEST_BYTES),
            from_ms=own.integer("from_ms"),
            to_ms=own.integer("to_ms"),
            all_opened=own.truth("all_opened"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundOfPeriod:
    """A round: its document, the hashes of all leaves at its close, and of some, by their index, the leaves."""

    document: RoundDocument
    hashes: tuple[bytes, ...]
    opened: tuple[tuple[int, bytes], ...]

    @classmethod
    def parse(cls, line: bytes) -> Self:
        """:raises DocumentMalformed: it is no round's line."""
        own = Members(parse(line, limit=LINE_BYTES_MAX), "", "round", "leaves", "opened")
        joined = own.inner("leaves", hex_bytes)
        if len(joined) % DIGEST_BYTES:
            raise DocumentMalformed("leaves", f"must be hashes of {DIGEST_BYTES} bytes")
        hashes = tuple(joined[at : at + DIGEST_BYTES] for at in range(0, len(joined), DIGEST_BYTES))
        return cls(
            document=own.inner("round", lambda value, _: RoundDocument.read(value)),
            hashes=hashes,
            opened=own.each("opened", _opened, most=_LEAVES_MAX),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """
    How many rounds and bets of the player there were, the games (by their streams) of which the house says that they
    have no later round, and its signature over all of it.
    """

    rounds: int
    bets: int
    ended: tuple[UUID, ...]
    by: Signature

    @property
    def facts(self) -> bytes:
        """What is signed of this line itself."""
        said = [self.rounds, self.bets, [str(stream) for stream in self.ended]]
        return json.dumps(said, separators=(",", ":")).encode()

    @classmethod
    def parse(cls, line: bytes) -> Self:
        """:raises DocumentMalformed: it is not the last line of such a document."""
        own = Members(parse(line), "", "rounds", "bets", "ended", "signed")
        return cls(
            rounds=own.integer("rounds"),
            bets=own.integer("bets"),
            ended=own.each("ended", _stream, most=_GAMES_MAX),
            by=own.inner("signed", Signature.read),
        )


@dataclass(slots=True, kw_only=True)
class Found:
    """
    What a document has shown: the player's bets, how many leaves of others were opened, or stayed closed, and of how
    many games the house says that they had no later round.
    """

    head: Head
    bets: list[BetLeaf] = field(default_factory=list)
    rounds: int = 0
    games: int = 0
    ended: int = 0
    others: int = 0
    closed: int = 0


def signed_digest(digest: bytes) -> bytes:
    """What the house signs, from the SHA-256 of all lines but the last, each with its end, and the last one's facts."""
    return _DOMAIN + digest


def verify_period(lines: list[bytes], known: Knowledge) -> Found:
    """
    Check that these are all bets of the player in that time.

    :raises DocumentMalformed: it has another form. :raises DocumentSignatureInvalid: it was altered.
    :raises RoundMissing: a round of that time is left out. :raises InclusionProofInvalid: leaves are not those that
        were fixed. :raises BetOfAnotherRound: (and BetNotAsReceipt) an opened leaf does not belong where it stands.
    :raises FairnessError: every other check of a round, by name.
    """
    if len(lines) < 2:
        raise DocumentMalformed("", "must have a first and a last line")
    head, end = Head.parse(lines[0]), End.parse(lines[-1])
    _require_signed(lines, end, known)
    found = Found(head=head)
    for game in _games(lines[1:-1], known):
        _verify_game(game, found, end)
    if (end.rounds, end.bets) != (found.rounds, len(found.bets)):
        raise DocumentNotAsAsked(f"{found.rounds} rounds and {len(found.bets)} bets are not as many as were signed")
    if head.all_opened and found.closed:
        raise InclusionProofInvalid(f"{found.closed} leaves are not opened, and all should be")
    return found


def _require_signed(lines: list[bytes], end: End, known: Knowledge) -> None:
    require_key(end.by, "signed", known)
    said = sha256(b"".join(line + b"\n" for line in lines[:-1]) + end.facts)
    try:
        verify_ed25519(public_key=end.by.public_key, message=signed_digest(said), signature=end.by.signature)
    except SignatureInvalid as refusal:
        raise DocumentSignatureInvalid("the lines are not those that were signed") from refusal


def _games(lines: Iterable[bytes], known: Knowledge) -> Iterator[list[tuple[Case, RoundOfPeriod]]]:
    """The rounds of each game, as they follow each other in the document."""
    game: list[tuple[Case, RoundOfPeriod]] = []
    for line in lines:
        one = RoundOfPeriod.parse(line)
        case = Case(document=one.document, known=known)
        verify_round(case)
        if game and game[-1][0].commit.stream != case.commit.stream:
            yield game
            game = []
        game.append((case, one))
    if game:
        yield game


def _verify_game(game: list[tuple[Case, RoundOfPeriod]], found: Found, end: End) -> None:
    head, day = found.head, Day()
    for case, one in game:
        day.add(case)
        try:
            _verify_bets(case, one, found)
        except FairnessError as failure:
            failure.check = failure.check or f"round {case.document.round_id}"
            raise
    first, last = game[0][0].commit, game[-1][0].commit
    if first.round_number > 1 and first.close_ms > head.from_ms:
        raise RoundMissing(f"the game's round before number {first.round_number} is left out")
    if last.open_ms < head.to_ms and last.stream not in end.ended:
        raise RoundMissing(f"the game's round after number {last.round_number} is left out")
    found.rounds += len(game)
    found.games += 1
    found.ended += last.open_ms < head.to_ms


def _verify_bets(case: Case, one: RoundOfPeriod, found: Found) -> None:
    close = case.close
    if close is None:
        if one.hashes or one.opened:
            raise InclusionProofInvalid("there is no CLOSE, and leaves are shown")
        return
    if (root_of(list(one.hashes)), len(one.hashes)) != (close.bets_root, close.bets_count):
        raise InclusionProofInvalid(f"{len(one.hashes)} leaves do not give the root that was signed at the close")
    seen: set[int] = set()
    for index, data in one.opened:
        if index in seen or index >= len(one.hashes) or leaf_hash(data) != one.hashes[index]:
            raise BetNotAsReceipt(f"the leaf opened at {index} is not the one that was fixed there")
        seen.add(index)
        _count(case, BetLeaf.decode(data), found)
    found.closed += len(one.hashes) - len(seen)


def _count(case: Case, leaf: BetLeaf, found: Found) -> None:
    commit, head = case.commit, found.head
    if (leaf.stream, leaf.round_number) != (commit.stream, commit.round_number):
        raise BetOfAnotherRound(f"bet {leaf.bet_id} is of round {leaf.round_number} of stream {leaf.stream}")
    if leaf.operator_id == head.operator_id and leaf.player_tag == head.player_tag:
        found.bets.append(leaf)
    else:
        found.others += 1


def _stream(value: object, path: str) -> UUID:
    return Members({"stream": value}, path, "stream").uuid("stream")


def _opened(value: object, path: str) -> tuple[int, bytes]:
    own = Members(value, path, "index", "leaf")
    return own.inner("index", whole_number), own.hex("leaf", BET_LENGTH)
