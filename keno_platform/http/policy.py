"""
What a browser may do with an answer. Pages say it for themselves. Whatever does not is no page, and may do nothing,
should a browser be led to show it as one.
"""

from collections.abc import Callable, Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

HEADER = "Content-Security-Policy"
OF_THE_API = ("/api/", "/.well-known/")
_METHODS = ("GET", "HEAD", "POST")


def written(directives: Mapping[str, str]) -> str:
    """The header's text."""
    return "; ".join(f"{name} {value}" for name, value in directives.items())


NOTHING = written({"default-src": "'none'", "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'"})
DOCUMENTS = written(
    {
        "default-src": "'none'",
        "script-src": "'self'",
        # Swagger's page and the widths that its script sets.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
)
"""For the pages of the API's documentation."""


def standing_headers() -> list[tuple[bytes, bytes]]:
    """What answers carry that go past Django's middleware, as ASGI has it."""
    headers = [(b"x-content-type-options", b"nosniff"), (HEADER.lower().encode(), NOTHING.encode())]
    if settings.SECURE_HSTS_SECONDS:
        told = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains"
        headers.append((b"strict-transport-security", told.encode()))
    return headers


def nothing_else(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """
    Adds the strictest policy to every answer without one, but for those that only lead elsewhere. A page answers no
    TRACE: what a browser has sent is nobody's to be told. The API refuses it by itself, with its own document.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        traced = request.method == "TRACE" and not request.path.startswith(OF_THE_API)
        response = HttpResponseNotAllowed(_METHODS) if traced else get_response(request)
        if not 300 <= response.status_code < 400:
            response.headers.setdefault(HEADER, NOTHING)
        return response

    return answer
