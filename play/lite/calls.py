"""Calls of the API, made within the process on behalf of the player whose request is being answered."""

import json
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from django.utils import translation

from calls.middleware import request_log

PREFIX = "/api/v1/"
KEPT = ("HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "REMOTE_ADDR", "HTTP_X_FORWARDED_FOR", "HTTP_X_REQUEST_ID")
"""What a call has of the request that it is made for: the address that limits count, and the id that logs tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the API said. `data` is empty where it said nothing."""

    status: int
    data: Any

    @property
    def is_good(self) -> bool:
        return self.status < 400

    @property
    def code(self) -> str:
        """The code of a refusal; empty for any other answer."""
        return "" if self.is_good or not isinstance(self.data, dict) else str(self.data.get("code", ""))


def ask(
    request: HttpRequest,
    method: str,
    path: str,
    *,
    token: str = "",
    language: str = "en",
    body: Any = None,
    key: str = "",
) -> Answer:
    """
    One call with a session's token, answered in this language. `path` is below /api/v1/ and may have a query.

    It is counted, limited and logged as the same call over the network is.
    """
    call = _call(request, method, path, b"" if body is None else json.dumps(body).encode())
    call.META["HTTP_ACCEPT_LANGUAGE"] = language
    if token:
        call.META["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    if key:
        call.META["HTTP_IDEMPOTENCY_KEY"] = key
    with translation.override(language):
        response = request_log(_answer)(call)
    return Answer(status=response.status_code, data=json.loads(response.content) if response.content else {})


def _call(request: HttpRequest, method: str, path: str, body: bytes) -> HttpRequest:
    where, _, query = path.partition("?")
    environ: dict[str, Any] = {name: request.META[name] for name in KEPT if name in request.META} | {
        "REQUEST_METHOD": method,
        "PATH_INFO": PREFIX + where,
        "QUERY_STRING": query,
        "CONTENT_TYPE": "application/json" if body else "",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": request.scheme,
    }
    return WSGIRequest(environ)


def _answer(call: HttpRequest) -> HttpResponse:
    match = call.resolver_match = resolve(call.path)
    response: HttpResponse = match.func(call, *match.args, **match.kwargs)
    render = getattr(response, "render", None)  # what REST framework leaves to the handler
    return render() if render else response
