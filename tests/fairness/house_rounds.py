"""What becomes of one round of the house: its draw, its bets, its end."""

from dataclasses import dataclass, field
from uuid import UUID

from fairness import bls
from fairness.draw import draw_key, draw_numbers
from fairness.hashing import sha256
from fairness.merkle import leaf_hash
from fairness.messages import (
    BetLeaf,
    CloseMessage,
    CommitLeaf,
    ResultLeaf,
    ResultStatus,
    VoidCause,
)
from fairness.networks import QUICKNET, Network, beacon_time
from fairness.rules import paytable_hash
from tests.fairness.chain import Anchoring
from tests.fairness.house_keys import (
    BEACON_SECRET,
    MULTIPLIERS,
    NETWORKS,
    OPERATORS,
    QUICK_SIGNATURES,
    STREAMS,
    Document,
)


@dataclass(slots=True, kw_only=True)
class Bet:
    """A bet, and its place in its round."""

    leaf: BetLeaf
    index: int = 0

    @property
    def id(self) -> UUID:
        return self.leaf.bet_id


@dataclass(slots=True, kw_only=True)
class Played:
    """One round and everything that became of it."""

    id: int
    game: str
    number: int
    open_ms: int
    close_ms: int
    seed: bytes
    commit: CommitLeaf
    beacon: bytes | None = None
    numbers: tuple[int, ...] = ()
    bets: list[Bet] = field(default_factory=list)
    close: bytes | None = None
    void_cause: VoidCause = VoidCause.NONE
    ended_ms: int = 0
    epoch: "Epoch | None" = None
    results: "Results | None" = None
    result_leaf: bytes = b""

    @property
    def network(self) -> Network:
        return NETWORKS[self.game]

    @property
    def is_void(self) -> bool:
        return self.void_cause is not VoidCause.NONE


@dataclass(slots=True, kw_only=True)
class Epoch:
    """Rounds that were committed together."""

    key: bytes
    rounds: list[Played]
    committed_ms: int
    key_due_ms: int
    anchoring: Anchoring | None = None

    @property
    def leaves(self) -> list[bytes]:
        return [one.commit.encode() for one in self.rounds]


@dataclass(slots=True, kw_only=True)
class Results:
    """Rounds whose ends stand in one tree."""

    rounds: list[Played]
    anchoring: Anchoring | None = None

    @property
    def leaves(self) -> list[bytes]:
        return [one.result_leaf for one in self.rounds]


VOID = {
    ("keno-10s", 4): VoidCause.STAFF,
    ("keno-10s", 5): VoidCause.BEACON_LATE,
    ("quick", 2): VoidCause.BEACON_LATE,
    ("quick", 4): VoidCause.BEACON_LATE,
}
"""Rounds that were void: one before its close, the others after it. Nobody here could sign for the public beacon."""


def draw(one: Played) -> None:
    """Beacon and numbers of a round, and when it ended; of a void one only the time."""
    network, beacon_round = one.network, one.commit.beacon_round
    if network == QUICKNET:
        one.beacon = QUICK_SIGNATURES.get(beacon_round)
    elif network.has_beacon:
        one.beacon = bls.sign_beacon(secret=BEACON_SECRET, beacon_round=beacon_round)
    lh = leaf_hash(one.commit.encode())
    one.numbers = draw_numbers(key=draw_key(seed=one.seed, commit_leaf_hash=lh, beacon_signature=one.beacon))
    one.ended_ms = beacon_time(network, beacon_round) * 1000 + 150 if network.has_beacon else one.close_ms + 150
    if one.is_void:
        one.ended_ms = one.open_ms + 3000 if one.void_cause is VoidCause.STAFF else one.close_ms + 900_000


def bets_of(one: Played) -> list[Bet]:
    """Three bets: one with three hits of five picks, one without a hit, and one of the other operator."""
    missed = [number for number in range(1, 81) if number not in one.numbers]
    choices = [("alpha", sorted(one.numbers[:3]) + missed[:2]), ("alpha", missed[5:10]), ("beta", missed[20:23])]
    leaves = [bet_leaf(one, operator, sorted(picks), n) for n, (operator, picks) in enumerate(choices)]
    leaves.sort(key=lambda leaf: leaf.bet_id.bytes)
    return [Bet(leaf=leaf, index=index) for index, leaf in enumerate(leaves)]


def bet_leaf(one: Played, operator: str, picks: list[int], n: int) -> BetLeaf:
    name = f"{one.game} {one.number} {n}"
    return BetLeaf(
        stream=STREAMS[one.game],
        round_number=one.number,
        bet_id=UUID(bytes=sha256(f"test bet {name}".encode())[:16]),
        operator_id=OPERATORS[operator],
        player_tag=sha256(f"test player {name}".encode()),
        picks=tuple(picks),
        currency="KES",
        exponent=2,
        stake_minor=1000,
        paytable_hash=paytable_hash(MULTIPLIERS),
        accepted_ms=one.open_ms + 1500 + n,
        blind=sha256(f"test blind {name}".encode())[:16],
    )


def outcome_of(
    leaf: BetLeaf, numbers: tuple[int, ...], multipliers: dict[int, dict[int, str]] = MULTIPLIERS
) -> Document:
    hits = len(set(leaf.picks) & set(numbers))
    multiplier = multipliers[len(leaf.picks)].get(hits)
    hundredths = round(float(multiplier) * 100) if multiplier else 0
    won = leaf.stake_minor * hundredths // 100
    return {"status": "won" if multiplier else "lost", "hits": hits, "multiplier": multiplier, "win_minor": won}


def result_of(one: Played) -> ResultLeaf:
    close = CloseMessage.decode(one.close) if one.close else None
    return ResultLeaf(
        stream=STREAMS[one.game],
        round_number=one.number,
        commit_leaf_hash=leaf_hash(one.commit.encode()),
        seed=one.seed,
        beacon_signature=None if one.is_void else one.beacon,
        numbers=() if one.is_void else one.numbers,
        bets_root=close.bets_root if close else bytes(32),
        bets_count=close.bets_count if close else 0,
        status=ResultStatus.VOID if one.is_void else ResultStatus.DRAWN,
        cause=one.void_cause,
        drawn_ms=one.ended_ms,
    )
