"""Cursor pages over rows ordered by one id: the thousandth page costs what the first costs."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

import msgspec
from django.core.exceptions import ValidationError
from rest_framework.request import Request

from keno_platform.http.parsing import Ask, ParameterInvalid

PAGE_DEFAULT = 50
PAGE_MAX = 500
M = TypeVar("M")


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One page: the rows, and the addresses of its neighbours."""

    next: str | None
    previous: str | None
    results: list[Any]


class PageQuery(Ask, frozen=True, kw_only=True):
    """What every list takes beside its filters."""

    cursor: str | None = None
    limit: int = PAGE_DEFAULT


class Sliceable(Protocol[M]):
    """The part of a queryset that paging needs."""

    def filter(self, **conditions: Any) -> "Sliceable[M]": ...
    def order_by(self, *names: str) -> "Sliceable[M]": ...
    def __getitem__(self, part: slice) -> Sequence[M]: ...


def paginate(request: Request, query: PageQuery, rows: Any, show: Callable[[Any], Any], key: str = "pk") -> Page:
    """
    The page of these rows that the request's cursor asks for, newest first.

    :raises ParameterInvalid: a cursor that this API did not make, or a limit outside 1..PAGE_MAX.
    """
    if not 1 <= query.limit <= PAGE_MAX:
        raise ParameterInvalid(f"limit must be 1 to {PAGE_MAX}.")
    back, bound = _read_cursor(query.cursor, rows.model._meta.pk)
    if bound is not None:
        rows = rows.filter(**{f"{key}__gt" if back else f"{key}__lt": bound})
    found = list(rows.order_by(key if back else f"-{key}")[: query.limit + 1])
    more, found = len(found) > query.limit, found[: query.limit]
    if back:
        found.reverse()
    older, newer = (bool(found), more) if back else (more, bound is not None and bool(found))
    return Page(
        next=_address(request, "o", found[-1].pk) if older else None,
        previous=_address(request, "n", found[0].pk) if newer else None,
        results=[show(row) for row in found],
    )


def _address(request: Request, direction: str, bound: object) -> str:
    cursor = base64.urlsafe_b64encode(f"{direction}{bound}".encode()).decode().rstrip("=")
    query = {name: value for name, value in request.query_params.items() if name != "cursor"}
    return request.build_absolute_uri(f"{request.path}?{urlencode({**query, 'cursor': cursor})}")


def _read_cursor(cursor: str | None, column: Any) -> tuple[bool, Any]:
    if cursor is None:
        return False, None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        bound = column.to_python(text[1:])
        if text[:1] not in ("o", "n") or text[1:] != str(bound):
            raise ValueError(cursor)
    except (binascii.Error, ValueError, ValidationError) as error:
        raise ParameterInvalid("cursor is not one that this API made.") from error
    return text[0] == "n", bound
