"""
JSON read strictly: one value in UTF-8, no name twice, whole numbers only, not deep, not long.

Readers in other languages take the last or the first of two equal names, round large numbers and print fractions in
their own way; a text that could be read in two ways is refused here.
"""

import json
import re
from typing import NoReturn

from fairness.errors import DocumentMalformed

DEPTH_MAX = 16
BYTES_MAX = 1 << 20
INTEGER_MAX = (1 << 53) - 1
"""The largest whole number that every reader of JSON keeps exactly (RFC 8259, 6)."""

_DIGITS_MAX = 16
_STRUCTURE = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[{\]}]', re.DOTALL)
"""
Strings, which are passed over, and brackets. A string without an end reaches to the end of the text: were it no match,
each quote in it would be tried as the beginning of another, and the time would grow with the square of the length.
"""


def parse(data: bytes, *, limit: int = BYTES_MAX) -> object:
    """
    The value of a JSON text of at most `limit` bytes.

    :raises DocumentMalformed: anything that is not exactly one strict JSON value.
    """
    if len(data) > limit:
        raise DocumentMalformed("", f"{len(data)} bytes are more than the {limit} that are read")
    try:
        text = data.decode("utf-8")
        _require_shallow(text)
        value: object = json.loads(
            text,
            object_pairs_hook=_members,
            parse_int=_integer,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
        # A lone surrogate can be written as an escape; only encoding it again finds it.
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except ValueError as refusal:
        raise DocumentMalformed("", f"not one JSON value in UTF-8: {refusal}") from refusal
    return value


def _require_shallow(text: str) -> None:
    """The parser nests on the machine's stack: depth is counted before it starts."""
    if text.count("[") + text.count("{") <= DEPTH_MAX:
        return
    depth = 0
    for token in _STRUCTURE.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth > DEPTH_MAX:
            raise DocumentMalformed("", f"it nests more than {DEPTH_MAX} levels deep")


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        twice = next(name for at, (name, _) in enumerate(pairs) if name in dict(pairs[:at]))
        raise DocumentMalformed(twice, "this name stands twice in one object")
    return members


def _integer(digits: str) -> int:
    number = int(digits) if len(digits) <= _DIGITS_MAX + 1 else INTEGER_MAX + 1
    if abs(number) > INTEGER_MAX:
        raise DocumentMalformed("", f"{digits[:20]} is a larger number than every reader keeps exactly")
    return number


def _refuse_number(text: str) -> NoReturn:
    raise DocumentMalformed("", f"{text[:20]} is not a whole number")
