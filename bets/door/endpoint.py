"""
`POST /api/v1/bets` and `POST /api/v1/bets/batch` as a bare ASGI application: the calls that must carry thousands a
second in one process.

It answers exactly what the same addresses answer through Django (`bets.api`, which the OpenAPI document describes): the
same checks in the same order, the same refusals. What differs is the way: see `bets.door.desk`.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from django.conf import settings
from django.utils import translation
from django.utils.translation.trans_real import get_supported_language_variant, parse_accept_lang_header

from bets.api import read_batch, slip_ask, slip_asks
from bets.door import desk as desks
from bets.door.desk import Desk, Outdated
from bets.shapes import CREATED, OK, BatchAsk, BetAsk, encode_accepted, encode_batch, show_answer, show_batch
from bets.slips import Accepted
from calls import recorder, redaction, tally
from calls.middleware import key_hint
from keno_platform.core import clock, request_ids, strict_json
from keno_platform.core.errors import Maintenance, MalformedRequest, PayloadTooLarge, Refusal
from keno_platform.http.middleware import accept_id
from keno_platform.http.parsing import convert, read_key
from keno_platform.http.policy import standing_headers
from keno_platform.http.problems import Unauthenticated, UnsupportedMediaType, as_refusal, headers_of, problem
from keno_platform.limits.addresses import bucket_of
from keno_platform.limits.demands import RateLimited, Verdict
from keno_platform.limits.guesses import guesses
from keno_platform.limits.headers import headers_of as limit_headers
from keno_platform.observability import facts, tracing
from keno_platform.observability.instruments import PLACEMENT_SECONDS, PLACEMENTS
from operators.authentication import Caller, CallerNotAllowed, read_bearer
from operators.models import ApiKey, Operator
from operators.origins import client_address
from operators.signing import check_incoming
from operators.tenancy import tenant_context
from operators.verification import is_signed

logger = logging.getLogger(__name__)
PATH, BATCH_PATH = "/api/v1/bets", "/api/v1/bets/batch"
TRIES = 3
"""A caller whose terms change again and again meanwhile is told to come back."""
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
_READ = {
    name.encode(): name
    for name in (
        *("authorization", "idempotency-key", "content-type", "x-request-id", "accept-language", "host", "x-keno-key"),
        *("signature-input", "x-keno-signature", "x-forwarded-for", "traceparent", "tracestate"),
        *redaction.HEADERS_KEPT,
    )
}
_encoder = msgspec.json.Encoder()
_STANDING = standing_headers()
_CREATED = PLACEMENTS.labels(str(CREATED))
T = TypeVar("T")


def is_for_us(scope: Scope) -> bool:
    """Whether this request is a placement."""
    return bool(scope["type"] == "http" and scope["path"] in _ANSWERS and scope["method"] == "POST")


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one placement, and record the call."""
    call = _Call(scope)
    request_ids.begin(call.request_id)
    with tracing.span(f"POST {call.path}", carrier=call.headers, kind="server"):
        try:
            call.body = await _read_body(receive)
            call.answer = await _answer(call)
        except Exception as error:
            await desks.desk().limits.note_guess(error, call.address())
            with facts.about(operator=call.operator_slug):
                _refuse(call, error)
        tracing.annotate(status=call.status, operator=call.operator_slug, bets=call.bets)
    await _respond(send, call)
    _measure(call)
    _record(call)


def _measure(call: "_Call") -> None:
    PLACEMENT_SECONDS.observe(time.perf_counter() - call.began)
    (PLACEMENTS.labels(str(call.status)) if call.status != CREATED else _CREATED).inc()


