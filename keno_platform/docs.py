"""What programs and people read about the server, made from what it does, so that it cannot lag behind."""

from collections.abc import Iterator
from inspect import cleandoc

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from keno_platform.core.errors import Refusal
from keno_platform.http.policy import DOCUMENTS, HEADER
from keno_platform.http.problems import STATUS
from keno_platform.live import asyncapi


def all_refusals() -> list[type[Refusal]]:
    """Every refusal class of the server, by code."""
    return sorted(_subclasses(Refusal), key=lambda one: one.code)


def _subclasses(base: type[Refusal]) -> Iterator[type[Refusal]]:
    for one in base.__subclasses__():
        yield one
        yield from _subclasses(one)


def errors_page(request: HttpRequest) -> HttpResponse:
    """What each code means, with its status, whether to try again, and what it says of money."""
    rows = [
        {
            "code": one.code,
            "status": STATUS[one.kind],
            "title": one.title,
            "meaning": cleandoc(one.__doc__ or ""),
            "retry": one.retry.value,
            "money_moved": one.money_moved.value,
        }
        for one in all_refusals()
    ]
    page = render(request, "docs/errors.html", {"rows": rows})
    page.headers[HEADER] = DOCUMENTS
    return page


class SwaggerPage(SpectacularSwaggerSplitView):
    """The API's document for people. No script stands in the page: it comes from an address of its own."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: object, **kwargs: object) -> Response:
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]  # a library's
        response.headers[HEADER] = DOCUMENTS
        return response


def asyncapi_document(request: HttpRequest) -> HttpResponse:
    """The AsyncAPI 3 document of the sockets."""
    return JsonResponse(asyncapi.document(settings.BASE_URL), json_dumps_params={"ensure_ascii": False})
