"""Calls to a wallet, signed as the platform signs them, with all that was sent and answered kept for the report."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp
import msgspec

from keno_kit.signing import Message, Signer

BODY_MAX = 64 * 1024
SHOWN_MAX = 2000
Tamper = Callable[[Message, dict[str, str]], Message]
"""Gets a message and its signature's headers, which it may change, and gives the message that is sent."""


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One call: what was sent, and what came back: an answer, or `failure` that says why there is none."""

    call: str
    method: str
    url: str
    sent_headers: Mapping[str, str]
    sent: bytes
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    failure: str = ""
    timed_out: bool = False
    duration_ms: float = 0.0

    @property
    def asked(self) -> dict[str, Any]:
        """The body that was sent."""
        found: dict[str, Any] = msgspec.json.decode(self.sent)
        return found

    def as_json(self) -> dict[str, Any]:
        """For the report."""
        return {
            "call": self.call,
            "request": {
                "method": self.method,
                "url": self.url,
                "headers": dict(self.sent_headers),
                "body": self.sent[:SHOWN_MAX].decode(errors="replace"),
            },
            "answer": None
            if self.failure
            else {
                "status": self.status,
                "headers": dict(self.headers),
                "body": self.body[:SHOWN_MAX].decode(errors="replace"),
            },
            "failure": self.failure or None,
            "duration_ms": round(self.duration_ms, 1),
        }


@dataclass(slots=True, kw_only=True)
class Wallet:
    """A wallet at an address. `calls` counts what was sent to it."""

    url: str
    signer: Signer
    deadline_s: float
    session: aiohttp.ClientSession
    made: list[int]
    """How many connections were opened so far, its only item."""
    calls: int = 0

    async def post(
        self,
        call: str,
        body: Mapping[str, Any] | bytes,
        *,
        tamper: Tamper | None = None,
        at_s: int | None = None,
        target: str | None = None,
    ) -> Exchange:
        """
        One call within the deadline. It never raises for what the wallet does.

        :param tamper: changes what was signed before it is sent.
        :param at_s: the time that is signed; now, when nothing is said.
        :param target: the call that the signature is for, when it is another.
        """
        self.calls += 1
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        request_id = str(body["request_id"]) if not isinstance(body, bytes) else _id_in(body)
        message = self._message(target or call, data, request_id)
        signature = self.signer.sign(message, at_s=int(time.time()) if at_s is None else at_s)
        sent = tamper(message, signature) if tamper is not None else message
        headers = {"Content-Type": "application/json", "Accept": "application/json", **sent.headers, **signature}
        url = f"{self.url}/{call}"
        exchange = Exchange(call=call, method="POST", url=url, sent_headers=headers, sent=sent.body)
        await self._send(exchange)
        return exchange

    def _message(self, call: str, data: bytes, request_id: str) -> Message:
        parts = urlsplit(f"{self.url}/{call}")
        authority = parts.netloc.removesuffix({"https": ":443", "http": ":80"}.get(parts.scheme, ""))
        return Message(
            method="POST", authority=authority, target=parts.path, headers={"x-request-id": request_id}, body=data
        )

    async def _send(self, exchange: Exchange) -> None:
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self.deadline_s):
                await self._fetch(exchange)
        except TimeoutError:
            exchange.failure, exchange.timed_out = f"no answer within {self.deadline_s:g} s", True
        except (aiohttp.ClientError, OSError, ValueError) as error:
            exchange.failure = f"{type(error).__name__}: {error}"
        exchange.duration_ms = (time.perf_counter() - started) * 1000

    async def _fetch(self, exchange: Exchange) -> None:
        async with self.session.post(
            exchange.url, data=exchange.sent, headers=exchange.sent_headers, allow_redirects=False
        ) as answer:
            exchange.status = answer.status
            exchange.headers = {name.lower(): value for name, value in answer.headers.items()}
            chunks = bytearray()
            async for chunk in answer.content.iter_chunked(16_384):
                chunks += chunk
                if len(chunks) > BODY_MAX:
                    break
            exchange.body = bytes(chunks)


def session(*, at_once: int, made: list[int]) -> aiohttp.ClientSession:
    """
    Connections that are kept, no cookies, no proxies, nothing unpacked and no redirects followed.

    :param made: its only item counts the connections that are opened.
    """

    async def count(*_: object) -> None:
        made[0] += 1

    tracing = aiohttp.TraceConfig()
    tracing.on_connection_create_end.append(count)
    return aiohttp.ClientSession(
        trace_configs=[tracing],
        connector=aiohttp.TCPConnector(limit=at_once),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
        auto_decompress=False,
        trust_env=False,
        skip_auto_headers=("User-Agent", "Accept-Encoding"),
    )


def _id_in(body: bytes) -> str:
    try:
        return str(msgspec.json.decode(body)["request_id"])
    except (msgspec.DecodeError, RecursionError, KeyError, TypeError):
        return str(uuid4())
