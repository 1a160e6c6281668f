"""The player's page, on each operator's own domain."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from operators.selectors import find_operator_by_domain


def client(request: HttpRequest) -> HttpResponse:
    """The client of the operator whose domain this is."""
    operator = find_operator_by_domain(request.get_host().partition(":")[0])
    if operator is None:
        raise Http404
    return render(request, "play/client.html", {"operator": operator})
