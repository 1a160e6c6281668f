"""The RESULT leaf: how a round ended."""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Self
from uuid import UUID

from fairness.draw import BEACON_SIGNATURE_BYTES, DRAW_SIZE
from fairness.errors import FieldInvalid
from fairness.hashing import DIGEST_BYTES
from fairness.messages.fields import (
    HEADER_LENGTH,
    MessageType,
    header,
    open_header,
    require_bytes,
    require_numbers,
    require_position,
    require_uint,
    require_zeros,
)

RESULT_LENGTH = 212
_NO_SIGNATURE = bytes(BEACON_SIGNATURE_BYTES)
_NO_NUMBERS = bytes(DRAW_SIZE)
_RESULT = struct.Struct(">32s32s48s20s32sIBB2sQ")


class ResultStatus(IntEnum):
    """How a round ended."""

    DRAWN = 0
    VOID = 1


class VoidCause(IntEnum):
    """Why a round is void. Published in its RESULT leaf, so numbers are never reused for another cause."""

    NONE = 0
    BEACON_LATE = 1
    SEED_MISMATCH = 2
    EPOCH_KEY_LOST = 3
    EPOCH_NOT_ANCHORED = 4
    INTEGRITY_FAULT = 5
    STAFF = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultLeaf:
    """
    The end of a round, drawn or void; every committed round gets exactly one.

    `beacon_signature` is None where there was none, `numbers` are in draw order and empty where nothing was
    drawn; both are zeros in bytes, which no signature and no draw can be. A seed that is lost is 32 zeros.

    :raises FieldInvalid: a value does not fit its field, or contradicts the status.
    """

    TYPE: ClassVar[MessageType] = MessageType.RESULT

    stream: UUID
    round_number: int
    commit_leaf_hash: bytes
    seed: bytes
    beacon_signature: bytes | None
    numbers: tuple[int, ...]
    bets_root: bytes
    bets_count: int
    status: ResultStatus
    cause: VoidCause
    drawn_ms: int

    def __post_init__(self) -> None:
        require_position(self.stream, self.round_number)
        require_bytes("commit_leaf_hash", self.commit_leaf_hash, DIGEST_BYTES)
        require_bytes("seed", self.seed, DIGEST_BYTES)
        if self.beacon_signature is not None:
            require_bytes("beacon_signature", self.beacon_signature, BEACON_SIGNATURE_BYTES)
        require_bytes("bets_root", self.bets_root, DIGEST_BYTES)
        require_uint("bets_count", self.bets_count, 32)
        require_uint("drawn_ms", self.drawn_ms, 64)
        require_numbers(self.numbers)
        self._require_agreement()

    def _require_agreement(self) -> None:
        """One thing, one encoding: status, cause, signature and numbers may not contradict each other."""
        if self.beacon_signature == _NO_SIGNATURE:
            raise FieldInvalid("a missing beacon signature is None, not zeros")
        if not isinstance(self.status, ResultStatus) or not isinstance(self.cause, VoidCause):
            raise FieldInvalid("status and cause are a ResultStatus and a VoidCause")
        if (self.status is ResultStatus.VOID) is (self.cause is VoidCause.NONE):
            raise FieldInvalid(f"status {self.status.name} does not go with cause {self.cause.name}")
        if self.status is ResultStatus.DRAWN and not self.numbers:
            raise FieldInvalid("a drawn round has numbers")
        if self.status is ResultStatus.VOID and self.beacon_signature is None and self.numbers:
            raise FieldInvalid("a round void without a beacon has no numbers")

    def encode(self) -> bytes:
        """The leaf's 212 bytes."""
        return header(self.TYPE, self.stream, self.round_number) + _RESULT.pack(
            self.commit_leaf_hash,
            self.seed,
            self.beacon_signature or _NO_SIGNATURE,
            bytes(self.numbers) or _NO_NUMBERS,
            self.bets_root,
            self.bets_count,
            self.status,
            self.cause,
            bytes(2),
            self.drawn_ms,
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """
        The leaf in these bytes.

        :raises MessageMalformed: (a kind of it) they are not a RESULT leaf.
        """
        stream, round_number = open_header(data, cls.TYPE, RESULT_LENGTH)
        leaf_hash, seed, signature, numbers, bets_root, bets_count, status, cause, zeros, drawn_ms = (
            _RESULT.unpack_from(data, HEADER_LENGTH)
        )
        require_zeros(zeros, at=202)
        try:
            status, cause = ResultStatus(status), VoidCause(cause)
        except ValueError as unknown:
            raise FieldInvalid(str(unknown)) from unknown
        return cls(
            stream=stream,
            round_number=round_number,
            commit_leaf_hash=leaf_hash,
            seed=seed,
            beacon_signature=None if signature == _NO_SIGNATURE else signature,
            numbers=() if numbers == _NO_NUMBERS else tuple(numbers),
            bets_root=bets_root,
            bets_count=bets_count,
            status=status,
            cause=cause,
            drawn_ms=drawn_ms,
        )
