"""Blocks, transactions, receipts and logs in the form of Ethereum's JSON-RPC: quantities and bytes in hex."""

from collections.abc import Sequence
from typing import Any

import rlp
from eth.abc import BlockAPI, LogAPI, ReceiptAPI, SignedTransactionAPI
from eth_hash.auto import keccak

Form = dict[str, Any]


def quantity(number: int | None) -> str:
    """A number; None, where py-evm's types allow it, is not in blocks of these rules."""
    return hex(number or 0)


def data(value: bytes | None) -> str:
    return f"0x{(value or b'').hex()}"


def describe_block(block: BlockAPI, *, whole_transactions: bool) -> Form:
    """A block with its transactions, or with their hashes only."""
    transactions: list[Form] | list[str] = [data(transaction.hash) for transaction in block.transactions]
    if whole_transactions:
        transactions = [describe_transaction(block, index) for index in range(len(block.transactions))]
    return {
        **_describe_header(block),
        "hash": data(block.hash),
        "size": quantity(len(rlp.encode(block))),
        "totalDifficulty": quantity(0),
        "transactions": transactions,
        "uncles": [],
        "withdrawals": [
            {
                "index": quantity(withdrawal.index),
                "validatorIndex": quantity(withdrawal.validator_index),
                "address": data(withdrawal.address),
                "amount": quantity(withdrawal.amount),
            }
            for withdrawal in block.withdrawals
        ],
    }


def _describe_header(block: BlockAPI) -> Form:
    """What the block's hash is the hash of."""
    header = block.header
    return {
        "parentHash": data(header.parent_hash),
        "sha3Uncles": data(header.uncles_hash),
        "miner": data(header.coinbase),
        "stateRoot": data(header.state_root),
        "transactionsRoot": data(header.transaction_root),
        "receiptsRoot": data(header.receipt_root),
        "logsBloom": _bloom(header.bloom),
        "difficulty": quantity(header.difficulty),
        "number": quantity(header.block_number),
        "gasLimit": quantity(header.gas_limit),
        "gasUsed": quantity(header.gas_used),
        "timestamp": quantity(header.timestamp),
        "extraData": data(header.extra_data),
        "mixHash": data(header.mix_hash),
        "nonce": data(header.nonce),
        "baseFeePerGas": quantity(header.base_fee_per_gas),
        "withdrawalsRoot": data(header.withdrawals_root),
    }


def describe_transaction(block: BlockAPI, index: int) -> Form:
    transaction = block.transactions[index]
    return {
        "type": quantity(type_of(transaction)),
        **_describe_place(block, index),
        "hash": data(transaction.hash),
        "nonce": quantity(transaction.nonce),
        "from": data(transaction.sender),
        "to": data(transaction.to) if transaction.to else None,
        "value": quantity(transaction.value),
        "gas": quantity(transaction.gas),
        "gasPrice": quantity(find_gas_price(block, transaction)),
        "input": data(transaction.data),
        **_describe_type(transaction),
        "r": quantity(transaction.r),
        "s": quantity(transaction.s),
    }


def _describe_type(transaction: SignedTransactionAPI) -> Form:
    """What only some types of transactions have."""
    kind = type_of(transaction)
    if kind == 0:
        chain_id = transaction.chain_id
        replay_protected = {} if chain_id is None else {"chainId": quantity(chain_id)}
        return {**replay_protected, "v": quantity(getattr(transaction, "v"))}  # noqa: B009  # not in the interface
    parity = quantity(transaction.y_parity)
    accesses = [
        {"address": data(account), "storageKeys": [data(slot.to_bytes(32, "big")) for slot in slots]}
        for account, slots in transaction.access_list
    ]
    described: Form = {"chainId": quantity(transaction.chain_id), "accessList": accesses}
    if kind == 2:
        described["maxFeePerGas"] = quantity(transaction.max_fee_per_gas)
        described["maxPriorityFeePerGas"] = quantity(transaction.max_priority_fee_per_gas)
    return {**described, "yParity": parity, "v": parity}


def describe_receipt(block: BlockAPI, receipts: Sequence[ReceiptAPI], index: int) -> Form:
    """The receipt of a block's transaction; `receipts` are all of the block, whose gas and logs are counted on."""
    transaction, receipt = block.transactions[index], receipts[index]
    used_before = receipts[index - 1].gas_used if index else 0
    created = keccak(rlp.encode([transaction.sender, transaction.nonce]))[12:]
    return {
        "type": quantity(type_of(transaction)),
        "status": quantity(int.from_bytes(receipt.state_root, "big")),
        "transactionHash": data(transaction.hash),
        **_describe_place(block, index),
        "from": data(transaction.sender),
        "to": data(transaction.to) if transaction.to else None,
        "contractAddress": None if transaction.to else data(created),
        "gasUsed": quantity(receipt.gas_used - used_before),
        "cumulativeGasUsed": quantity(receipt.gas_used),
        "effectiveGasPrice": quantity(find_gas_price(block, transaction)),
        "logs": describe_logs(block, receipts, index),
        "logsBloom": _bloom(receipt.bloom),
    }


def describe_logs(block: BlockAPI, receipts: Sequence[ReceiptAPI], index: int) -> list[Form]:
    """The logs of a block's transaction; they are numbered through the block."""
    first = sum(len(receipt.logs) for receipt in receipts[:index])
    return [
        _describe_log(block, index, log, position) for position, log in enumerate(receipts[index].logs, start=first)
    ]


def _describe_log(block: BlockAPI, index: int, log: LogAPI, position: int) -> Form:
    return {
        "address": data(log.address),
        "topics": [data(topic.to_bytes(32, "big")) for topic in log.topics],
        "data": data(log.data),
        "transactionHash": data(block.transactions[index].hash),
        **_describe_place(block, index),
        "logIndex": quantity(position),
        "removed": False,
    }


def _describe_place(block: BlockAPI, index: int) -> Form:
    return {
        "blockHash": data(block.hash),
        "blockNumber": quantity(block.number),
        "transactionIndex": quantity(index),
    }


def find_gas_price(block: BlockAPI, transaction: SignedTransactionAPI) -> int:
    """What a unit of gas has cost in this block, in wei."""
    offered = transaction.max_priority_fee_per_gas + (block.header.base_fee_per_gas or 0)
    return min(transaction.max_fee_per_gas, offered)


def type_of(transaction: SignedTransactionAPI) -> int:
    """EIP-2718's number of a transaction's type; 0 for one from before there were types."""
    return transaction.type_id or 0


def _bloom(bits: int) -> str:
    return data(bits.to_bytes(256, "big"))
