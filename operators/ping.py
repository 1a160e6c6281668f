"""Trying an operator's wallet: one signed call to its /balance, shown from both ends."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from asgiref.sync import async_to_sync

from keno_platform.core import strict_json
from keno_platform.core.errors import MalformedRequest, Refusal, RequestInProgress
from keno_platform.core.ids import uuid7
from keno_platform.core.money import parse_amount
from keno_platform.outbound import Answer, Caller, CallFailed, Target
from operators.models import Operator, WalletConnection
from operators.signing import signed_headers

PATH = "/balance"
DEADLINE_S = 5.0
SHOWN_MAX = 4096
_running: set[object] = set()
_lock = threading.Lock()


class SentOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The call as it went out."""

    method: str
    url: str
    headers: dict[str, str]
    body: str


class AnsweredOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What came back; of a long body the beginning."""

    status: int
    headers: dict[str, str]
    body: str
    duration_ms: int


class PingOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    `ok` when the wallet answered as it must. Otherwise `problems` say what is wrong; and where nothing usable came
    back, `failed` is timeout, connection, address, redirect, too_large or protocol.
    """

    ok: bool
    problems: list[str]
    failed: str | None
    sent: SentOutput
    answered: AnsweredOutput | None


def ping_wallet(*, connection: WalletConnection, player_token: str) -> PingOutput:
    """
    Ask a wallet for a player's balance, as its operator would be asked in play, within DEADLINE_S.

    :raises RequestInProgress: this wallet is being tried already.
    """
    operator = connection.operator
    request_id = str(uuid7())
    asked = {
        "request_id": request_id,
        "player_token": player_token,
        "currency": operator.currency_code,
        "session_id": None,
    }
    body = msgspec.json.encode(asked)
    url = connection.url + PATH
    headers = signed_headers(connection, method="POST", url=url, body=body, request_id=request_id)
    with _one_at_a_time(operator):
        result = async_to_sync(_call)(connection, body, headers)
    sent = SentOutput(method="POST", url=url, headers=headers, body=body.decode())
    if isinstance(result, CallFailed):
        return PingOutput(ok=False, problems=[str(result)], failed=result.reason, sent=sent, answered=None)
    problems = judge(result, operator=operator, request_id=request_id)
    return PingOutput(ok=not problems, problems=problems, failed=None, sent=sent, answered=_shown(result))


async def _call(connection: WalletConnection, body: bytes, headers: dict[str, str]) -> Answer | CallFailed:
    caller = Caller()  # of its own: no breaker that play has opened, and none that this opens for play
    try:
        target = Target(url=connection.url, local=connection.is_local)
        return await caller.post(target, PATH, body, headers=headers, deadline_s=DEADLINE_S, lane="ping", lane_max=1)
    except CallFailed as failure:
        return failure
    finally:
        await caller.close()


def judge(answer: Answer, *, operator: Operator, request_id: str) -> list[str]:
    """What is wrong with a wallet's answer to /balance; nothing when it is right."""
    if answer.status != 200:
        return [f"The status is {answer.status}; it must be 200."]
    try:
        told = strict_json.decode(answer.body)
    except MalformedRequest as error:
        return [f"The answer is not JSON as it must be: {error.detail}"]
    if not isinstance(told, dict):
        return ["The answer must be a JSON object."]
    wanted = {"status": "ok", "request_id": request_id, "currency": operator.currency_code}
    problems = [
        f"{name} must be {json.dumps(value)}; it is {json.dumps(told.get(name))}."
        for name, value in wanted.items()
        if told.get(name) != value
    ]
    return [*problems, *_wrong_balance(told.get("balance"), operator)]


def _wrong_balance(balance: Any, operator: Operator) -> list[str]:
    exponent = operator.currency_exponent
    try:
        if isinstance(balance, str) and operator.money(parse_amount(balance, exponent=exponent)) == balance:
            return []
    except Refusal:
        pass
    return [f"balance must be a string such as {json.dumps(operator.money(12_300))}; it is {json.dumps(balance)}."]


@contextmanager
def _one_at_a_time(operator: Operator) -> Iterator[None]:
    """A wallet that hangs must not hold all of this process' threads, however often it is tried."""
    with _lock:
        if operator.pk in _running:
            raise RequestInProgress("This wallet is being tried already.")
        _running.add(operator.pk)
    try:
        yield
    finally:
        with _lock:
            _running.discard(operator.pk)


def _shown(answer: Answer) -> AnsweredOutput:
    return AnsweredOutput(
        status=answer.status,
        headers=dict(answer.headers),
        body=answer.body[:SHOWN_MAX].decode("utf-8", "replace"),
        duration_ms=round(answer.duration_ms),
    )
