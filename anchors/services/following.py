"""What has become of transactions that are out: looked up again and again until they are final."""

from django.conf import settings

from anchors import selectors
from anchors.chain import Block, Chain, ContractState, Look, Receipt
from anchors.models import AlarmCode, Contract, Root, Transaction, TransactionStatus
from anchors.services import transactions
from anchors.services.alarms import Halt


def follow(chain: Chain, look: Look, contract: Contract) -> int:
    """
    Move every transaction to where the chain says it is. Returns how many moved.

    :raises Halt: the chain holds something else than what was signed.
    """
    return sum(_follow_one(chain, look, one) for one in selectors.underway(contract))


def _follow_one(chain: Chain, look: Look, one: Transaction) -> int:
    if one.status == TransactionStatus.BUILT:
        return 0
    if one.status == TransactionStatus.MINED:
        return _look_again(chain, look, one)
    return _find(chain, one)


def _look_again(chain: Chain, look: Look, one: Transaction) -> int:
    """A mined one: still in the same block? Deep enough?"""
    place = _place_of(chain, one)
    if place is None or place[1].hash != one.block_hash:
        left = f"block {one.block_number} is no longer part of the chain"
        if not transactions.reorganised(one, note=left):
            return 0
        if one.raw is None:
            # It was only found on the chain: there are no bytes to send again.
            transactions.failed(one, note="its bytes are not on record")
        return 1
    if look.number - place[0].block_number + 1 < settings.CHAIN_CONFIRMATIONS:
        return 0
    if not place[0].succeeded:
        return int(transactions.failed(one, note="its execution failed"))
    _check_event(one, place[0])
    return int(transactions.final(one))


def _find(chain: Chain, one: Transaction) -> int:
    """One that is out: in a block by now? Or is one that it should have replaced?"""
    for attempt in (one, *selectors.other_attempts(one)):
        place = _place_of(chain, attempt)
        if place is None:
            continue
        _check_event(attempt, place[0])
        instead_of = None if attempt is one else one
        return int(transactions.mined(attempt, *place, instead_of=instead_of))
    return 0


def _place_of(chain: Chain, one: Transaction) -> tuple[Receipt, Block] | None:
    """The receipt and the block, when that block is the chain's at its height."""
    receipt = chain.receipt(one.hash or "")
    block = chain.block(receipt.block_number) if receipt else None
    return (receipt, block) if receipt and block and block.hash == receipt.block_hash else None


def _check_event(one: Transaction, receipt: Receipt) -> None:
    """The contract says of this transaction exactly what was meant, and its head is the one computed here."""
    if not receipt.succeeded or one.root is None:
        return
    event = receipt.event
    told = event and (event.seq, event.root, event.size, event.kind, event.head)
    if told != _meant(one.root, bytes(one.head or b"")):
        raise Halt(AlarmCode.CHAIN_CONTRADICTS, f"transaction {one.hash} did not anchor root {one.root_id} as meant")


def _meant(root: Root, head: bytes) -> tuple[int, bytes, int, int, bytes]:
    return root.seq, bytes(root.root), root.size, root.kind, head


def check_history(chain: Chain, contract: Contract, state: ContractState) -> int:
    """
    The contract holds the roots that were registered here and no others. Roots that it holds by transactions that
    are not on record, as after a restored backup, are taken over; returns how many.

    :raises Halt: it holds something else.
    """
    taken = 0
    last_final = selectors.last_final_in(contract)
    if any(selectors.head_at(contract, seq) is None for seq in range(last_final + 1, state.last + 1)):
        taken = _take_over(chain, contract, last_final, state.last)
    if selectors.head_at(contract, state.last) != state.head:
        raise Halt(AlarmCode.CHAIN_CONTRADICTS, f"the contract's head after root {state.last} is not the one expected")
    return taken


def _take_over(chain: Chain, contract: Contract, last_final: int, last: int) -> int:
    events = {event.seq: event for event in chain.events(contract.address, first=_first_block(contract))}
    roots = {root.seq: root for root in selectors.roots_after(last_final, limit=last - last_final)}
    taken = 0
    for seq in range(last_final + 1, last + 1):
        if selectors.head_at(contract, seq) is not None:
            continue
        event, root, before = events.get(seq), roots.get(seq), selectors.head_at(contract, seq - 1)
        known = event and (event.seq, event.root, event.size, event.kind, event.head)
        if event is None or root is None or before is None or known != _meant(root, event.head):
            raise Halt(AlarmCode.CHAIN_CONTRADICTS, f"the contract holds a root {seq} that is not the one registered")
        block = chain.block(event.block_number)
        if block is None:
            break
        place = {"block_number": block.number, "block_hash": block.hash, "block_time": block.time}
        nonce = chain.nonce_of(event.transaction)
        taken += transactions.found(contract, root, event, heads=(before, event.head), nonce=nonce, **place)
    return taken


def _first_block(contract: Contract) -> int:
    """From where on the contract's events are looked for: its last final root, or its deployment."""
    final = Transaction.objects.filter(contract=contract, status=TransactionStatus.FINAL).order_by("-block_number")
    found = final.values_list("block_number", flat=True).first()
    return found or 0
