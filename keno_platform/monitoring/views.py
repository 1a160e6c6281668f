"""`/metrics` on the web, for who cannot reach the port of its own: unknown without KENO_METRICS_TOKEN."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from keno_platform.http.problems import Unauthenticated, plain_problem
from keno_platform.monitoring.collecting import STATE
from keno_platform.observability.registry import CONTENT_TYPE, exposition


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Everything that is counted, to who shows the token."""
    if not settings.METRICS_TOKEN:
        raise Http404
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not constant_time_compare(shown, settings.METRICS_TOKEN):
        return plain_problem(request, Unauthenticated())
    response = HttpResponse(exposition([STATE]), content_type=CONTENT_TYPE)
    response["Cache-Control"] = "no-store"
    return response
