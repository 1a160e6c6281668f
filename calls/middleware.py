"""Incoming calls of the API go into the request log. In the call itself this costs some tens of microseconds."""

import time
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import RawPostDataException, UnreadablePostError

from calls import recorder, redaction, tally
from keno_platform.core import clock

RECORDED = "/api/"
NOT_CALLS = ("/api/v1/docs", "/api/v1/schema", "/api/v1/asyncapi.json", "/api/v1/calls")
"""Public documents, and the log itself: every search would find the searches before it."""
KEY_PREFIXES = ("ko_", "kp_")
HINT_LENGTH = 9
"""As many characters as a key's own `hint` has."""

Handler = Callable[[HttpRequest], HttpResponse]


def request_log(get_response: Handler) -> Handler:
    """Records each call below RECORDED with its answer, whoever made it and however it ended."""

    def answer(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(RECORDED) or request.path.startswith(NOT_CALLS):
            return get_response(request)
        body, started_at, begun = _body_of(request), clock.now(), time.perf_counter()
        response = get_response(request)
        if not _is_listed(request, response):
            return response
        recorder.record(
            recorder.Entry(
                direction="in",
                operator_id=_operator_of(request),
                key_hint=key_hint(request.headers.get("Authorization", ""), request.headers.get("X-Keno-Key", "")),
                method=request.method or "",
                path=request.get_full_path(),
                endpoint=_endpoint_of(request),
                status=response.status_code,
                code="",
                duration_ms=(time.perf_counter() - begun) * 1000,
                request_id=request.META.get("HTTP_X_REQUEST_ID", ""),
                ids=_ids_of(request),
                request=body,
                response=b"" if response.streaming else response.content,
                started_at=started_at,
                headers=tuple(
                    (name, value) for name, value in request.headers.items() if name.lower() in redaction.HEADERS_KEPT
                ),
            )
        )
        return response

    return answer


def _is_listed(request: HttpRequest, response: HttpResponse) -> bool:
    """Calls beyond a rate limit are counted when there are many."""
    if response.status_code != tally.LIMITED:
        return True
    operator_id, method, endpoint = _operator_of(request), request.method or "", _endpoint_of(request)
    # What strangers show is theirs to vary without end.
    hint = key_hint(request.headers.get("Authorization", "")) if operator_id else ""
    return tally.lists(tally.Kind(operator_id, hint, endpoint, method=method, status=tally.LIMITED))


def key_hint(authorization: str, key_id: str = "") -> str:
    """How a caller showed who it is, without showing it: a key's first characters, a key's id, or `session`."""
    token = authorization.partition(" ")[2]
    if token.startswith(KEY_PREFIXES):
        return token[:HINT_LENGTH]
    return key_id[:64] if key_id else "session" if token else ""


def _body_of(request: HttpRequest) -> bytes:
    """
    The body, when it is one that the server reads: of a declared length within the cap. Another is refused
    by whoever parses it, and is not kept.
    """
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isascii() or not length.isdecimal() or not 0 < int(length[:12]) <= settings.BODY_MAX_BYTES:
        return b""
    try:
        return request.body
    except (RawPostDataException, UnreadablePostError):  # it broke off on its way
        return b""


def _operator_of(request: HttpRequest) -> UUID | None:
    """Whose call it was, as the credential said; None when it was the provider's, or never became known."""
    operator = getattr(getattr(request, "keno_caller", None), "operator", None)
    return operator.pk if operator is not None else None


def _endpoint_of(request: HttpRequest) -> str:
    """The address as the documentation writes it, such as /api/v1/bets/{bet_id}; empty when there is none."""
    match = request.resolver_match
    if match is None:
        return ""
    path = request.path
    for name, value in match.kwargs.items():
        path = path.replace(f"/{value}", f"/{{{name}}}", 1)
    return path


def _ids_of(request: HttpRequest) -> tuple[str, ...]:
    """The ids that the address itself names, where only its route knows that they are ids."""
    match = request.resolver_match
    if match is None:
        return ()
    return tuple(str(value) for name, value in match.kwargs.items() if name.endswith("_id") or name == "player_token")
