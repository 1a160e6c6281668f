"""What every HTTP answer carries."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from keno_platform.core import buggify, request_ids
from keno_platform.core.ids import uuid7_text

LONG = 4096
"""From so many bytes on an answer of the API is worth compressing."""
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)


class Compression(GZipMiddleware):
    """
    Pages and what they load go compressed, for phones. Answers of the API are short, and many: of them only those that
    read something long, such as a list of 250 games, which a phone would wait seconds for.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path.startswith("/api/") and not _reads_much(request, response):
            return response
        return super().process_response(request, response)


def _reads_much(request: HttpRequest, response: HttpResponseBase) -> bool:
    return request.method == "GET" and not response.streaming and len(response.content) >= LONG  # type: ignore[attr-defined]


def accept_id(given: str) -> str:
    """The caller's own id for its call when it is plain, or a new one."""
    return given if _ID.fullmatch(given) else uuid7_text()


def request_id(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Echoes the caller's X-Request-Id, or makes one, so that both sides can find the call again."""

    def answer(request: HttpRequest) -> HttpResponse:
        own = accept_id(request.headers.get("X-Request-Id", ""))
        request.META["HTTP_X_REQUEST_ID"] = own
        with request_ids.answering(own):
            response = get_response(request)
        buggify.here("http.answer")
        response["X-Request-Id"] = own
        return response

    return answer
