"""What a request brings: read strictly, because a misread quantity would be another question."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from eth_typing import Address

Parser = Callable[[object], Any]
_QUANTITY = re.compile(r"0x(0|[1-9a-f][0-9a-f]{0,63})", re.IGNORECASE)
_DATA = re.compile(r"0x(?:[0-9a-f]{2})*", re.IGNORECASE)
TAGS = frozenset({"latest", "safe", "finalized", "pending", "earliest"})


class InvalidParameters(Exception):
    """The text says what is wrong with which value."""


def quantity(value: object) -> int:
    """A number in hex without leading zeros."""
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise InvalidParameters(f"not a quantity (0x and hex digits without leading zeros): {_show(value)}")
    return int(value, 16)


def count(value: object) -> int:
    """A quantity, or the plain number that some clients send instead."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return quantity(value)


def data(value: object) -> bytes:
    """Bytes in hex."""
    if not isinstance(value, str) or not _DATA.fullmatch(value):
        raise InvalidParameters(f"not data (0x and pairs of hex digits): {_show(value)}")
    return bytes.fromhex(value[2:])


def hash32(value: object) -> bytes:
    return _sized(value, 32, "a hash")


def address(value: object) -> Address:
    return Address(_sized(value, 20, "an address"))


def slot(value: object) -> int:
    """A place in a contract's storage, as a quantity or as 32 bytes."""
    if isinstance(value, str) and len(value) == 66:
        return int.from_bytes(data(value), "big")
    return quantity(value)


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidParameters(f"neither true nor false: {_show(value)}")
    return value


def block(value: object) -> int | str:
    """A block by number or by tag."""
    return value if isinstance(value, str) and value in TAGS else quantity(value)


def percentiles(value: object) -> list[float]:
    """Numbers from 0 to 100 that do not fall."""
    asked = value if isinstance(value, list) else [value]
    numbers = [float(each) for each in asked if isinstance(each, int | float) and 0 <= each <= 100]
    if len(numbers) != len(asked) or numbers != sorted(numbers):
        raise InvalidParameters(f"not percentiles from 0 to 100 in order: {_show(value)}")
    return numbers


def mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidParameters(f"not an object: {_show(value)}")
    return value


def one_or_more(parser: Parser, value: object) -> list[Any]:
    """A value, or a list of values of which one has to fit."""
    return [parser(each) for each in (value if isinstance(value, list) else [value])]


def _sized(value: object, size: int, what: str) -> bytes:
    read = data(value)
    if len(read) != size:
        raise InvalidParameters(f"not {what} ({size} bytes): {_show(value)}")
    return read


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
