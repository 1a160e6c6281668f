"""The fields that messages are made of: the common header, and one check for each kind of value."""

import struct
from enum import IntEnum
from uuid import UUID

from fairness.draw import DRAW_SIZE, POOL_SIZE
from fairness.errors import (
    FieldInvalid,
    MessageLengthWrong,
    MessageProtocolUnknown,
    MessageTypeWrong,
    ReservedNotZero,
)

PROTOCOL = b"KPS1"
HEADER_LENGTH = 32
"""Protocol, type, three zeros, stream and round: alike in all messages about one round."""
PREFIX_LENGTH = 8
"""Protocol, type and three zeros: alike in all messages."""

_HEADER = struct.Struct(">4sB3s16sQ")
_PREFIX = struct.Struct(">4sB3s")


class MessageType(IntEnum):
    """The byte after the protocol's name."""

    COMMIT = 1
    BET = 2
    CLOSE = 3
    RESULT = 4
    EPOCH = 5


def header(message_type: MessageType, stream: UUID, round_number: int) -> bytes:
    """The first 32 bytes of a message."""
    return _HEADER.pack(PROTOCOL, message_type, bytes(3), stream.bytes, round_number)


def prefix(message_type: MessageType) -> bytes:
    """The first 8 bytes of a message: protocol, type, three zeros."""
    return _PREFIX.pack(PROTOCOL, message_type, bytes(3))


def open_header(data: bytes, expected: MessageType, length: int) -> tuple[UUID, int]:
    """
    The stream and round of a message that has this type and length.

    :raises MessageMalformed: (a kind of it) the bytes are something else.
    """
    open_prefix(data, expected, length)
    _, _, _, stream, round_number = _HEADER.unpack_from(data)
    return UUID(bytes=stream), round_number


def open_prefix(data: bytes, expected: MessageType, length: int) -> None:
    """
    Refuse bytes that have not this type and length.

    :raises MessageMalformed: (a kind of it) the bytes are something else.
    """
    if len(data) != length:
        raise MessageLengthWrong(f"{expected.name} has {length} bytes, not {len(data)}")
    protocol, message_type, zeros = _PREFIX.unpack_from(data)
    if protocol != PROTOCOL:
        raise MessageProtocolUnknown(f"a message begins with {PROTOCOL!r}, not {protocol!r}")
    if message_type != expected:
        raise MessageTypeWrong(f"{expected.name} has type {expected.value}, not {message_type}")
    require_zeros(zeros, at=5)


def require_zeros(reserved: bytes, *, at: int) -> None:
    """Refuse reserved bytes, found at this offset, that carry something."""
    if any(reserved):
        raise ReservedNotZero(f"bytes {at} to {at + len(reserved) - 1} must be zero")


def require_position(stream: UUID, round_number: int) -> None:
    """Refuse a stream or round that no header can carry."""
    require_uuid("stream", stream)
    require_uint("round_number", round_number, 64)


def require_uuid(name: str, value: UUID) -> None:
    """Refuse anything but a UUID."""
    if not isinstance(value, UUID):
        raise FieldInvalid(f"{name} must be a UUID")


def require_uint(name: str, value: int, bits: int) -> None:
    """Refuse what does not fit an unsigned integer of so many bits. True and False are no integers here."""
    if type(value) is not int or not 0 <= value < 1 << bits:
        raise FieldInvalid(f"{name} must be an integer of {bits} bits, not {value!r}")


def require_bytes(name: str, value: bytes, length: int) -> None:
    """Refuse anything but bytes of this length."""
    if not isinstance(value, bytes) or len(value) != length:
        raise FieldInvalid(f"{name} must be {length} bytes")


def require_picks(picks: tuple[int, ...]) -> None:
    """Refuse picks that a bitmap would change: out of range, out of order, twice, or none."""
    before = 0
    if isinstance(picks, tuple):
        for number in picks:
            if type(number) is not int or not before < number <= POOL_SIZE:
                break
            before = number
        else:
            if picks:
                return
    raise FieldInvalid(f"picks must be ascending integers from 1 to {POOL_SIZE}, at least one, not {picks!r}")


def require_numbers(numbers: tuple[int, ...]) -> None:
    """Refuse numbers that no draw can give; none at all are allowed."""
    _require_pool_numbers("numbers", numbers)
    if numbers and (len(numbers) != DRAW_SIZE or len(set(numbers)) != DRAW_SIZE):
        raise FieldInvalid(f"numbers must be {DRAW_SIZE} different ones, or none")


def _require_pool_numbers(name: str, numbers: tuple[int, ...]) -> None:
    if not isinstance(numbers, tuple) or any(type(k) is not int or not 1 <= k <= POOL_SIZE for k in numbers):
        raise FieldInvalid(f"{name} must be a tuple of integers from 1 to {POOL_SIZE}")