class _Call:
    """One request on its way to its answer."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.began, self.started_at = time.perf_counter(), clock.now()
        self.path: str = scope["path"]
        self.headers = _headers(scope)
        self.request_id = accept_id(self.headers.get("x-request-id", ""))
        self.body = b""
        self.caller: Caller | None = None
        self.is_fresh = False
        self.bets = 1
        self.verdict: Verdict | None = None
        self.status = CREATED
        self.answer = b""
        self.extra: Mapping[str, str] = {}

    @property
    def went_well(self) -> bool:
        return self.status in (OK, CREATED)

    def address(self) -> str:
        """Where it comes from."""
        client = self.scope.get("client") or ("", 0)
        return client_address(client[0], self.headers.get("x-forwarded-for", ""))

    @property
    def operator_id(self) -> UUID | None:
        return self.caller.operator.pk if self.caller and self.caller.operator else None

    @property
    def operator_slug(self) -> str:
        """For logs, counts and traces; empty where nobody has shown who calls."""
        return self.caller.operator.slug if self.caller and self.caller.operator else ""


def _headers(scope: Scope, *, everything: bool = False) -> dict[str, str]:
    """By lower-case name, those that are read; one that stands twice is joined by a comma, as Django does."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name = raw_name.decode("latin-1") if everything else _READ.get(raw_name)
        if name is not None:
            value = raw_value.decode("latin-1")
            headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


async def _read_body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise MalformedRequest("The body broke off.")
        body += message.get("body", b"")
        if len(body) > settings.BODY_MAX_BYTES:
            raise PayloadTooLarge(bytes_max=settings.BODY_MAX_BYTES)
        if not message.get("more_body"):
            return bytes(body)


async def _answer(call: _Call) -> bytes:
    token = read_bearer(call.headers.get("authorization"))
    if token is None:
        raise Unauthenticated()
    desk = desks.desk()
    if guesses.any_waits and not desk.callers.knows(token):
        guesses.require_none(bucket_of(call.address()))
    for _ in range(TRIES):
        call.caller, call.is_fresh = await desk.callers.find(token)
        await _check_call(call, call.caller)
        try:
            return await _ANSWERS[call.path](call, call.caller, desk)
        except Outdated:
            desk.callers.forget(token)
    raise Maintenance()


async def _check_call(call: _Call, caller: Caller) -> None:
    operator, key = caller.operator, caller.key
    if operator and key and (operator.signed_calls_required or operator.allowed_addresses or is_signed(call.headers)):
        await desks.desk().in_thread(lambda: _check_signature(operator, key, call))
    if call.path == BATCH_PATH and caller.player_id:
        raise CallerNotAllowed()
    if call.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType()


def _check_signature(operator: Operator, key: ApiKey, call: _Call) -> None:
    client = call.scope.get("client") or ("", 0)
    check_incoming(
        operator,
        key,
        method="POST",
        authority=call.headers.get("host", ""),
        path=call.path,
        query=call.scope["query_string"].decode("latin-1"),
        headers=_headers(call.scope, everything=True),  # a signature may cover any
        body=call.body,
        remote=client[0],
    )


async def _answer_one(call: _Call, caller: Caller, desk: Desk) -> bytes:
    operator = _operator_of(caller)
    await _count(call, caller, operator, desk)
    asked = convert(_read(call), BetAsk)
    ask = slip_ask(asked, caller=caller, key=_read_key(call))
    [answer] = await desk.place(caller, operator, [ask], is_fresh=call.is_fresh)
    if isinstance(answer, Refusal):
        raise answer
    if isinstance(answer, Accepted) and not asked.sign_receipt:
        return encode_accepted(operator, answer)
    return _encoder.encode(
        await desk.in_thread(
            lambda: _in_schema(operator, lambda: show_answer(operator, answer, sign_receipt=asked.sign_receipt))
        )
    )


