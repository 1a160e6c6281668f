"""The two messages of the record in bytes: big-endian, every field of fixed width, zeros where nothing is."""

import struct
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from fairness.errors import MessageLengthWrong, MessageProtocolUnknown, MessageTypeWrong
from fairness.hashing import DIGEST_BYTES, sha256
from fairness.merkle import leaf_hash
from fairness.messages.fields import require_bytes, require_uint, require_uuid, require_zeros

RECORD_PROTOCOL = b"KAR1"
CHECKPOINT_LENGTH = 136
_CHECKPOINT, _HEAD = 1, 2
_PREFIX = struct.Struct(">4sB3s")
_CHECKPOINT_BODY = struct.Struct(">QQI4s32s32sQQ16sQ")
_HEAD_BODY = struct.Struct(">16sQ32s")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHead:
    """
    The state of one log: how many entries, and their root. A leaf of the tree below a checkpoint.

    :raises FieldInvalid: a value does not fit its field.
    """

    log: UUID
    size: int
    root: bytes

    def __post_init__(self) -> None:
        require_uuid("log", self.log)
        require_uint("size", self.size, 64)
        require_bytes("root", self.root, DIGEST_BYTES)

    def encode(self) -> bytes:
        """The 64 bytes of the leaf."""
        return _PREFIX.pack(RECORD_PROTOCOL, _HEAD, bytes(3)) + _HEAD_BODY.pack(self.log.bytes, self.size, self.root)

    @property
    def hash(self) -> bytes:
        """The hash of the leaf."""
        return leaf_hash(self.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """
    All logs at one moment: the root over their heads, in the order of their ids. Signed by the house.

    `previous` is the SHA-256 of the checkpoint before, or zeros in the first. Times are in milliseconds since 1970.
    Everything is sealed whose transaction came before `transaction`, and of that one everything up to `entry`, in the
    database `cluster`: an entry from before that is in no log was put in later. In other words, everything is sealed
    that began before `complete_ms`.

    :raises FieldInvalid: a value does not fit its field.
    """

    number: int
    sealed_ms: int
    logs: int
    root: bytes
    previous: bytes
    cluster: int
    transaction: int
    entry: UUID
    complete_ms: int

    def __post_init__(self) -> None:
        require_uint("number", self.number, 64)
        require_uint("sealed_ms", self.sealed_ms, 64)
        require_uint("logs", self.logs, 32)
        require_bytes("root", self.root, DIGEST_BYTES)
        require_bytes("previous", self.previous, DIGEST_BYTES)
        require_uint("cluster", self.cluster, 64)
        require_uint("transaction", self.transaction, 64)
        require_uuid("entry", self.entry)
        require_uint("complete_ms", self.complete_ms, 64)

    def encode(self) -> bytes:
        """The 136 bytes that are signed."""
        return _PREFIX.pack(RECORD_PROTOCOL, _CHECKPOINT, bytes(3)) + _CHECKPOINT_BODY.pack(
            self.number,
            self.sealed_ms,
            self.logs,
            bytes(4),
            self.root,
            self.previous,
            self.cluster,
            self.transaction,
            self.entry.bytes,
            self.complete_ms,
        )

    @property
    def digest(self) -> bytes:
        """What the next checkpoint says of this one."""
        return sha256(self.encode())

    @property
    def anchor_root(self) -> bytes:
        """What is anchored of it: the root of a tree whose one leaf is this checkpoint."""
        return leaf_hash(self.encode())

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """
        The checkpoint in these bytes.

        :raises MessageMalformed: (a kind of it) they are not one.
        """
        _require_prefix(data)
        number, sealed_ms, logs, zeros, root, previous, *horizon = _CHECKPOINT_BODY.unpack_from(data, _PREFIX.size)
        require_zeros(zeros, at=28)
        cluster, transaction, entry, complete_ms = horizon
        return cls(
            number=number,
            sealed_ms=sealed_ms,
            logs=logs,
            root=root,
            previous=previous,
            cluster=cluster,
            transaction=transaction,
            entry=UUID(bytes=entry),
            complete_ms=complete_ms,
        )


def _require_prefix(data: bytes) -> None:
    if len(data) != CHECKPOINT_LENGTH:
        raise MessageLengthWrong(f"a checkpoint has {CHECKPOINT_LENGTH} bytes, not {len(data)}")
    protocol, message_type, zeros = _PREFIX.unpack_from(data)
    if protocol != RECORD_PROTOCOL:
        raise MessageProtocolUnknown(f"a checkpoint begins with {RECORD_PROTOCOL!r}, not {protocol!r}")
    if message_type != _CHECKPOINT:
        raise MessageTypeWrong(f"a checkpoint has type {_CHECKPOINT}, not {message_type}")
    require_zeros(zeros, at=5)
