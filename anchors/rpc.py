"""
The line to a node: HTTP with deadlines that hold whatever the node does.

A client's timeout usually counts from one byte to the next, so that a node which drips or freezes half way could hold
a process for ever. Here each call has a deadline from its first step to its last byte, and all calls of one pass
share another.
"""

import asyncio
import ssl
import time
from collections.abc import Coroutine
from contextlib import suppress
from functools import cache
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from anchors.models import AlarmCode

CALL_S = 3.0
PASS_S = 7.0
ANSWER_MAX = 16 * 1024 * 1024
T = TypeVar("T")


@cache
def _tls() -> ssl.SSLContext:
    """The machine's certificates, read once: reading them takes longer than a pass."""
    return httpx.create_ssl_context()


class NodeFailed(Exception):
    """The node did not do its part. `code` is the alarm that it means; the text never names the node's address."""

    def __init__(self, code: AlarmCode, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


class OutOfTime(Exception):
    """The pass has used up its time, although the node answered. What is left is done by the next pass."""


class Line:
    """A connection to one node for one pass, in a `with` block."""

    def __init__(self, url: str, *, seconds: float = PASS_S) -> None:
        self._url = url
        self._end = time.monotonic() + seconds
        self._loop = asyncio.new_event_loop()
        # The deadline is asyncio's: it also ends a slow connection, a slow handshake and dripping headers.
        self._client = httpx.AsyncClient(timeout=None, verify=_tls())  # noqa: S113

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with suppress(TimeoutError, httpx.HTTPError, OSError):
            self._run(self._client.aclose(), 1.0)
        # Not asyncio.run: that would wait for a name server that does not answer.
        self._loop.close()

    @property
    def left_s(self) -> float:
        """Seconds until the pass must end."""
        return self._end - time.monotonic()

    def post(self, body: bytes) -> bytes:
        """
        Send one request, return the body of its answer.

        :raises NodeFailed: no connection, no answer within CALL_S, or another answer than 200.
        :raises OutOfTime: less than CALL_S was left of the pass, and it was not enough.
        """
        seconds = min(CALL_S, self.left_s)
        if seconds <= 0:
            raise OutOfTime
        try:
            status, answer = self._run(self._post(body), seconds)
        except TimeoutError as error:
            if seconds < CALL_S:
                raise OutOfTime from error
            raise NodeFailed(AlarmCode.CHAIN_FROZEN, f"no answer within {CALL_S:.0f} s") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            # Only the kind of error: its text may hold the address, and the address may hold a secret.
            raise NodeFailed(AlarmCode.CHAIN_UNREACHABLE, type(error).__name__) from None
        if status != httpx.codes.OK:
            raise NodeFailed(AlarmCode.CHAIN_UNREACHABLE, f"HTTP {status}")
        return answer

    def _run(self, step: Coroutine[Any, Any, T], seconds: float) -> T:
        async def limited() -> T:
            async with asyncio.timeout(seconds):
                return await step

        return self._loop.run_until_complete(limited())

    async def _post(self, body: bytes) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json"}
        async with self._client.stream("POST", self._url, content=body, headers=headers) as answer:
            read = bytearray()
            async for chunk in answer.aiter_bytes():
                read += chunk
                if len(read) > ANSWER_MAX:
                    raise httpx.DecodingError("the answer is too long")
            return answer.status_code, bytes(read)
