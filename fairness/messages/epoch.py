"""The EPOCH statement: the house's signed word about the root of an epoch's commitments."""

import struct
from dataclasses import dataclass
from typing import ClassVar, Self

from fairness.hashing import DIGEST_BYTES
from fairness.messages.fields import (
    PREFIX_LENGTH,
    MessageType,
    open_prefix,
    prefix,
    require_bytes,
    require_uint,
    require_zeros,
)

EPOCH_LENGTH = 64
_EPOCH = struct.Struct(">32sQQ8s")


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochStatement:
    """
    The root and size of an epoch's tree of COMMIT leaves, and when it stood; published with an Ed25519 signature.
    It is what remains to rely on while the chain is out of reach. Times are in milliseconds since 1970.

    :raises FieldInvalid: a value does not fit its field.
    """

    TYPE: ClassVar[MessageType] = MessageType.EPOCH

    root: bytes
    size: int
    committed_ms: int

    def __post_init__(self) -> None:
        require_bytes("root", self.root, DIGEST_BYTES)
        require_uint("size", self.size, 64)
        require_uint("committed_ms", self.committed_ms, 64)

    def encode(self) -> bytes:
        """The statement's 64 bytes, which are what is signed."""
        return prefix(self.TYPE) + _EPOCH.pack(self.root, self.size, self.committed_ms, bytes(8))

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """
        The statement in these bytes.

        :raises MessageMalformed: (a kind of it) they are not an EPOCH statement.
        """
        open_prefix(data, cls.TYPE, EPOCH_LENGTH)
        root, size, committed_ms, zeros = _EPOCH.unpack_from(data, PREFIX_LENGTH)
        require_zeros(zeros, at=56)
        return cls(root=root, size=size, committed_ms=committed_ms)
