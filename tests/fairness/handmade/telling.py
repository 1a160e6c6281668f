"""How a lie is told: honest documents, changed consistently and signed again."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from fairness.draw import draw_key, draw_numbers
from fairness.merkle import audit_path, leaf_hash, root_of
from fairness.messages import BetLeaf, CloseMessage, CommitLeaf, EpochStatement, ResultLeaf
from fairness.rules import paytable_hash
from tests.fairness.house import (
    HOUSE_KEY,
    MULTIPLIERS,
    NOW_MS,
    T0,
    Document,
    House,
    SigningKey,
    outcome_of,
    sign,
    statement_part,
)

GAME, NUMBER = "keno-10s", 2
STRANGER = SigningKey("test stranger")
EARLY_MS = T0 + 130_000
"""When all ordinary rounds are revealed, and no result or key is due yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What a lying house shows, and the name that the lie must get."""

    expect: str
    document: Document
    bet: Document | None = None
    kept: Document | None = None
    receipt: str | None = None
    chain: bool = True
    now_ms: int = NOW_MS
    asked_id: int | None = None
    allow_signed_only: bool = False


Telling = Callable[[House], Story]
LIES: dict[str, Telling] = {}


def lie(name: str) -> Callable[[Telling], Telling]:
    """Add a story to the collection, under its name."""

    def add(tell: Telling) -> Telling:
        LIES[name] = tell
        return tell

    return add


def honest(house: House, number: int = NUMBER, game: str = GAME) -> Document:
    return house.document(game, number)


def telling(expect: str, document: Document, **rest: Any) -> Story:
    return Story(expect=expect, document=sign(document), **rest)


def redrawn(document: Document) -> Document:
    """The same with the numbers that follow from what is revealed."""
    reveal = document["reveal"]
    beacon = bytes.fromhex(reveal["beacon_signature"]) if reveal["beacon_signature"] else None
    lh = leaf_hash(bytes.fromhex(document["commit"]["leaf"]))
    key = draw_key(seed=bytes.fromhex(reveal["seed"]), commit_leaf_hash=lh, beacon_signature=beacon)
    reveal["numbers"] = list(draw_numbers(key=key))
    return document


def recommitted(house: House, document: Document, **changes: Any) -> Document:
    """With another COMMIT leaf in a new tree of the same epoch, and a new statement; the anchor stays as it was."""
    one = house.rounds[document["game"], CommitLeaf.decode(bytes.fromhex(document["commit"]["leaf"])).round_number]
    assert one.epoch is not None
    leaves, at = list(one.epoch.leaves), one.epoch.rounds.index(one)
    leaves[at] = replace(one.commit, **changes).encode()
    part = replanted(leaves, at)
    statement = EpochStatement(root=bytes.fromhex(part["root"]), size=len(leaves), committed_ms=one.epoch.committed_ms)
    document["commit"] |= part | {"statement": statement_part(statement)}
    return document


def replanted(leaves: list[bytes], at: int) -> Document:
    hashes = list(map(leaf_hash, leaves))
    return {
        "leaf": leaves[at].hex(),
        "index": at,
        "size": len(leaves),
        "path": [step.hex() for step in audit_path(hashes, at)],
        "root": root_of(hashes).hex(),
    }


def reclosed(document: Document, key: SigningKey = HOUSE_KEY, **changes: Any) -> Document:
    """With another CLOSE, signed again; its witnesses are gone, because they signed the first one."""
    message = replace(CloseMessage.decode(bytes.fromhex(document["close"]["message"])), **changes).encode()
    document["close"] = {"message": message.hex(), **key.part(message), "countersignatures": []}
    return document


def reresulted(house: House, document: Document, **changes: Any) -> Document:
    """With another RESULT leaf, in a new tree; the anchor stays as it was."""
    one = house.rounds[GAME, NUMBER]
    assert one.results is not None
    leaves, at = list(one.results.leaves), one.results.rounds.index(one)
    leaves[at] = replace(ResultLeaf.decode(leaves[at]), **changes).encode()
    document["result"] |= replanted(leaves, at)
    return document


def with_bet(house: House, leaf: BetLeaf, multipliers: dict[int, dict[int, str]] = MULTIPLIERS) -> Story:
    """Documents of a round that was closed with this bet in it, all signed. The caller names the lie."""
    others = [bet.leaf for bet in house.rounds[GAME, NUMBER].bets if bet.id != leaf.bet_id]
    leaves = [one.encode() for one in sorted([*others, leaf], key=lambda one: one.bet_id.bytes)]
    at = leaves.index(leaf.encode())
    part = replanted(leaves, at)
    document = reclosed(honest(house), bets_root=bytes.fromhex(part["root"]), bets_count=len(leaves))
    bet = house.bet_document(GAME, NUMBER, 0)
    table = {str(picks): {str(hits): pays for hits, pays in row.items()} for picks, row in multipliers.items()}
    bet |= {"bet_id": str(leaf.bet_id), "bet": part, "close": document["close"]}
    bet["paytable"] |= {"hash": paytable_hash(multipliers).hex(), "multipliers": table}
    bet["outcome"] = outcome_of(leaf, house.rounds[GAME, NUMBER].numbers, multipliers)
    return Story(expect="", document=sign(document), bet=sign(bet))
