"""
JSON as money calls need it: no duplicate members, no floats, no NaN, no lone surrogates, no endless depth.

The standard parser takes the last of two equal names, turns 1e400 into infinity and runs out of stack on
deep input; each of those is a refusal here.
"""

import json
from typing import Any, NoReturn

from keno_platform.core.errors import MalformedRequest

DEPTH_MAX = 20


def decode(body: bytes) -> Any:
    """
    The value of a JSON text.

    :raises MalformedRequest: anything that is not exactly one strict JSON value in UTF-8.
    """
    try:
        text = body.decode("utf-8")
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
    except (ValueError, RecursionError) as error:
        raise MalformedRequest("The body must be one JSON value in UTF-8.") from error
    if not _within(value, DEPTH_MAX):
        raise MalformedRequest(f"The body may nest {DEPTH_MAX} levels deep.")
    if "\\u0000" in text:
        raise MalformedRequest("The body may not hold a NUL character.")
    return value


def _within(value: Any, levels: int) -> bool:
    """The parser's own limit is Python's stack, and differs between versions."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(_within(one, levels - 1) for one in inner if isinstance(one, dict | list))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedRequest("A name stands twice in one JSON object.")
    return members


def _refuse_number(text: str) -> NoReturn:
    raise MalformedRequest("Numbers in the body must be integers; amounts are strings.")
