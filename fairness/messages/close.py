"""The CLOSE message: all bets of a round, fixed before its outcome can be known."""

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
    require_zeros,
)

CLOSE_LENGTH = 112
_CLOSE = struct.Struct(">QI4s32s32s")


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseMessage:
    """
    All bets of a round, fixed at its close; published with an Ed25519 signature before the beacon exists.

    `prev_close_hash` is the SHA-256 of the stream's CLOSE before this one, or zeros for its first.

    :raises FieldInvalid: a value does not fit its field.
    """

    TYPE: ClassVar[MessageType] = MessageType.CLOSE

    stream: UUID
    round_number: int
    closed_ms: int
    bets_count: int
    bets_root: bytes
    prev_close_hash: bytes

    def __post_init__(self) -> None:
        require_position(self.stream, self.round_number)
        require_uint("closed_ms", self.closed_ms, 64)
        require_uint("bets_count", self.bets_count, 32)
        require_bytes("bets_root", self.bets_root, DIGEST_BYTES)
        require_bytes("prev_close_hash", self.prev_close_hash, DIGEST_BYTES)

    def encode(self) -> bytes:
        """The message's 112 bytes, which are what is signed."""
        return header(self.TYPE, self.stream, self.round_number) + _CLOSE.pack(
            self.closed_ms, self.bets_count, bytes(4), self.bets_root, self.prev_close_hash
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """
        The message in these bytes.

        :raises MessageMalformed: (a kind of it) they are not a CLOSE message.
        """
        stream, round_number = open_header(data, cls.TYPE, CLOSE_LENGTH)
        closed_ms, bets_count, zeros, bets_root, prev_close_hash = _CLOSE.unpack_from(data, HEADER_LENGTH)
        require_zeros(zeros, at=44)
        return cls(
            stream=stream,
            round_number=round_number,
            closed_ms=closed_ms,
            bets_count=bets_count,
            bets_root=bets_root,
            prev_close_hash=prev_close_hash,
        )
