"""Requests begin in the public schema, whatever the last one on this connection was about."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse


def public_schema(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Leave the schema of the request before."""

    def middleware(request: HttpRequest) -> HttpResponse:
        wrapper: Any = connection
        wrapper.set_schema_to_public()
        return get_response(request)

    return middleware
