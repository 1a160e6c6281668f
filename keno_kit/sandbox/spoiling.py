"""How a good answer is spoiled, and how it is sent when the fault lies in the sending."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

JSON = "application/json"
HUGE = 200_000
STEP_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """How slow the slow faults are, in seconds."""

    late_s: float = 3.0
    hold_s: float = 30.0
    drip_s: float = 0.5
    race_s: float = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """An answer in words, ready to be sent."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] | None = None

    def response(self) -> web.Response:
        return web.Response(status=self.status, body=self.body, content_type=self.content_type, headers=self.headers)


def say(answer: Mapping[str, Any], *, status: int = 200) -> Words:
    """The words of a good answer."""
    return Words(status=status, body=msgspec.json.encode(answer))


def _changed(name: str, change: Callable[[str], Any]) -> Callable[[dict[str, Any]], Words]:
    def spoil(answer: dict[str, Any]) -> Words:
        return say({**answer, name: change(str(answer[name]))} if name in answer else answer)

    return spoil


def _numbers(answer: dict[str, Any]) -> Words:
    plain = {name: value for name, value in answer.items() if name not in ("amount", "balance")}
    body = msgspec.json.encode(plain)[:-1]
    for name in ("amount", "balance"):
        if name in answer:
            body += f',"{name}":{answer[name]}'.encode()
    return Words(status=200, body=body + b"}")


def _decimals(answer: dict[str, Any]) -> Words:
    names = [name for name in ("amount", "balance") if name in answer]
    more: dict[str, Any] = {name: answer[name] + ("0" if "." in answer[name] else ".0") for name in names}
    return say({**answer, **more})


def _nan(answer: dict[str, Any]) -> Words:
    plain = {name: value for name, value in answer.items() if name != "balance"}
    return Words(status=200, body=msgspec.json.encode(plain)[:-1] + b',"balance":NaN}')


def _other_id(known: str) -> str:
    return f"{'0' if known[:1] != '0' else '1'}{known[1:]}"


def _refusal(answer: dict[str, Any]) -> Words:
    return say({**answer, "status": "refused", "code": "computer_says_no"})


def _without_ids(answer: dict[str, Any]) -> Words:
    if answer["status"] != "refused":
        return say(answer)
    return say({name: value for name, value in answer.items() if not name.endswith("_id")})


SPOILED: Mapping[str, Callable[[dict[str, Any]], Words]] = {
    "500-before": lambda _: Words(status=500, body=b'{"error":"internal"}'),
    "500-after": lambda answer: say(answer, status=500),
    "503": lambda _: Words(status=503, body=b"", content_type="text/plain", headers={"Retry-After": "1"}),
    "malformed": lambda answer: Words(status=200, body=msgspec.json.encode(answer)[: len(answer) * 8]),
    "empty": lambda _: Words(status=200, body=b""),
    "html": lambda _: Words(status=200, body=b"<!doctype html><title>Maintenance</title>", content_type="text/html"),
    "nan": _nan,
    "huge": lambda answer: say({**answer, "padding": "x" * HUGE}),
    "redirect": lambda _: Words(status=307, body=b"", headers={"Location": "/elsewhere"}),
    "unknown-status": _changed("status", lambda _: "maybe"),
    "unknown-code": _refusal,
    "refusal-without-ids": _without_ids,
    "wrong-request-id": _changed("request_id", _other_id),
    "wrong-transaction-id": _changed("transaction_id", _other_id),
    "wrong-amount": _changed("amount", _other_id),
    "wrong-currency": _changed("currency", lambda known: "XTS" if known != "XTS" else "XXX"),
    "amount-as-number": _numbers,
    "wrong-decimals": _decimals,
    "wrong-content-type": lambda answer: Words(status=200, body=msgspec.json.encode(answer), content_type="text/plain"),
    "closes-connections": lambda answer: Words(
        status=200, body=msgspec.json.encode(answer), headers={"Connection": "close"}
    ),
}
SENDING = frozenset({"timeout-before", "timeout-after", "late", "drip", "reset-before", "reset", "cut"})
"""Faults of the sending: the words are good."""


async def send_badly(request: web.Request, words: Words, *, fault: str, timings: Timings) -> web.StreamResponse:
    """Send a good answer in the way of this fault, or not at all."""
    match fault:
        case "late":
            await _wait(request, timings.late_s)
            return words.response()
        case "drip":
            return await _drip(request, words, timings.drip_s)
        case "cut":
            return await _cut(request, words)
        case "timeout-before" | "timeout-after":
            await _wait(request, timings.hold_s)
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)  # to nobody


async def _wait(request: web.Request, seconds: float) -> None:
    """Wait, or until the caller has gone."""
    for _ in range(max(1, round(seconds / STEP_S))):
        if request.transport is None or request.transport.is_closing():
            return
        await asyncio.sleep(min(seconds, STEP_S))


async def _drip(request: web.Request, words: Words, pause_s: float) -> web.StreamResponse:
    answer = web.StreamResponse(status=words.status, headers={"Content-Type": words.content_type})
    answer.content_length = len(words.body)
    try:
        await answer.prepare(request)
        for at in range(len(words.body)):
            await answer.write(words.body[at : at + 1])
            await asyncio.sleep(pause_s)
        await answer.write_eof()
    except ConnectionError:
        pass  # the caller had enough
    return answer


async def _cut(request: web.Request, words: Words) -> web.StreamResponse:
    answer = web.StreamResponse(status=words.status, headers={"Content-Type": words.content_type})
    answer.content_length = len(words.body)
    await answer.prepare(request)
    await answer.write(words.body[: len(words.body) // 2])
    if request.transport is not None:
        request.transport.close()
    return answer
