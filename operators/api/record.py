"""
The sealed record by API: an operator's own log for its backend, the house's for the provider. With what comes from here
anybody can check that nothing was changed or left out; see docs/audit.md.
"""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit import proofs, selectors
from audit import services as audit
from keno_platform.http.openapi import Problem, query_parameters
from keno_platform.http.parsing import Ask, ParameterInvalid, read_query
from operators.authentication import Caller, CallerView

ENTRIES_MAX = 1000
_LARGEST = 1 << 53


class CheckpointQuery(Ask, frozen=True, kw_only=True):
    """Which checkpoint; without a number the newest."""

    number: int | None = None


class RecordQuery(Ask, frozen=True, kw_only=True):
    """Entries from this index of the log on, and how many."""

    first: int = 0
    limit: int = 100


class ConsistencyQuery(Ask, frozen=True, kw_only=True):
    """Two sizes of the log: an earlier one and a later one."""

    first: int
    second: int


class RecordView(CallerView):
    """Of an operator its own log, of the provider the house's."""

    @property
    def provider_only(self) -> bool:  # type: ignore[override]  # both may call: each sees its own
        caller = self.request.auth
        return isinstance(caller, Caller) and caller.operator is None

    @property
    def log(self) -> UUID:
        """The caller's log."""
        return selectors.log_of(self.caller.operator.pk if self.caller.operator else None)


class RecordCheckpointView(RecordView):
    """The state of the caller's log as the house signed it: worth keeping, and checking against later ones."""

    @extend_schema(
        operation_id="record_checkpoint",
        parameters=query_parameters(CheckpointQuery),
        responses={200: dict, 404: Problem, 422: Problem},
    )
    def get(self, request: Request) -> Response:
        number = read_query(request, CheckpointQuery).number
        if number is not None and not 0 < number < _LARGEST:
            raise ParameterInvalid("number must be a checkpoint's number.")
        return Response(proofs.state_document(self.log, checkpoint=number))


class RecordEntriesView(RecordView):
    """Entries of the caller's log in its order, each with its index."""

    @extend_schema(
        operation_id="record_entries",
        parameters=query_parameters(RecordQuery),
        responses={200: dict, 422: Problem},
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, RecordQuery)
        if not 1 <= query.limit <= ENTRIES_MAX or not 0 <= query.first < _LARGEST:
            raise ParameterInvalid(f"limit must be 1 to {ENTRIES_MAX}, and first an index from 0.")
        found = selectors.placed_entries(self.log, first=query.first, last=query.first + query.limit)
        return Response({"log": str(self.log), "entries": [proofs.placed_part(one) for one in found]})


class RecordEntryProofView(RecordView):
    """One entry of the caller's log, and what proves that it stands there unchanged."""

    @extend_schema(operation_id="record_entry_proof", responses={200: dict, 404: Problem})
    def get(self, request: Request, entry_id: UUID) -> Response:
        return Response(proofs.entry_document(self.log, entry_id))


class RecordConsistencyView(RecordView):
    """What proves that the caller's log has only grown between two sizes."""

    @extend_schema(
        operation_id="record_consistency",
        parameters=query_parameters(ConsistencyQuery),
        responses={200: dict, 404: Problem, 422: Problem},
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, ConsistencyQuery)
        return Response(proofs.consistency_document(self.log, first=query.first, second=query.second))


class RecordLogView(RecordView):
    """
    The caller's whole log: the signed state on the first line, then an entry on each line. Together they show that
    nothing is missing.
    """

    @extend_schema(
        operation_id="record_log",
        responses={(200, "application/x-ndjson"): str, 404: Problem},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        state = proofs.state_document(self.log)
        audit.record(
            "record.exported",
            description=f"the whole log, {state['size']:,} entries",
            actor=self.caller.actor,
            operator_id=self.caller.operator.pk if self.caller.operator else None,
            after={"entries": state["size"], "root": state["root"]},
        )
        return StreamingHttpResponse(
            _lines(self.log, state),
            content_type="application/x-ndjson",
            headers={"Content-Disposition": f'attachment; filename="record-{self.log}.ndjson"'},
        )


async def _lines(log: UUID, state: dict[str, Any]) -> AsyncIterator[bytes]:
    """A page at a time, so that neither memory nor a connection is held for a whole log."""
    yield _line(state)
    for first in range(0, state["size"], proofs.PAGE):
        yield await sync_to_async(_page)(log, first, min(first + proofs.PAGE, state["size"]))


def _page(log: UUID, first: int, last: int) -> bytes:
    try:
        found = selectors.placed_entries(log, first=first, last=last)
        return b"".join(_line(proofs.placed_part(one)) for one in found)
    finally:
        connection.close()  # the answer goes on after the request's own end


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
