"""Whether a root stands on a chain where the document says, and whether the contract's head binds it."""

from dataclasses import dataclass

from fairness.chain.event import FIRST_HEAD, Anchored, head_after
from fairness.chain.evidence import Evidence, Receipt
from fairness.documents import Anchor, Place, Root
from fairness.errors import AnchorHeadWrong, AnchorMismatch, AnchorNotOnChain

EPOCH_KIND, RESULTS_KIND, RECORD_KIND = 1, 2, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The contract, in lower case, and the chain that the verifier knows of; None where it knows none."""

    contract: str | None = None
    chain_id: int | None = None


def verify_claim(*, anchor: Anchor, place: Place | Root, kind: int, expected: Expected) -> None:
    """
    Check that an anchor is about this tree, and on the chain and contract that the verifier expects, if it does.

    :raises AnchorMismatch: it is about another root, size or kind.
    :raises AnchorNotOnChain: it is about another contract or chain.
    """
    _require_same("root", anchor.root.hex(), place.root.hex())
    _require_same("size", anchor.size, place.size)
    _require_same("kind", anchor.kind, kind)
    if expected.contract not in (None, anchor.contract):
        raise AnchorNotOnChain(f"the anchor is in contract {anchor.contract}, not in {expected.contract}")
    if expected.chain_id not in (None, anchor.chain_id):
        raise AnchorNotOnChain(f"the anchor is on chain {anchor.chain_id}, not on {expected.chain_id}")


def verify_head(anchor: Anchor) -> None:
    """
    Check what can be checked of a head without a chain: that it follows from the one before, as claimed.

    :raises AnchorHeadWrong: it does not.
    """
    if anchor.seq == 1 and anchor.previous_head != FIRST_HEAD:
        raise AnchorHeadWrong("before the first root of all, the head is zero")
    expected = head_after(
        previous_head=anchor.previous_head, seq=anchor.seq, root=anchor.root, size=anchor.size, kind=anchor.kind
    )
    if anchor.head != expected:
        raise AnchorHeadWrong(f"the head before and the root give the head {expected.hex()}, not {anchor.head.hex()}")


def verify_on_chain(*, anchor: Anchor, evidence: Evidence | None) -> None:
    """
    Check an anchor against what the chain says.

    :raises AnchorNotOnChain: the chain has no such event of that contract, or another publisher sent it.
    :raises AnchorMismatch: the event, its transaction or its block differ from the document.
    :raises AnchorHeadWrong: the contract's head does not follow from the one before.
    """
    if evidence is None or evidence.receipt is None:
        raise AnchorNotOnChain(f"the chain knows no transaction {anchor.transaction}")
    if evidence.chain_id != anchor.chain_id:
        raise AnchorNotOnChain(f"this is chain {evidence.chain_id}, and the anchor is on chain {anchor.chain_id}")
    receipt = evidence.receipt
    _require_same("transaction", anchor.transaction, receipt.transaction)
    event = _event_of(receipt, contract=anchor.contract, seq=anchor.seq)
    for name in ("seq", "root", "size", "kind"):
        _require_same(name, getattr(anchor, name), getattr(event, name))
    _require_block(anchor, evidence, receipt)
    if event.head != anchor.head:
        raise AnchorHeadWrong(f"the contract's head is {event.head.hex()}, not {anchor.head.hex()}")
    _require_predecessor(anchor, evidence.previous, sender=receipt.sender)
    verify_head(anchor)


def _event_of(receipt: Receipt, *, contract: str, seq: int) -> Anchored:
    """The contract's event with this seq, else its first."""
    if not receipt.succeeded:
        raise AnchorNotOnChain(f"transaction {receipt.transaction} failed")
    events = [event for event in receipt.events if event.contract == contract]
    if not events:
        raise AnchorNotOnChain(f"transaction {receipt.transaction} holds no Anchored event of {contract}")
    return next((event for event in events if event.seq == seq), events[0])


def _require_block(anchor: Anchor, evidence: Evidence, receipt: Receipt) -> None:
    block = evidence.block
    if block is None:
        raise AnchorNotOnChain(f"the chain knows no block {anchor.block_hash}")
    for hashed, number in ((receipt.block_hash, receipt.block_number), (block.hash, block.number)):
        _require_same("block_hash", anchor.block_hash, hashed)
        _require_same("block_number", anchor.block_number, number)
    _require_same("block_time", anchor.block_time, block.time)
    if block.computed_hash is not None and block.computed_hash != block.hash:
        raise AnchorMismatch(f"the header of block {block.hash} gives the hash {block.computed_hash}")


def _require_predecessor(anchor: Anchor, previous: Receipt | None, *, sender: str) -> None:
    """A contract's first root has none before it; of every other, the head before must be the one that is bound."""
    if previous is None:
        return
    event = _event_of(previous, contract=anchor.contract, seq=anchor.seq - 1)
    if previous.sender != sender:
        raise AnchorNotOnChain(f"{sender} is not the publisher {previous.sender} of the root before")
    if event.seq != anchor.seq - 1 or event.head != anchor.previous_head:
        raise AnchorHeadWrong(f"root {event.seq} left the head {event.head.hex()}, not {anchor.previous_head.hex()}")


def _require_same(what: str, claimed: object, found: object) -> None:
    if claimed != found:
        shown = [value.hex() if isinstance(value, bytes) else value for value in (claimed, found)]
        raise AnchorMismatch(f"{what} is {shown[1]}, and the document's anchor says {shown[0]}")
