"""
A chain as a node shows it: blocks with real headers, receipts with real logs. Encoded with Ethereum's own libraries,
so that nothing of `fairness` has a part in what `fairness` is to check.
"""

from dataclasses import dataclass
from typing import Any

import rlp
from eth_abi.abi import encode
from eth_hash.auto import keccak

CHAIN_ID = 31337
CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
PUBLISHER = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
TOPIC = keccak(b"Anchored(uint64,bytes32,uint64,uint8,bytes32)")
EPOCH, RESULTS = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchoring:
    """One root on the chain."""

    seq: int
    root: bytes
    size: int
    kind: int
    head: bytes
    previous_head: bytes
    block: dict[str, Any]
    receipt: dict[str, Any]

    def part(self) -> dict[str, Any]:
        """The member `anchor` of a document."""
        return {
            "chain_id": CHAIN_ID,
            "contract": CONTRACT,
            "seq": self.seq,
            "kind": self.kind,
            "root": self.root.hex(),
            "size": self.size,
            "transaction": self.receipt["transactionHash"],
            "block_number": int(self.block["number"], 16),
            "block_hash": self.block["hash"],
            "block_time": int(self.block["timestamp"], 16),
            "head": self.head.hex(),
            "previous_head": self.previous_head.hex(),
        }


class Chain:
    """One contract on one chain, one root a block."""

    def __init__(self) -> None:
        self.anchorings: list[Anchoring] = []
        self._parent = bytes(32)

    def anchor(self, *, root: bytes, size: int, kind: int, time: int) -> Anchoring:
        """The next root, in a block of this time (seconds since 1970)."""
        seq = len(self.anchorings) + 1
        previous = self.anchorings[-1].head if self.anchorings else bytes(32)
        head = keccak(previous + seq.to_bytes(8, "big") + root + size.to_bytes(8, "big") + bytes([kind]))
        block = make_block(number=seq, time=time, parent=self._parent)
        self._parent = bytes.fromhex(block["hash"][2:])
        receipt = make_receipt(block, seq=seq, root=root, size=size, kind=kind, head=head)
        made = Anchoring(
            seq=seq,
            root=root,
            size=size,
            kind=kind,
            head=head,
            previous_head=previous,
            block=block,
            receipt=receipt,
        )
        self.anchorings.append(made)
        return made

    def evidence(self, seq: int) -> dict[str, Any]:
        """What a node says of one root, in the saved form."""
        own = self.anchorings[seq - 1]
        previous = self.anchorings[seq - 2].receipt if seq > 1 else None
        return {"chain_id": hex(CHAIN_ID), "receipt": own.receipt, "block": own.block, "previous": previous}

    def answer(self, method: str, parameters: list[Any]) -> Any:
        """What a node answers to one call of JSON-RPC."""
        match method, parameters:
            case "eth_chainId", []:
                return hex(CHAIN_ID)
            case "eth_getTransactionReceipt", [wanted]:
                return next((a.receipt for a in self.anchorings if a.receipt["transactionHash"] == wanted), None)
            case "eth_getBlockByHash", [wanted, False]:
                return next((a.block for a in self.anchorings if a.block["hash"] == wanted), None)
            case "eth_getLogs", [question]:
                logs = [log for a in self.anchorings for log in a.receipt["logs"]]
                return [log for log in logs if _matches(log, question)]
        raise ValueError(f"{method} is not answered here")


def make_block(*, number: int, time: int, parent: bytes) -> dict[str, Any]:
    """A block of after Cancun, as eth_getBlockByHash shows it."""
    fields: dict[str, bytes | int] = {
        "parentHash": parent,
        "sha3Uncles": keccak(rlp.encode([])),
        "miner": bytes(20),
        "stateRoot": keccak(b"state %d" % number),
        "transactionsRoot": keccak(b"transactions %d" % number),
        "receiptsRoot": keccak(b"receipts %d" % number),
        "logsBloom": bytes(256),
        "difficulty": 0,
        "number": number,
        "gasLimit": 30_000_000,
        "gasUsed": 35_112,
        "timestamp": time,
        "extraData": b"",
        "mixHash": keccak(b"randao %d" % number),
        "nonce": bytes(8),
        "baseFeePerGas": 7,
        "withdrawalsRoot": keccak(rlp.encode(b"")),
        "blobGasUsed": 0,
        "excessBlobGas": 0,
        "parentBeaconBlockRoot": bytes(32),
    }
    shown = {name: hex(value) if isinstance(value, int) else "0x" + value.hex() for name, value in fields.items()}
    beside = {"hash": "0x" + keccak(rlp.encode(list(fields.values()))).hex(), "size": "0x2a0", "uncles": []}
    return {**shown, **beside, "transactions": ["0x" + transaction_hash(number).hex()]}


def make_receipt(
    block: dict[str, Any], *, seq: int, root: bytes, size: int, kind: int, head: bytes, contract: str = CONTRACT
) -> dict[str, Any]:
    """The receipt of a transaction that anchored one root."""
    place = {"blockHash": block["hash"], "blockNumber": block["number"]}
    transaction = "0x" + transaction_hash(seq).hex()
    log = {
        "address": contract.lower(),
        "topics": ["0x" + TOPIC.hex(), f"0x{seq:064x}", "0x" + root.hex()],
        "data": "0x" + encode(["uint64", "uint8", "bytes32"], [size, kind, head]).hex(),
        "transactionHash": transaction,
        "logIndex": "0x0",
        "removed": False,
    }
    return {
        "transactionHash": transaction,
        "transactionIndex": "0x0",
        "from": PUBLISHER,
        "to": contract.lower(),
        "contractAddress": None,
        "status": "0x1",
        "gasUsed": "0x8928",
        "logs": [{**log, **place}],
        **place,
    }


def head_of(anchor: dict[str, Any]) -> bytes:
    """The head that follows from what an anchor claims."""
    previous, root = bytes.fromhex(anchor["previous_head"]), bytes.fromhex(anchor["root"])
    packed = previous + anchor["seq"].to_bytes(8, "big") + root + anchor["size"].to_bytes(8, "big")
    return keccak(packed + bytes([anchor["kind"]]))


def transaction_hash(seq: int) -> bytes:
    return keccak(b"transaction %d" % seq)


def _matches(log: dict[str, Any], question: dict[str, Any]) -> bool:
    first, last = (int(question[name], 16) for name in ("fromBlock", "toBlock"))
    in_range = first <= int(log["blockNumber"], 16) <= last
    return (
        in_range
        and log["address"] == question["address"]
        and log["topics"][: len(question["topics"])] == (question["topics"])
    )
