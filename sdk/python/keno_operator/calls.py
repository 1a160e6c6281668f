"""One call: what is sent, and what its answer means. Nothing here does input or output."""

import random
import uuid
from dataclasses import dataclass
from types import NoneType
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import msgspec

from keno_operator.errors import AnswerInvalid, KenoError, MoneyMoved, Retry, Unreachable

_NOT_ANSWERED = (500, 502, 503, 504)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """
    How often and how fast a call is sent again when the platform says that this is safe (`retry: same_key`), or when
    no answer came and the call is safe to repeat: a read, or one with an idempotency key, which stays the same.
    """

    attempts: int = 4
    first_pause_s: float = 0.25
    longest_pause_s: float = 5.0

    def pause_s(self, attempt: int, asked_s: float | None) -> float | None:
        """How long to wait after this attempt, counted from 1; None: give up. `asked_s` is the answer's Retry-After."""
        if attempt >= self.attempts or (asked_s or 0) > self.longest_pause_s:
            return None
        if asked_s is not None:
            return asked_s
        growing: float = min(self.first_pause_s * 2 ** (attempt - 1), self.longest_pause_s)
        return growing * random.uniform(0.5, 1.0)  # noqa: S311 - spreads callers, guards nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """
    One call of the API, the same over all its attempts.

    `answer` is the type of what comes back: a struct or a list of JSON, `object` for any JSON, `str` and `bytes` for
    what is not JSON, `NoneType` for nothing.
    """

    method: str
    path: str
    answer: Any
    query: dict[str, Any]
    body: dict[str, Any] | None
    key: str | None

    @property
    def target(self) -> str:
        """The path with its query; parameters that are None are left out."""
        given = {name: _text(value) for name, value in self.query.items() if value is not None}
        return f"{self.path}?{urlencode(given)}" if given else self.path

    @property
    def content(self) -> bytes:
        """The JSON body; members that are None are left out, so that the platform's defaults hold."""
        if self.body is None:
            return b""
        return msgspec.json.encode({name: value for name, value in self.body.items() if value is not None})

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice has the effect of sending it once."""
        return self.key is not None or self.method in ("GET", "PUT", "DELETE")


def escaped(value: object) -> str:
    """A value as one part of a path, escaped."""
    return quote(_text(value), safe="")


def new_key() -> str:
    """An idempotency key for a call that was given none."""
    return str(uuid.uuid4())


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def read_answer(call: Call, response: httpx.Response, request_id: str) -> Any:
    """
    What a successful answer says, in the call's type.

    :raises KenoError: the answer is a refusal, or cannot be read.
    """
    if not response.is_success:
        raise _refusal(call, response, request_id)
    if call.answer is NoneType:
        return None
    if call.answer is bytes:
        return response.content
    if call.answer is str:
        return response.text
    try:
        return msgspec.json.decode(response.content, type=Any if call.answer is object else call.answer)
    except msgspec.MsgspecError as error:
        raise AnswerInvalid(
            code="answer_invalid",
            title="The answer has another form than this SDK knows",
            status=response.status_code,
            detail=str(error),
            money_moved="no" if call.method == "GET" else "unknown",
            request_id=request_id,
            idempotency_key=call.key,
        ) from error


def no_answer(call: Call, error: Exception, request_id: str) -> Unreachable:
    """The error of a call that got no answer; whether it had an effect is not known."""
    timeout = isinstance(error, httpx.TimeoutException)
    return Unreachable(
        code="timeout" if timeout else "connection_failed",
        title="The platform did not answer in time" if timeout else "The platform could not be reached",
        detail=str(error),
        retry="same_key" if call.repeatable else "never",
        money_moved="no" if call.method == "GET" else "unknown",
        request_id=request_id,
        idempotency_key=call.key,
    )


class _Problem(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 9457, with what this platform adds."""

    code: str
    title: str = ""
    detail: str = ""
    type: str = ""
    params: dict[str, Any] = {}
    retry: Retry = "never"
    money_moved: MoneyMoved = "unknown"
    request_id: str = ""
    doc_url: str = ""


def _refusal(call: Call, response: httpx.Response, request_id: str) -> KenoError:
    try:
        problem = msgspec.json.decode(response.content, type=_Problem)
    except msgspec.MsgspecError:
        return _not_the_platform(call, response, request_id)
    return KenoError(
        code=problem.code,
        title=problem.title,
        status=response.status_code,
        detail=problem.detail,
        params=problem.params,
        retry=problem.retry,
        money_moved=problem.money_moved,
        request_id=problem.request_id or response.headers.get("X-Request-Id", request_id),
        doc_url=str(response.request.url.join(problem.doc_url or problem.type)),
        idempotency_key=call.key,
    )


def _not_the_platform(call: Call, response: httpx.Response, request_id: str) -> Unreachable:
    again = call.repeatable and response.status_code in _NOT_ANSWERED
    return Unreachable(
        code=f"http_{response.status_code}",
        title="The answer is not the platform's",
        status=response.status_code,
        detail=response.text[:200],
        retry="same_key" if again else "never",
        money_moved="no" if call.method == "GET" else "unknown",
        request_id=request_id,
        idempotency_key=call.key,
    )


def retry_after_s(response: httpx.Response | None) -> float | None:
    """The seconds of the header Retry-After, if it has any."""
    value = response.headers.get("Retry-After", "") if response is not None else ""
    return float(value) if value.isascii() and value.isdigit() else None
