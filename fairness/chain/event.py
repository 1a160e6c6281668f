"""The one event of the contract, and the running head that binds all of them."""

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from fairness.keccak import keccak_256

SIGNATURE = "Anchored(uint64,bytes32,uint64,uint8,bytes32)"
TOPIC = "0x" + keccak_256(SIGNATURE.encode()).hex()
FIRST_HEAD = bytes(32)
"""The head before the first root of a sequence that continues no other."""

_WORD = 32
_HEAD = struct.Struct(">32sQ32sQB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """A root as the contract wrote it down. `contract` is an address in lower case."""

    contract: str
    seq: int
    root: bytes
    size: int
    kind: int
    head: bytes

    @classmethod
    def find(cls, *, contract: str, topics: list[bytes], data: bytes) -> Self | None:
        """The event in one entry of a log; None where the entry is another event, or none that the contract makes."""
        if len(topics) != 3 or topics[0].hex() != TOPIC[2:] or len(data) != 3 * _WORD:
            return None
        seq, size, kind = (int.from_bytes(word, "big") for word in (topics[1], data[:_WORD], data[_WORD : 2 * _WORD]))
        if seq >= 1 << 64 or size >= 1 << 64 or kind >= 1 << 8:
            return None
        return cls(contract=contract, seq=seq, root=topics[2], size=size, kind=kind, head=data[2 * _WORD :])


@lru_cache(maxsize=4096)
def head_after(*, previous_head: bytes, seq: int, root: bytes, size: int, kind: int) -> bytes:
    """The contract's head after this root: keccak-256 of the head before and the root's values, packed."""
    return keccak_256(_HEAD.pack(previous_head, seq, root, size, kind))
