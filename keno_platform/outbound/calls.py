"""One caller for each event loop: pooled connections, a total deadline, checked addresses, bounded answers."""

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.payload import BytesPayload
from yarl import URL

from keno_platform.observability import tracing
from keno_platform.observability.instruments import BREAKER_OPEN, OUTBOUND_FAILURES, OUTBOUND_SECONDS
from keno_platform.outbound.addresses import AddressNotAllowed, is_allowed, place_of
from keno_platform.outbound.lanes import Lane

BODY_MAX_BYTES = 64 * 1024
KEEP_ALIVE_S = 4.0
"""Shorter than what servers commonly keep an idle connection for, so that we rarely send into a closing one."""
NAMES_KEPT_S = 10
"""How long the addresses of a name are kept; they were checked, and are checked again at each connection."""
_DNS_THREADS = 32

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The IP addresses of a host name. The name service of the machine, unless a test brings another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to call: scheme, host and base path. `local` allows private and loopback addresses."""

    url: str
    local: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: any status but a redirect. Names in `headers` are found in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    duration_ms: float


class CallFailed(Exception):
    """
    There is no answer.

    `reason` is timeout, connection, address, redirect, too_large, breaker_open, overloaded or protocol. `sent` is
    False only when surely nothing of the request has left this machine.
    """

    def __init__(self, reason: str, *, sent: bool, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.sent = sent
        self.detail = detail


class _Forbidden(OSError):
    """A name leads to an address that may not be called. An OSError, as what resolves and connects may raise."""


class _Body(BytesPayload):
    """A request's body that knows whether it has begun to go out; the headers go with it, in one write."""

    sent = False

    async def write_with_length(self, writer: Any, content_length: int | None) -> None:
        self.sent = True
        await super().write_with_length(writer, content_length)


class _Resolver(AbstractResolver):
    """Resolves a name and refuses it when any of its addresses is forbidden."""

    def __init__(self, resolve: Resolve, *, local: bool) -> None:
        self._resolve = resolve
        self._local = local

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolve(host, port)
        if not all(is_allowed(address, local=self._local) for address in found):
            raise _Forbidden(f"{host} leads to an address that may not be called")
        return [_result(host, port, address) for address in found]

    async def close(self) -> None:
        """There is nothing to close."""


def _result(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)


class Caller:
    """Makes calls from the event loop that it was made in."""

    def __init__(self, *, resolve: Resolve | None = None, names_kept_s: int = NAMES_KEPT_S) -> None:
        self._loop = asyncio.get_running_loop()
        self._resolve = resolve or resolve_by_system
        self._names_kept_s = names_kept_s
        self._lanes: dict[str, Lane] = {}
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def post(
        self,
        target: Target,
        path: str,
        body: bytes,
        *,
        headers: Mapping[str, str],
        deadline_s: float,
        lane: str,
        lane_max: int,
    ) -> Answer:
        """
        POST `body` to `path` below the target, and read the whole answer within `deadline_s`.

        :raises CallFailed: there is no answer; see there whether the request may have arrived.
        """
        own = self._lanes.get(lane) or self._lanes.setdefault(lane, Lane())
        if refused := own.refuses(now=self._loop.time(), lane_max=lane_max):
            OUTBOUND_FAILURES.labels(lane, refused).inc()
            raise CallFailed(refused, sent=False)
        trial = own.begin()
        try:
            with tracing.span(f"POST {path}", kind="client", lane=lane):
                answer = await self._exchange(target, path, body, _with_trace(headers), deadline_s)
        except CallFailed as failure:
            OUTBOUND_FAILURES.labels(lane, failure.reason).inc()
            if failure.reason in _FAULTS:
                self._fail(lane, own)
            raise
        finally:
            own.end(trial=trial)
        OUTBOUND_SECONDS.labels(lane).observe(answer.duration_ms / 1000)
        if answer.status < _SERVER_FAULT:
            own.succeeded()
            BREAKER_OPEN.labels(lane).set(0)
        elif trial:
            self._fail(lane, own)
        return answer

    def _fail(self, lane: str, own: Lane) -> None:
        own.failed(now=self._loop.time())
        if own.open_until is not None:
            BREAKER_OPEN.labels(lane).set(1)

    def refuses(self, lane: str, *, lane_max: int) -> str | None:
        """Why a call in this lane would be refused at this moment (breaker_open, overloaded), without making one."""
        own = self._lanes.get(lane)
        return own.refuses(now=self._loop.time(), lane_max=lane_max) if own else None

    def failed(self, lane: str) -> None:
        """The lane's operator answered, but with a fault of its own (5xx): it counts towards opening its breaker."""
        self._fail(lane, self._lanes.setdefault(lane, Lane()))

    async def close(self) -> None:
        """End every connection."""
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()

    async def _exchange(
        self, target: Target, path: str, body: bytes, headers: Mapping[str, str], deadline_s: float
    ) -> Answer:
        began = time.perf_counter()
        try:
            url = _address(target.url, path, target.local)
        except AddressNotAllowed as refusal:
            raise CallFailed("address", sent=False, detail=refusal.detail) from refusal
        payload = _Body(body, content_type="application/json")
        try:
            async with asyncio.timeout(deadline_s):
                response = await self._session(target.local).post(
                    url, data=payload, headers=headers, allow_redirects=False
                )
                try:
                    read = await _read(response)
                finally:
                    response.release()
        except CallFailed:
            raise
        except _EXPECTED as error:
            raise _as_failure(error, sent=payload.sent) from error
        return Answer(
            status=response.status,
            headers=response.headers,
            body=read,
            duration_ms=(time.perf_counter() - began) * 1000,
        )

    def _session(self, local: bool) -> aiohttp.ClientSession:
        session = self._sessions.get(local)
        if session is None:
            session = self._sessions[local] = _new_session(self._resolve, self._names_kept_s, local=local)
        return session


