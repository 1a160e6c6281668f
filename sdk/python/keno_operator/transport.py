"""Sending calls, synchronously and asynchronously, and sending them again where that is safe."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from types import MappingProxyType, TracebackType
from typing import Any, Self, TypeVar, cast

import httpx

from keno_operator.calls import Call, Retries, no_answer, read_answer, retry_after_s
from keno_operator.errors import KenoError
from keno_operator.paging import Page
from keno_operator.signing import Signer

T = TypeVar("T")
USER_AGENT = "keno-operator-python/0.1"
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class _Transport:
    """What both clients share."""

    def __init__(self, base_url: str, key: str, signer: Signer | None, retries: Retries, language: str) -> None:
        self.base_url = base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}", "User-Agent": USER_AGENT, "Accept-Language": language}
        self._signer = signer
        self._retries = retries

    def _request(self, call: Call, request_id: str) -> httpx.Request:
        content = call.content
        headers = {**self._headers, "X-Request-Id": request_id}
        if content:
            headers["Content-Type"] = "application/json"
        if call.key is not None:
            headers["Idempotency-Key"] = call.key
        request = httpx.Request(call.method, self.base_url + call.target, headers=headers, content=content)
        if self._signer is not None:
            url = f"{request.url.scheme}://{request.headers['Host']}{request.url.raw_path.decode('ascii')}"
            request.headers.update(
                self._signer.headers(
                    method=call.method, url=url, body=content, request_id=request_id, idempotency_key=call.key
                )
            )
        return request

    def _pause_s(self, error: KenoError, attempt: int, response: httpx.Response | None) -> float:
        """How long to wait before the call is sent again; raises the error when it is not."""
        pause_s = self._retries.pause_s(attempt, retry_after_s(response)) if error.retry == "same_key" else None
        if pause_s is None:
            raise error
        return pause_s


class SyncTransport(_Transport):
    """The base of `KenoClient`."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        signer: Signer | None = None,
        retries: Retries | None = None,
        timeout_s: float = 10.0,
        language: str = "en",
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(base_url, key, signer, retries or Retries(), language)
        self._http = httpx.Client(timeout=timeout_s, transport=transport)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(
        self,
        answer: type[T],
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] = _NOTHING,
        body: dict[str, Any] | None = None,
        key: str | None = None,
    ) -> T:
        call = Call(method=method, path=path, answer=answer, query=dict(query), body=body, key=key)
        attempt = 0
        while True:
            attempt, request_id, response = attempt + 1, str(uuid.uuid4()), None
            try:
                response = self._http.send(self._request(call, request_id))
                return cast(T, read_answer(call, response, request_id))
            except httpx.TransportError as error:
                pause_s = self._pause_s(no_answer(call, error, request_id), attempt, None)
            except KenoError as error:
                pause_s = self._pause_s(error, attempt, response)
            time.sleep(pause_s)

    def _rows(self, read: Callable[[str | None], Page[T]]) -> Iterator[T]:
        page = read(None)
        yield from page.results
        while page.next_cursor is not None:
            page = read(page.next_cursor)
            yield from page.results

    def _answers(self, read: Callable[[Any], T], after: Any, place: str) -> Iterator[T]:
        while True:
            answer: Any = read(after)
            yield answer
            if not answer.more:
                return
            after = getattr(answer, place)


class AsyncTransport(_Transport):
    """The base of `AsyncKenoClient`."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        signer: Signer | None = None,
        retries: Retries | None = None,
        timeout_s: float = 10.0,
        language: str = "en",
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        super().__init__(base_url, key, signer, retries or Retries(), language)
        self._http = httpx.AsyncClient(timeout=timeout_s, transport=transport)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _call(
        self,
        answer: type[T],
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] = _NOTHING,
        body: dict[str, Any] | None = None,
        key: str | None = None,
    ) -> T:
        call = Call(method=method, path=path, answer=answer, query=dict(query), body=body, key=key)
        attempt = 0
        while True:
            attempt, request_id, response = attempt + 1, str(uuid.uuid4()), None
            try:
                response = await self._http.send(self._request(call, request_id))
                return cast(T, read_answer(call, response, request_id))
            except httpx.TransportError as error:
                pause_s = self._pause_s(no_answer(call, error, request_id), attempt, None)
            except KenoError as error:
                pause_s = self._pause_s(error, attempt, response)
            await asyncio.sleep(pause_s)

    async def _rows(self, read: Callable[[str | None], Awaitable[Page[T]]]) -> AsyncIterator[T]:
        page = await read(None)
        for row in page.results:
            yield row
        while page.next_cursor is not None:
            page = await read(page.next_cursor)
            for row in page.results:
                yield row

    async def _answers(self, read: Callable[[Any], Awaitable[T]], after: Any, place: str) -> AsyncIterator[T]:
        while True:
            answer: Any = await read(after)
            yield answer
            if not answer.more:
                return
            after = getattr(answer, place)
