"""
The arrows in the life of a transaction. Each is a compare-and-set in a transaction of its own, committed before the
network is used again: so what is out is always on record first.
"""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from anchors.chain import AnchoredEvent, Block, Receipt, Signer
from anchors.models import Contract, Root, Transaction, TransactionStatus
from anchors.services.fees import Fees


def reserve(
    *,
    contract: Contract,
    root: Root,
    nonce: int,
    gas_limit: int,
    fees: Fees,
    heads: tuple[bytes, bytes],
) -> Transaction | None:
    """
    Take a root's place and a nonce for a transaction that is to be. `heads` are the contract's before and after it.

    None when somebody else has taken the place or the nonce: the database's constraints decide who signs.
    """
    try:
        with transaction.atomic():
            return Transaction.objects.create(
                contract=contract,
                root=root,
                nonce=nonce,
                gas_limit=gas_limit,
                max_fee_wei=fees.max_wei,
                priority_fee_wei=fees.priority_wei,
                previous_head=heads[0],
                head=heads[1],
            )
    except IntegrityError:
        return None


def sign(one: Transaction, *, call: dict[str, Any], signer: Signer) -> bool:
    """Sign what was built and store the bytes: from here on it is these bytes that go out. False if it has moved on."""
    raw, digest = signer.sign(fields_of(one, call))
    return move(one, TransactionStatus.SIGNED, raw=raw, hash=digest)


def fields_of(one: Transaction, call: dict[str, Any]) -> dict[str, Any]:
    """Everything that is signed."""
    return {
        **call,
        "type": 2,
        "chainId": one.contract.chain_id,
        "nonce": one.nonce,
        "gas": one.gas_limit,
        "maxFeePerGas": one.max_fee_wei,
        "maxPriorityFeePerGas": one.priority_fee_wei,
    }


def replace(old: Transaction, *, fees: Fees) -> Transaction | None:
    """The same with other fees and the same nonce, built; the old one is replaced. None if it has moved on."""
    with transaction.atomic():
        note = f"after too long a wait at {old.max_fee_wei} wei"
        if not move(old, TransactionStatus.REPLACED, note=note):
            return None
        return Transaction.objects.create(
            contract=old.contract,
            root=old.root,
            nonce=old.nonce,
            gas_limit=old.gas_limit,
            max_fee_wei=fees.max_wei,
            priority_fee_wei=fees.priority_wei,
            previous_head=old.previous_head,
            head=old.head,
            replaces=old,
            note=f"replaces transaction {old.pk}",
        )


def broadcast(one: Transaction, *, newest_block: int) -> bool:
    """The node has it. `newest_block` tells later whether the chain has moved since."""
    return move(one, TransactionStatus.BROADCAST, broadcast_at=Now(), broadcast_block=newest_block)


def mined(one: Transaction, receipt: Receipt, block: Block, *, instead_of: Transaction | None = None) -> bool:
    """It is in a block, maybe instead of the one that was to replace it."""
    with transaction.atomic():
        if instead_of is not None:
            move(instead_of, TransactionStatus.REPLACED, note=f"transaction {one.pk} was mined instead")
        moved = move(
            one,
            TransactionStatus.MINED,
            note="" if receipt.succeeded else "its execution failed",
            block_number=receipt.block_number,
            block_hash=receipt.block_hash,
            block_time=block.time,
            succeeded=receipt.succeeded,
            gas_used=receipt.gas_used,
        )
        transaction.set_rollback(not moved)
    return moved


def found(contract: Contract, root: Root, event: AnchoredEvent, *, heads: tuple[bytes, bytes], **where: Any) -> bool:
    """A root that stands on the chain by a transaction that is not on record here, as after a restored backup."""
    try:
        with transaction.atomic():
            Transaction.objects.create(
                contract=contract,
                root=root,
                hash=event.transaction,
                previous_head=heads[0],
                head=heads[1],
                status=TransactionStatus.MINED,
                succeeded=True,
                note="found on the chain",
                **where,
            )
    except IntegrityError:
        return False
    return True


def reorganised(one: Transaction, *, note: str) -> bool:
    """Its block is no longer part of the chain; the same bytes go out again."""
    no_block = dict.fromkeys(("block_number", "block_hash", "block_time", "succeeded", "gas_used"))
    return move(one, TransactionStatus.REORGANISED, note=note, **no_block)


def final(one: Transaction) -> bool:
    """Deep enough in the chain, and checked again: it stays as it is for ever."""
    return move(one, TransactionStatus.FINAL)


def failed(one: Transaction, *, note: str) -> bool:
    """It will never do what it was for; its root needs another one."""
    return move(one, TransactionStatus.FAILED, note=note)


def move(one: Transaction, target: TransactionStatus, *, note: str = "", **facts: Any) -> bool:
    """From the state in which it was read to another. False when it is not in that state any more."""
    facts |= {"status": target, "note": note}
    if not Transaction.objects.filter(pk=one.pk, status=one.status).update(**facts):
        return False
    one.refresh_from_db()
    return True
