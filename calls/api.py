"""The request log for an operator's engineers: one search by any id, one call with its bodies, errors grouped."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from calls import lines, selectors
from calls.models import Call, Direction
from calls.selectors import ErrorGroup
from keno_platform.core import clock
from keno_platform.core.clock import from_text, to_text
from keno_platform.http.openapi import ListOf, Problem, query_parameters
from keno_platform.http.pagination import Page, PageQuery, paginate
from keno_platform.http.parsing import Ask, ParameterInvalid, read_query
from operators.authentication import CallerView

ERRORS_DAYS = 7


class CallsQuery(PageQuery, frozen=True, kw_only=True):
    """Filters; `q` is any id that was named in the call, `from` an RFC 3339 time."""

    q: str | None = None
    direction: str | None = None
    status: int | None = None
    code: str | None = None
    key: str | None = None
    since: str | None = msgspec.field(name="from", default=None)


class ErrorsQuery(Ask, frozen=True, kw_only=True):
    """Since when; without it the last seven days."""

    since: str | None = msgspec.field(name="from", default=None)


class CallOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A call without its bodies. `status` is null when no answer came; `code` is empty when it went well."""

    call_id: UUID
    direction: str
    method: str
    path: str
    endpoint: str
    status: int | None
    code: str
    key: str
    request_id: str
    duration_ms: str
    started_at: str


class CallDetail(CallOutput, frozen=True, kw_only=True):
    """
    A call with its bodies as far as they are kept, secrets left out, and as lines for a shell. `complete` tells
    whether the lines send exactly the same.
    """

    ids: list[str]
    headers: dict[str, str]
    request: str
    request_bytes: int
    response: str
    response_bytes: int
    error: str
    complete: bool
    curl: str
    httpie: str


class ErrorGroupOutput(msgspec.Struct, frozen=True, kw_only=True):
    """Calls that failed in the same way at the same endpoint. `example` is the newest call of them."""

    direction: str
    code: str
    method: str
    endpoint: str
    status: int | None
    count: int
    first_at: str
    last_at: str
    example: UUID
    example_request_id: str
    doc_url: str | None


class CallsPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of calls, newest first, and the addresses of its neighbours."""

    next: str | None
    previous: str | None
    results: list[CallOutput]


class CallsView(CallerView):
    """The calls of 30 days, those of an operator for itself."""

    @extend_schema(
        operation_id="list_calls",
        parameters=query_parameters(CallsQuery),
        responses={200: CallsPage, 401: Problem, 422: Problem},
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, CallsQuery)
        if query.direction is not None and query.direction not in Direction.values:
            raise ParameterInvalid("direction must be in or out.")
        rows = selectors.list_calls(
            operator_id=self.operator.pk,
            any_id=query.q,
            direction=query.direction,
            status=_small(query.status),
            code=query.code,
            key=query.key,
            since=_since(query.since),
        )
        page: Page = paginate(request, query, rows, show)
        return Response(page)


class CallView(CallerView):
    """One call with everything that is known of it."""

    @extend_schema(operation_id="get_call", responses={200: CallDetail, 404: Problem})
    def get(self, request: Request, call_id: UUID) -> Response:
        call = selectors.get_call(operator_id=self.operator.pk, call_id=call_id)
        return Response(show_all(call))


class CallErrorsView(CallerView):
    """What went wrong, by code and endpoint."""

    @extend_schema(
        operation_id="list_call_errors",
        parameters=query_parameters(ErrorsQuery),
        responses={200: ListOf(ErrorGroupOutput), 401: Problem, 422: Problem},
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, ErrorsQuery)
        since = _since(query.since) or clock.now() - timedelta(days=ERRORS_DAYS)
        groups = selectors.group_errors(operators=[self.operator.pk], since=since)
        return Response([show_group(group) for group in groups])


def show(call: Call) -> CallOutput:
    """A call in a list."""
    return CallOutput(**_members(call))


def show_all(call: Call) -> CallDetail:
    """A call with its bodies."""
    return CallDetail(
        **_members(call),
        ids=call.ids,
        headers=call.headers,
        request=call.request,
        request_bytes=call.request_bytes,
        response=call.response,
        response_bytes=call.response_bytes,
        error=call.error,
        complete=lines.can_repeat(call),
        curl=lines.as_curl(call, settings.BASE_URL),
        httpie=lines.as_httpie(call, settings.BASE_URL),
    )


def show_group(group: ErrorGroup) -> ErrorGroupOutput:
    """A group of errors, with the place where its code is explained when it is one of ours."""
    return ErrorGroupOutput(
        direction=group.direction,
        code=group.code,
        method=group.method,
        endpoint=group.endpoint,
        status=group.status,
        count=group.count,
        first_at=to_text(group.first_at),
        last_at=to_text(group.last_at),
        example=group.example,
        example_request_id=group.example_request_id,
        doc_url=f"/api/v1/docs/errors#{group.code}" if group.direction == Direction.IN else None,
    )


def _members(call: Call) -> dict[str, Any]:
    return {
        "call_id": call.pk,
        "direction": call.direction,
        "method": call.method,
        "path": call.path,
        "endpoint": call.endpoint,
        "status": call.status,
        "code": call.code,
        "key": call.key_hint,
        "request_id": call.request_id,
        "duration_ms": f"{call.duration_us / 1000:.3f}",
        "started_at": to_text(call.started_at),
    }


def _since(text: str | None) -> datetime | None:
    return None if text is None else from_text(text)


def _small(status: int | None) -> int | None:
    if status is not None and not 100 <= status <= 599:
        raise ParameterInvalid("status must be 100 to 599.")
    return status
