"""Reading one JSON object: each member by name and form, none missing, none unknown."""

import re
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from fairness.errors import DocumentMalformed
from fairness.strict_json import INTEGER_MAX

MESSAGE_BYTES_MAX = 1024
PATH_STEPS_MAX = 64
TEXT_MAX = 1000
_HEX = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_CHAIN_HASH = re.compile(r"0x[0-9a-f]{64}", re.ASCII)

Read = TypeVar("Read")


class Members:
    """
    The members of one JSON object. `path` says where it stands, for messages: `commit.anchor`.

    :raises DocumentMalformed: not an object, or a name is missing or unknown; likewise from every method, where the
        member has another form.
    """

    __slots__ = ("_path", "_values")

    def __init__(self, value: object, path: str, *names: str) -> None:
        if not isinstance(value, dict):
            raise DocumentMalformed(path, "must be an object")
        self._path, self._values = path, value
        for name in names:
            if name not in value:
                raise DocumentMalformed(self.at(name), "is missing")
        for name in value:
            if name not in names:
                raise DocumentMalformed(self.at(str(name)[:40]), "is not a member that the protocol knows")

    def at(self, name: str) -> str:
        """The path of a member."""
        return f"{self._path}.{name}" if self._path else name

    def integer(self, name: str, *, low: int = 0, high: int = INTEGER_MAX) -> int:
        """A whole number from `low` to `high`."""
        return whole_number(self._values[name], self.at(name), low=low, high=high)

    def truth(self, name: str) -> bool:
        """true or false."""
        value = self._values[name]
        if not isinstance(value, bool):
            raise DocumentMalformed(self.at(name), "must be true or false")
        return value

    def text(self, name: str, *, longest: int = TEXT_MAX) -> str:
        """A text that is not empty."""
        value = self._values[name]
        if not isinstance(value, str) or not 0 < len(value) <= longest:
            raise DocumentMalformed(self.at(name), f"must be a text of 1 to {longest} characters")
        return value

    def constant(self, name: str, *allowed: str) -> str:
        """One of these texts."""
        value = self._values[name]
        if not isinstance(value, str) or value not in allowed:
            raise DocumentMalformed(self.at(name), f"must be {' or '.join(allowed)}")
        return value

    def hex(self, name: str, *lengths: int) -> bytes:
        """Bytes of one of these lengths in lower-case hex."""
        return hex_bytes(self._values[name], self.at(name), *lengths)

    def message(self, name: str) -> bytes:
        """The bytes of a message, whose length its own decoding judges."""
        data = hex_bytes(self._values[name], self.at(name))
        if len(data) > MESSAGE_BYTES_MAX:
            raise DocumentMalformed(self.at(name), f"no message has more than {MESSAGE_BYTES_MAX} bytes")
        return data

    def key_id(self, name: str) -> str:
        """8 bytes in hex, kept as text."""
        return self.hex(name, 8).hex()

    def uuid(self, name: str) -> UUID:
        """A UUID in lower case with hyphens."""
        value = self._values[name]
        if not isinstance(value, str) or not _UUID.fullmatch(value):
            raise DocumentMalformed(self.at(name), "must be a UUID in lower case")
        return UUID(value)

    def address(self, name: str) -> str:
        """An address on a chain, in lower case; upper case in it is a checksum of the same bytes."""
        value = self._values[name]
        if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
            raise DocumentMalformed(self.at(name), "must be an address, 0x and 40 hex digits")
        return value.lower()

    def chain_hash(self, name: str) -> str:
        """A hash as chains write it."""
        value = self._values[name]
        if not isinstance(value, str) or not _CHAIN_HASH.fullmatch(value):
            raise DocumentMalformed(self.at(name), "must be a hash, 0x and 64 hex digits in lower case")
        return value

    def is_null(self, name: str) -> bool:
        """Whether the member is there and null."""
        return self._values[name] is None

    def optional(self, name: str, read: Callable[[object, str], Read]) -> Read | None:
        """None where the member is null, else what `read` makes of its value and path."""
        value = self._values[name]
        return None if value is None else read(value, self.at(name))

    def inner(self, name: str, read: Callable[[object, str], Read]) -> Read:
        """What `read` makes of the member's value and path."""
        return read(self._values[name], self.at(name))

    def each(self, name: str, read: Callable[[object, str], Read], *, most: int) -> tuple[Read, ...]:
        """What `read` makes of each item of a list."""
        value = self._values[name]
        if not isinstance(value, list) or len(value) > most:
            raise DocumentMalformed(self.at(name), f"must be a list of at most {most}")
        return tuple(read(item, f"{self.at(name)}[{place}]") for place, item in enumerate(value))

    def table(self, name: str) -> dict[str, object]:
        """An object whose names are data."""
        value = self._values[name]
        if not isinstance(value, dict):
            raise DocumentMalformed(self.at(name), "must be an object")
        return value

    def without(self, name: str) -> dict[str, object]:
        """All members but this one, as they were read."""
        return {member: value for member, value in self._values.items() if member != name}


def whole_number(value: object, path: str, *, low: int = 0, high: int = INTEGER_MAX) -> int:
    """
    A whole number from `low` to `high`; true and false are none.

    :raises DocumentMalformed: it is something else.
    """
    if type(value) is not int or not low <= value <= high:
        raise DocumentMalformed(path, f"must be a whole number from {low} to {high}")
    return value


def hex_bytes(value: object, path: str, *lengths: int) -> bytes:
    """
    Bytes in lower-case hex, of one of these lengths where some are given.

    :raises DocumentMalformed: it is something else.
    """
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise DocumentMalformed(path, "must be bytes in lower-case hex")
    data = bytes.fromhex(value)
    if lengths and len(data) not in lengths:
        raise DocumentMalformed(path, f"must be {' or '.join(map(str, lengths))} bytes, not {len(data)}")
    return data


def digest(value: object, path: str) -> bytes:
    """A SHA-256 in hex. :raises DocumentMalformed: it is something else."""
    return hex_bytes(value, path, 32)
