"""
What a verifier reads from a chain of its own choice about one transaction: raw answers of JSON-RPC.

Answers differ from node to node, so members that are not needed here are passed over. What the answers say about an
anchor is judged in `fairness.chain.anchors`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, Self

from fairness.chain.event import Anchored
from fairness.chain.header import block_hash_of
from fairness.errors import ChainUnreadable, DocumentMalformed
from fairness.strict_json import parse

EVIDENCE_BYTES_MAX = 16 << 20
_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}", re.ASCII)
_DATA = re.compile(r"0x(?:[0-9a-fA-F]{2})*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A transaction that is in a block: who sent it, whether it succeeded, and the events that it left."""

    transaction: str
    block_hash: str
    block_number: int
    succeeded: bool
    sender: str
    events: tuple[Anchored, ...]

    @classmethod
    def read(cls, value: object, path: str) -> Self:
        """:raises ChainUnreadable: not the answer to eth_getTransactionReceipt."""
        own = _Answer(value, path)
        return cls(
            transaction=own.data("transactionHash", 32),
            block_hash=own.data("blockHash", 32),
            block_number=own.quantity("blockNumber"),
            succeeded=own.quantity("status") == 1,
            sender=own.data("from", 20),
            events=tuple(_events(own.items("logs"), f"{path}.logs")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block. `computed_hash` follows from its header; it is None where the header has a form of its own."""

    hash: str
    number: int
    time: int
    computed_hash: str | None

    @classmethod
    def read(cls, value: object, path: str) -> Self:
        """:raises ChainUnreadable: not the answer to eth_getBlockByHash."""
        own = _Answer(value, path)
        return cls(
            hash=own.data("hash", 32),
            number=own.quantity("number"),
            time=own.quantity("timestamp"),
            computed_hash=block_hash_of(own.values),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """
    What the chain says about one anchor's transaction. `receipt` and `block` are None where the chain knows none;
    `previous`, the receipt of the root before, is None for the first root of a contract.
    """

    chain_id: int
    receipt: Receipt | None
    block: Block | None
    previous: Receipt | None

    @classmethod
    def read(cls, value: object, path: str = "evidence") -> Self:
        """:raises ChainUnreadable: it has another form."""
        own = _Answer(value, path)
        return cls(
            chain_id=own.quantity("chain_id"),
            receipt=None if own.is_null("receipt") else Receipt.read(own.values["receipt"], f"{path}.receipt"),
            block=None if own.is_null("block") else Block.read(own.values["block"], f"{path}.block"),
            previous=None if own.is_null("previous") else Receipt.read(own.values["previous"], f"{path}.previous"),
        )


class ChainSource(Protocol):
    """Where evidence comes from. The verifier chooses it, never the house."""

    def evidence_of(self, transaction: str, *, contract: str, seq: int) -> Evidence | None:
        """
        What the chain says about a transaction that should hold this root; None where it knows nothing.

        :raises ChainUnreadable: no answer, or none that can be understood.
        """


class SavedEvidence:
    """Evidence from a file, found by the hash of its transaction."""

    def __init__(self, evidence: Iterable[Evidence]) -> None:
        self._found = {one.receipt.transaction: one for one in evidence if one.receipt is not None}

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """One piece of evidence, or a list of them, as JSON. :raises ChainUnreadable: it has another form."""
        try:
            value = parse(data, limit=EVIDENCE_BYTES_MAX)
        except DocumentMalformed as refusal:
            raise ChainUnreadable(f"the saved evidence cannot be read: {refusal}") from refusal
        pieces = value if isinstance(value, list) else [value]
        return cls(Evidence.read(piece, f"evidence[{place}]") for place, piece in enumerate(pieces))

    def evidence_of(self, transaction: str, *, contract: str, seq: int) -> Evidence | None:
        """The piece about this transaction."""
        return self._found.get(transaction)


class _Answer:
    """Members of one object in an answer, each read in the form that JSON-RPC gives it."""

    __slots__ = ("_path", "values")

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise ChainUnreadable(f"{path} must be an object")
        self._path, self.values = path, value

    def is_null(self, name: str) -> bool:
        if name not in self.values:
            raise ChainUnreadable(f"{self._path}.{name} is missing")
        return self.values[name] is None

    def quantity(self, name: str) -> int:
        value = self.values.get(name)
        if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
            raise ChainUnreadable(f"{self._path}.{name} must be a number in hex, such as 0x7a69")
        return int(value, 16)

    def data(self, name: str, length: int) -> str:
        return "0x" + _bytes(self.values.get(name), f"{self._path}.{name}", length).hex()

    def items(self, name: str) -> list[object]:
        value = self.values.get(name)
        if not isinstance(value, list):
            raise ChainUnreadable(f"{self._path}.{name} must be a list")
        return value


def _events(logs: list[object], path: str) -> Iterable[Anchored]:
    for place, log in enumerate(logs):
        own = _Answer(log, f"{path}[{place}]")
        if own.values.get("removed") is True:
            continue
        event = Anchored.find(
            contract=own.data("address", 20),
            topics=[_bytes(topic, f"{path}[{place}].topics", 32) for topic in own.items("topics")],
            data=_bytes(own.values.get("data"), f"{path}[{place}].data"),
        )
        if event is not None:
            yield event


def _bytes(value: object, path: str, length: int | None = None) -> bytes:
    if not isinstance(value, str) or not _DATA.fullmatch(value):
        raise ChainUnreadable(f"{path} must be bytes in hex that begin with 0x")
    data = bytes.fromhex(value[2:])
    if length is not None and len(data) != length:
        raise ChainUnreadable(f"{path} must be {length} bytes")
    return data


def raw_evidence(
    *, chain_id: int, receipt: Mapping[str, object] | None, block: object, previous: object
) -> dict[str, object]:
    """The saved form of evidence, from raw answers."""
    return {"chain_id": hex(chain_id), "receipt": receipt, "block": block, "previous": previous}