def _with_trace(headers: Mapping[str, str]) -> Mapping[str, str]:
    """With `traceparent` where traces are made, so that the other side can join them."""
    if not tracing.is_on():
        return headers
    told = dict(headers)
    tracing.hand_on(told)
    return told


_FAULTS = frozenset({"timeout", "connection", "protocol"})
_SERVER_FAULT = 500
_EXPECTED = (aiohttp.ClientError, OSError, ValueError)
"""TimeoutError is an OSError. What a server can provoke is one of these; anything else is a fault of ours."""


def _new_session(resolve: Resolve, names_kept_s: int, *, local: bool) -> aiohttp.ClientSession:
    def checked_socket(info: Any) -> socket.socket:
        """The last word: `info` is what is connected to."""
        family, kind, protocol, _, address = info
        if not is_allowed(address[0], local=local):
            raise _Forbidden(f"{address[0]} may not be called")
        return socket.socket(family, kind, protocol)

    connector = aiohttp.TCPConnector(
        limit=0,  # lanes limit; a common limit would let one operator take another's connections
        resolver=_Resolver(resolve, local=local),
        use_dns_cache=names_kept_s > 0,
        ttl_dns_cache=names_kept_s,
        keepalive_timeout=KEEP_ALIVE_S,
        ssl=_tls(),
        socket_factory=checked_socket,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),  # the deadline stands around the whole call
        trust_env=False,
        auto_decompress=False,
        headers={"Accept-Encoding": "identity", "User-Agent": "keno-platform"},
    )


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@lru_cache(maxsize=4096)
def _address(base: str, path: str, local: bool) -> URL:
    place = place_of(base.rstrip("/") + path if path else base, local=local)
    return URL(place.origin + place.path, encoded=True)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """
    The whole body.

    :raises CallFailed: a redirect, more than BODY_MAX_BYTES, or a body in some compression.
    """
    if 300 <= response.status < 400:
        raise _abandon(response, "redirect")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise _abandon(response, "protocol", "compressed")
    length = response.content_length
    if length is not None:
        if length > BODY_MAX_BYTES:
            raise _abandon(response, "too_large")
        return await response.read()
    read = bytearray()
    while chunk := await response.content.readany():
        read += chunk
        if len(read) > BODY_MAX_BYTES:
            raise _abandon(response, "too_large")
    return bytes(read)


def _abandon(response: aiohttp.ClientResponse, reason: str, detail: str = "") -> CallFailed:
    """The failure of an answer that is not read to its end; its connection is not used again."""
    response.close()
    return CallFailed(reason, sent=True, detail=detail or str(response.status))


def _as_failure(error: Exception, *, sent: bool) -> CallFailed:
    cause = getattr(error, "os_error", error)
    if isinstance(cause, _Forbidden):
        return CallFailed("address", sent=False, detail=str(cause))
    if isinstance(error, TimeoutError):
        return CallFailed("timeout", sent=sent)
    if isinstance(error, aiohttp.ClientConnectionError | aiohttp.ClientPayloadError | OSError):
        return CallFailed("connection", sent=sent, detail=type(error).__name__)
    return CallFailed("protocol", sent=sent, detail=type(error).__name__)


_names = ThreadPoolExecutor(_DNS_THREADS, thread_name_prefix="dns")
"""Of its own: names that are slow to resolve must not use up the threads that everything else runs in."""


async def resolve_by_system(host: str, port: int) -> list[str]:
    """The addresses that this machine's name service knows."""
    found = await asyncio.get_running_loop().run_in_executor(
        _names, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    )
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


_callers: "WeakKeyDictionary[asyncio.AbstractEventLoop, Caller]" = WeakKeyDictionary()


def caller() -> Caller:
    """The caller of the event loop that runs here. Whoever ends the loop closes it first, by `close`."""
    loop = asyncio.get_running_loop()
    found = _callers.get(loop)
    if found is None:
        found = _callers[loop] = Caller()
    return found


async def close() -> None:
    """End the connections of this event loop's caller. The next call begins new ones."""
    found = _callers.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.close()
