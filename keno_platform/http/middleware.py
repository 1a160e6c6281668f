"""What every HTTP answer carries."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from keno_platform.core.ids import uuid7

_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)


class Compression(GZipMiddleware):
    """Pages and what they load go compressed, for phones; answers of the API are short, and many."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path.startswith("/api/"):
            return response
        return super().process_response(request, response)


def request_id(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Echoes the caller's X-Request-Id, or makes one, so that both sides can find the call again."""

    def answer(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        own = given if _ID.fullmatch(given) else str(uuid7())
        request.META["HTTP_X_REQUEST_ID"] = own
        response = get_response(request)
        response["X-Request-Id"] = own
        return response

    return answer
