"""The desk's calls: what a regulator asks, answered with its proof."""

from collections.abc import AsyncIterator, Iterator

import msgspec
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from django.http import StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from audit import services as audit
from desk import evidence
from keno_platform.core.clock import from_text
from keno_platform.http.openapi import Problem, query_parameters
from keno_platform.http.parsing import Ask, ParameterInvalid, read_query
from operators.authentication import Caller, CallerView
from operators.models import Operator
from operators.selectors import get_operator
from rounds.selectors import database_now


class EvidenceQuery(Ask, frozen=True, kw_only=True):
    """
    Whose bets, from when to before when (RFC 3339, at most a day). The provider names the operator, by its slug, and
    gets the leaves of every operator opened.
    """

    player_token: str
    since: str = msgspec.field(name="from")
    to: str
    operator: str | None = None


class BetsEvidenceView(CallerView):
    """
    All bets of a player in a time, with what proves that none is missing: each round that took bets then, whole, a line
    for each. `python -m fairness bets` checks it.
    """

    @property
    def provider_only(self) -> bool:  # type: ignore[override]  # both may call: an operator about its own players
        caller = self.request.auth
        return isinstance(caller, Caller) and caller.operator is None

    @extend_schema(
        operation_id="bets_evidence",
        parameters=query_parameters(EvidenceQuery),
        responses={(200, "application/x-ndjson"): str, 404: Problem, 410: Problem, 422: Problem},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        query = read_query(request, EvidenceQuery)
        operator = self._operator(query)
        lines = evidence.lines(
            operator=operator,
            player_token=query.player_token,
            since=from_text(query.since),
            until=from_text(query.to),
            now=database_now(),
            open_all=self.caller.operator is None,
            from_archive=bool(settings.CLICKHOUSE),  # else ClickHouse would be loaded into a web process
        )
        audit.record(
            "evidence.exported",
            description=f"{operator.name}: all bets of a player from {query.since} to {query.to}",
            actor=self.caller.actor,
            operator_id=operator.pk,
            after={"player_token": query.player_token, "from": query.since, "to": query.to},
        )
        return StreamingHttpResponse(
            _sent(lines),
            content_type="application/x-ndjson",
            headers={"Content-Disposition": 'attachment; filename="bets.ndjson"', "Cache-Control": "no-store"},
        )

    def _operator(self, query: EvidenceQuery) -> Operator:
        if self.caller.operator is None:
            if query.operator is None:
                raise ParameterInvalid("The provider names the operator.")
            return get_operator(slug=query.operator)
        if query.operator not in (None, self.caller.operator.slug):
            raise ParameterInvalid("A key of an operator asks about that operator.")
        return self.caller.operator


async def _sent(lines: Iterator[bytes]) -> AsyncIterator[bytes]:
    """A few rounds at a time: neither memory nor a connection is held for all of them."""
    while (line := await sync_to_async(_next)(lines)) is not None:
        yield line


def _next(lines: Iterator[bytes]) -> bytes | None:
    try:
        return next(lines, None)
    finally:
        connection.close()  # the answer goes on after the request's own end