async def _answer_many(call: _Call, caller: Caller, desk: Desk) -> bytes:
    operator, key = _operator_of(caller), _read_key(call)
    asked = read_batch(convert(_read(call), BatchAsk))
    call.bets = len(asked)
    await _count(call, caller, operator, desk)
    answers = await desk.place(caller, operator, slip_asks(asked, caller=caller, key=key), is_fresh=call.is_fresh)
    call.status = OK
    accepted = [own for own in answers if isinstance(own, Accepted)]
    if len(accepted) == len(answers) and not any(one.sign_receipt for one in asked):
        return encode_batch(operator, accepted)
    return _encoder.encode(
        await desk.in_thread(lambda: _in_schema(operator, lambda: show_batch(operator, asked, answers)))
    )


_ANSWERS = {PATH: _answer_one, BATCH_PATH: _answer_many}


async def _count(call: _Call, caller: Caller, operator: Operator, desk: Desk) -> None:
    """Once for each call, however often it is tried."""
    if call.verdict is None:
        address = call.address() if caller.player_id is not None else ""
        try:
            call.verdict = await desk.limits.count(caller, operator, bets=call.bets, address=address)
        except RateLimited as refusal:
            if call.is_fresh or not desk.limits.may_be_outdated(operator):
                raise
            raise Outdated from refusal
        if call.verdict.answers:
            call.extra = limit_headers(call.verdict)


def _read(call: _Call) -> Any:
    return strict_json.decode(call.body) if call.body else {}


def _read_key(call: _Call) -> str:
    return read_key(call.headers.get("idempotency-key", ""))


def _in_schema(operator: Operator, work: Callable[[], T]) -> T:
    with tenant_context(operator):
        return work()


def _operator_of(caller: Caller) -> Operator:
    if caller.operator is None:
        raise Unauthenticated()
    return caller.operator


def _refuse(call: _Call, error: Exception) -> None:
    refusal = as_refusal(error)
    if refusal is None:
        logger.error("a placement failed", exc_info=error)
        refusal = Maintenance()
    with translation.override(_language(call.headers.get("accept-language", ""))):
        document = problem(refusal)
    verdict = refusal.verdict if isinstance(refusal, RateLimited) else call.verdict
    told = limit_headers(verdict) if verdict is not None else {}
    call.status, call.answer, call.extra = document["status"], _encoder.encode(document), told | headers_of(refusal)


def _language(accepted: str) -> str:
    for code, _ in parse_accept_lang_header(accepted[:200]):
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return str(settings.LANGUAGE_CODE)


async def _respond(send: Send, call: _Call) -> None:
    headers = [
        (b"content-type", b"application/json" if call.went_well else b"application/problem+json"),
        (b"content-length", b"%d" % len(call.answer)),
        (b"x-request-id", call.request_id.encode("ascii")),
        *_STANDING,
        *((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in call.extra.items()),
    ]
    await send({"type": "http.response.start", "status": call.status, "headers": headers})
    await send({"type": "http.response.body", "body": call.answer})


def _is_listed(call: _Call, hint: str) -> bool:
    if call.status == tally.LIMITED:
        known = hint if call.operator_id else ""  # what strangers show is theirs to vary without end
        return tally.lists(tally.Kind(call.operator_id, known, call.path, status=tally.LIMITED))
    if not call.went_well or call.operator_id is None:
        return True
    return tally.lists(tally.Kind(call.operator_id, hint, call.path), call.bets)


def _record(call: _Call) -> None:
    headers = call.headers
    hint = key_hint(headers.get("authorization", ""), headers.get("x-keno-key", ""))
    if not _is_listed(call, hint):
        return
    recorder.record(
        recorder.Entry(
            direction="in",
            operator_id=call.operator_id,
            key_hint=hint,
            method="POST",
            path=call.path,
            endpoint=call.path,
            status=call.status,
            code="",
            duration_ms=(time.perf_counter() - call.began) * 1000,
            request_id=call.request_id,
            ids=(),
            request=call.body,
            response=call.answer,
            started_at=call.started_at,
            headers=tuple((name, headers[name]) for name in redaction.HEADERS_KEPT if name in headers),
        )
    )
