"""JSON-RPC 2.0 around the methods: one request or a batch, bytes in and bytes out."""

import asyncio
import inspect
import json
import logging
import sys
from typing import Any

from keno_platform.local.chain import forms
from keno_platform.local.chain.ledger import ExecutionFailed, Refused, UnknownBlock
from keno_platform.local.chain.methods import Methods
from keno_platform.local.chain.parameters import InvalidParameters

BATCH_MAX, NESTING_MAX = 1000, 500
PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMETERS, INTERNAL = -32700, -32600, -32601, -32602, -32603
REFUSED, REVERTED = -32000, 3
_log = logging.getLogger(__name__)


async def answer(methods: Methods, body: bytes) -> bytes:
    """What to send back; nothing when every request was a notification."""
    try:
        asked = _decode(body)
    except (ValueError, RecursionError) as error:
        return _encode(_fail(None, PARSE_ERROR, f"parse error: {error}"))
    if not isinstance(asked, list):
        one = await _answer_one(methods, asked)
        return _encode(one) if one else b""
    if not 1 <= len(asked) <= BATCH_MAX:
        return _encode(_fail(None, INVALID_REQUEST, f"a batch has 1 to {BATCH_MAX} requests"))
    # At once, so that transactions of one batch share a block.
    answers = [each for each in await asyncio.gather(*(_answer_one(methods, one) for one in asked)) if each]
    return _encode(answers) if answers else b""


async def _answer_one(methods: Methods, request: object) -> dict[str, Any] | None:
    """One request's answer, None for a notification, which is carried out all the same."""
    if not isinstance(request, dict) or not isinstance(request.get("method"), str):
        return _fail(None, INVALID_REQUEST, "invalid request")
    if not isinstance(request.get("id"), str | int | float | None):
        return _fail(None, INVALID_REQUEST, "invalid id")
    answered = await _call(methods, request.get("id"), request["method"], request.get("params"))
    return answered if "id" in request else None


async def _call(methods: Methods, identity: object, name: str, given: object) -> dict[str, Any]:
    method = methods.table.get(name)
    if method is None:
        return _fail(identity, METHOD_NOT_FOUND, f"the method {name[:80]} does not exist or is not available")
    try:
        if not isinstance(given, list | None):
            raise InvalidParameters("parameters are a list")
        result = method.answer(*method.read(given or []))
        result = await result if inspect.isawaitable(result) else result
    except InvalidParameters as error:
        return _fail(identity, INVALID_PARAMETERS, f"invalid argument: {error}")
    except (Refused, UnknownBlock) as error:
        return _fail(identity, REFUSED, str(error))
    except ExecutionFailed as error:
        return _describe_failure(identity, error)
    except Exception:
        _log.exception("%s failed", name)
        return _fail(identity, INTERNAL, "internal error; the node's log says more")
    return {"jsonrpc": "2.0", "id": identity, "result": result}


def _describe_failure(identity: object, error: ExecutionFailed) -> dict[str, Any]:
    """A call that reverted carries what it reverted with, from which clients read the contract's own errors."""
    if error.output is None:
        return _fail(identity, REFUSED, str(error))
    failed = _fail(identity, REVERTED, str(error))
    failed["error"]["data"] = forms.data(error.output)
    return failed


def _fail(identity: object, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": identity, "error": {"code": code, "message": message}}


def _decode(body: bytes) -> Any:
    """
    :raises ValueError: it is not JSON.
    :raises RecursionError: it is too deep.
    """
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(NESTING_MAX)  # py-evm raises it so far that deep JSON would end the process
    try:
        return json.loads(body)
    finally:
        sys.setrecursionlimit(usual)


def _encode(answered: object) -> bytes:
    return json.dumps(answered, separators=(",", ":")).encode()
