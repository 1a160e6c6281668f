"""What a page of the staff's site may load and do, said to the browser: its own host and nothing else."""

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

PATH = "/admin/"
HEADER = "Content-Security-Policy"
POLICY = "; ".join(
    f"{name} {value}"
    for name, value in {
        "default-src": "'none'",
        # Unfold's Alpine makes functions of its attributes. No script stands in a page, and none comes from elsewhere.
        "script-src": "'self' 'unsafe-eval'",
        # The operator's colour, and what Alpine shows and hides, are attributes.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "frame-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }.items()
)


def allow_frames(response: HttpResponse, origin: str) -> HttpResponse:
    """This answer's page may show that origin in frames, such as the client on an operator's own domain."""
    response.headers[HEADER] = POLICY.replace("frame-src 'self'", f"frame-src 'self' {origin}")
    return response


def strict_policy(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """
    Adds the policy to every answer below /admin/ that has none of its own. Where there is a host for staff, these pages
    are on no other: a fault on a player's page reaches no cookie and no page of staff.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        if settings.STAFF_HOST and request.path.startswith(PATH) and _host(request) != settings.STAFF_HOST:
            raise Http404
        response = get_response(request)
        if request.path.startswith(PATH):
            response.headers.setdefault(HEADER, POLICY)
        return response

    return answer


def _host(request: HttpRequest) -> str:
    return request.get_host().partition(":")[0].lower()
