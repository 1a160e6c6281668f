"""The page of error codes: generated from the refusals themselves, so that it cannot lag behind them."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from keno_platform.core.errors import Refusal
from keno_platform.http.problems import STATUS


def all_refusals() -> list[type[Refusal]]:
    """Every refusal class of the server, by code."""
    return sorted(_subclasses(Refusal), key=lambda one: one.code)


def _subclasses(base: type[Refusal]) -> Iterator[type[Refusal]]:
    for one in base.__subclasses__():
        yield one
        yield from _subclasses(one)


def errors_page(request: HttpRequest) -> HttpResponse:
    """What each code means, with its status."""
    rows = [
        {
            "code": one.code,
            "status": STATUS[one.kind],
            "title": one.title,
            "meaning": (one.__doc__ or "").strip(),
        }
        for one in all_refusals()
    ]
    return render(request, "docs/errors.html", {"rows": rows})
