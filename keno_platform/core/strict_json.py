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
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{\]}]', re.DOTALL)
"""Strings, which are passed over, and brackets."""


def decode(body: bytes) -> Any:
    """
    The value of a JSON text.

    :raises MalformedRequest: anything that is not exactly one strict JSON value in UTF-8.
    """
    try:
        text = body.decode("utf-8")
        _check_depth(text)
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
        # A lone surrogate can be written as an escape, and only encoding again finds it.
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except MalformedRequest:
        raise
    except ValueError as error:
        raise MalformedRequest("The body must be one JSON value in UTF-8.") from error
    if "\\u0000" in text:
        raise MalformedRequest("The body may not hold a NUL character.")
    return value


def _check_depth(text: str) -> None:
    """
    Refuse deep nesting before the parser sees it.

    The parser nests on the machine's stack, which it guards by Python's recursion limit alone; a library that
    raises that limit (py_ecc does) would let a deep text end the process.
    """
    if text.count("[") + text.count("{") <= DEPTH_MAX:
        return
    depth = 0
    for token in _STRUCTURE.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth > DEPTH_MAX:
            raise MalformedRequest(f"The body may nest {DEPTH_MAX} levels deep.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedRequest("A name stands twice in one JSON object.")
    return members


def _refuse_number(text: str) -> NoReturn:
    raise MalformedRequest("Numbers in the body must be integers; amounts are strings.")
