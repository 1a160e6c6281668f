"""The COMMIT leaf: what is fixed before a round opens."""

import struct
from dataclasses import dataclass
from typing import ClassVar, Self
from uuid import UUID

from fairness.hashing import DIGEST_BYTES
from fairness.messages.fields import (
    HEADER_LENGTH,
    MessageType,
    header,
    open_header,
    require_bytes,
    require_position,
    require_uint,
)

COMMIT_LENGTH = 152
_COMMIT = struct.Struct(">QQ32sQ32s32s")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitLeaf:
    """
    What is fixed about a round before it opens. Times are in milliseconds since 1970.

    :raises FieldInvalid: a value does not fit its field.
    """

    TYPE: ClassVar[MessageType] = MessageType.COMMIT

    stream: UUID
    round_number: int
    open_ms: int
    close_ms: int
    beacon_chain_hash: bytes
    beacon_round: int
    rules_hash: bytes
    commitment: bytes

    def __post_init__(self) -> None:
        require_position(self.stream, self.round_number)
        require_uint("open_ms", self.open_ms, 64)
        require_uint("close_ms", self.close_ms, 64)
        require_bytes("beacon_chain_hash", self.beacon_chain_hash, DIGEST_BYTES)
        require_uint("beacon_round", self.beacon_round, 64)
        require_bytes("rules_hash", self.rules_hash, DIGEST_BYTES)
        require_bytes("commitment", self.commitment, DIGEST_BYTES)

    def encode(self) -> bytes:
        """The leaf's 152 bytes."""
        return header(self.TYPE, self.stream, self.round_number) + _COMMIT.pack(
            self.open_ms,
            self.close_ms,
            self.beacon_chain_hash,
            self.beacon_round,
            self.rules_hash,
            self.commitment,
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """
        The leaf in these bytes.

        :raises MessageMalformed: (a kind of it) they are not a COMMIT leaf.
        """
        stream, round_number = open_header(data, cls.TYPE, COMMIT_LENGTH)
        open_ms, close_ms, chain_hash, beacon_round, rules_hash, commitment = _COMMIT.unpack_from(data, HEADER_LENGTH)
        return cls(
            stream=stream,
            round_number=round_number,
            open_ms=open_ms,
            close_ms=close_ms,
            beacon_chain_hash=chain_hash,
            beacon_round=beacon_round,
            rules_hash=rules_hash,
            commitment=commitment,
        )
