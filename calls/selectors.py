"""Reading the request log."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from calls.models import Call
from calls.rows import normal_id
from keno_platform.core.errors import NotFound
from keno_platform.core.ids import uuid7_floor

ERRORS_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorGroup:
    """Calls that failed in the same way at the same endpoint; `example` is the newest of them."""

    direction: str
    code: str
    method: str
    endpoint: str
    status: int | None
    count: int
    first_at: datetime
    last_at: datetime
    example: UUID
    example_request_id: str


def list_calls(
    *,
    operator_id: UUID | None,
    any_id: str | None = None,
    direction: str | None = None,
    status: int | None = None,
    code: str | None = None,
    key: str | None = None,
    since: datetime | None = None,
) -> "QuerySet[Call]":
    """An operator's calls, or without one the provider's own; with `any_id` those in which this id was named."""
    found = Call.objects.filter(operator_id=operator_id)
    if any_id is not None:
        found = found.filter(ids__contains=[normal_id(any_id)])
    if since is not None:
        found = found.filter(id__gte=uuid7_floor(since))
    exact = {"direction": direction, "status": status, "code": code, "key_hint": key}
    return found.filter(**{name: value for name, value in exact.items() if value is not None})


def calls_naming(any_id: str) -> "QuerySet[Call]":
    """Calls of everybody in which this id was named."""
    return Call.objects.filter(ids__contains=[normal_id(any_id)])


def get_call(*, operator_id: UUID | None, call_id: UUID) -> Call:
    """
    One call of this operator.

    :raises NotFound: no such call, or another operator's.
    """
    call = Call.objects.filter(operator_id=operator_id, id=call_id).first()
    if call is None:
        raise NotFound("There is no such call in the request log.")
    return call


def group_errors(*, operators: Iterable[UUID | None] | None, since: datetime) -> list[ErrorGroup]:
    """
    What went wrong since then, by code and endpoint, the most frequent first: of these operators, or of all.
    """
    chosen = None if operators is None else list(operators)
    named = [one for one in chosen or () if one is not None]
    nobodys = chosen is not None and None in chosen
    with connection.cursor() as cursor:
        cursor.execute(
            _ERRORS,
            {
                "all": chosen is None,
                "operators": named,
                "nobodys": nobodys,
                "since": uuid7_floor(since),
                "limit": ERRORS_MAX,
            },
        )
        return [_group(row) for row in cursor.fetchall()]


def _group(row: tuple[Any, ...]) -> ErrorGroup:
    direction, code, method, endpoint, status, count, first_at, last_at, example, request_id = row
    return ErrorGroup(
        direction=direction,
        code=code,
        method=method,
        endpoint=endpoint,
        status=status,
        count=count,
        first_at=first_at,
        last_at=last_at,
        example=example,
        example_request_id=request_id,
    )


_ERRORS = """
    SELECT direction, code, method, endpoint, status, count(*), min(started_at), max(started_at),
        (array_agg(id ORDER BY id DESC))[1], (array_agg(request_id ORDER BY id DESC))[1]
    FROM public.calls_call
    WHERE code <> '' AND id >= %(since)s
        AND (%(all)s OR operator_id = ANY (%(operators)s::uuid[]) OR (%(nobodys)s AND operator_id IS NULL))
    GROUP BY direction, code, method, endpoint, status
    ORDER BY count(*) DESC, code, endpoint
    LIMIT %(limit)s
"""
