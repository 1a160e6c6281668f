"""
JSON as money calls need it: no duplicate members, no floats, no NaN, no lone surrogates, no endless depth.

The standard parser takes the last of two equal names, turns 1e400 into infinity and runs out of stack on
deep input; each of those is a refusal here.
"""

import json
import re
from typing import Any, NoReturn

from keno_platform.core.errors import MalformedRequest

DEPTH_MAX = 20
_STRUCTURE = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[{\]}]', re.DOTALL)
"""
Strings, which are passed over, and brackets. A string without an end reaches to the end of the text: were it no match,
each quote in it would be tried as the beginning of another, and the time would grow with the square of the length.
"""
_GLANCE = 4096
"""A text no longer than this is first only glanced at."""


def decode(body: bytes) -> Any:
    """
    The value of a JSON text.

    :raises MalformedRequest: anything that is not exactly one strict JSON value in UTF-8.
    """
    try:
        text = body.decode("utf-8")
        _check_depth(text)
        value = _decoder.decode(text)
        if "\\u" in text:  # a lone surrogate can be written as an escape, and only encoding again finds it
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except MalformedRequest:
        raise
    except ValueError as error:
        raise MalformedRequest("The body must be one JSON value in UTF-8.") from error
    if "\\u0000" in text:
        raise MalformedRequest("The body may not hold a NUL character.")
    return value


def _check_depth(text: str) -> None:
    if nests_too_deep(text):
        raise MalformedRequest(f"The body may nest {DEPTH_MAX} levels deep.")


def nests_too_deep(text: str | bytes, start: int = 0) -> bool:
    """
    Whether the JSON value that begins here nests more than DEPTH_MAX levels: to be asked before any parser sees what
    others have sent.

    Parsers nest on the machine's stack, which they guard by Python's recursion limit alone; a library that raises that
    limit (py_ecc and py-evm do) would let a deep text end the process.
    """
    if isinstance(text, bytes):
        if text.count(b"[") + text.count(b"{") <= DEPTH_MAX:
            return False
        text = text.decode("latin-1")  # brackets and quotes are what they are in UTF-8
    elif len(text) - start <= _GLANCE and text.count("[", start) + text.count("{", start) <= DEPTH_MAX:
        return False
    depth = 0
    for token in _STRUCTURE.finditer(text, start):
        change = {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        depth += change
        if depth > DEPTH_MAX:
            return True
        if change < 0 and depth <= 0:
            return False
    return False


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedRequest("A name stands twice in one JSON object.")
    return members


def _refuse_number(text: str) -> NoReturn:
    raise MalformedRequest("Numbers in the body must be integers; amounts are strings.")


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=_refuse_number, parse_constant=_refuse_number)
