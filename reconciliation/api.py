"""Feeds, daily files and comparisons for an operator's backend."""

import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import date
from typing import IO, Any, ClassVar
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from django.http import StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from keno_platform.core import clock
from keno_platform.core.errors import MalformedRequest, PayloadTooLarge
from keno_platform.http.openapi import Problem, query_parameters
from keno_platform.http.pagination import Page, PageQuery, paginate
from keno_platform.http.parsing import ParameterInvalid, StrictJSONParser, read, read_query
from operators.authentication import CallerView
from reconciliation import feeds, selectors, services, support
from reconciliation.models import Result
from reconciliation.operator_files import read_csv_text, rows_of
from reconciliation.shapes import (
    LIMIT_MAX,
    DayOutput,
    DifferenceQuery,
    FeedQuery,
    FeedRound,
    InDoubtFeed,
    InDoubtQuery,
    PartAsk,
    PartOutput,
    RoundFeed,
    RunAsk,
    RunOutput,
    SupportAsk,
    SupportLink,
    TransactionFeed,
    show_day,
    show_difference,
    show_fact,
    show_open,
    show_run,
)
from rounds.api.rounds import show_rounds
from rounds.selectors import rounds_for

CREATED = 201
PARTS_MAX = 10_000


class TransactionFeedView(CallerView):
    """The operator's transactions, forward in time: none is missed by following, and none told twice."""

    @extend_schema(
        operation_id="feed_transactions",
        parameters=query_parameters(FeedQuery),
        responses={200: TransactionFeed, 422: Problem},
    )
    def get(self, request: Request) -> Response:
        query, operator = read_query(request, FeedQuery), self.operator
        found = feeds.transactions(operator, after=query.after, limit=_limit(query.limit))
        return Response(
            TransactionFeed(
                results=[show_fact(operator, fact) for fact in found.items],
                after=found.after,
                more=found.more,
                complete_until=clock.to_text(found.complete_until),
            )
        )


class RoundFeedView(CallerView):
    """Finished rounds of the operator's games, in the order in which they ended, with its own figures in them."""

    @extend_schema(
        operation_id="feed_rounds", parameters=query_parameters(FeedQuery), responses={200: RoundFeed, 422: Problem}
    )
    def get(self, request: Request) -> Response:
        query, operator = read_query(request, FeedQuery), self.operator
        found = feeds.finished_rounds(operator, after=query.after, limit=_limit(query.limit))
        rounds = list(rounds_for(operator.pk).filter(pk__in=[one.round_id for one in found.items]))
        shown = {one.round_id: one for one in show_rounds(rounds)}
        results = [
            FeedRound(
                round=shown[one.round_id],
                ended_at=clock.to_text(one.ended_at),
                bets=one.bets,
                winners=one.winners,
                stakes=operator.money(one.stakes),
                payouts=operator.money(one.payouts),
                refunds=operator.money(one.refunds),
                currency=operator.currency_code,
            )
            for one in found.items
        ]
        until = clock.to_text(found.complete_until)
        return Response(RoundFeed(results=results, after=found.after, more=found.more, complete_until=until))


class InDoubtFeedView(CallerView):
    """The calls at the operator's wallet that are not definite now. On the transfer wallet there are none."""

    @extend_schema(
        operation_id="feed_in_doubt",
        parameters=query_parameters(InDoubtQuery),
        responses={200: InDoubtFeed, 422: Problem},
    )
    def get(self, request: Request) -> Response:
        query, operator = read_query(request, InDoubtQuery), self.operator
        found, more = feeds.in_doubt(operator, after=query.after, limit=_limit(query.limit))
        last = found[-1].transaction_id if found else query.after
        return Response(InDoubtFeed(results=[show_open(operator, call) for call in found], after=last, more=more))


class SupportLinkView(CallerView):
    """An address of a page about one round for the operator's support staff, good for an hour."""

    @extend_schema(
        operation_id="make_support_link",
        request=SupportAsk,
        responses={201: SupportLink, 404: Problem, 422: Problem},
    )
    def post(self, request: Request, round_id: int) -> Response:
        ask = read(request, SupportAsk)
        url, expires_at = support.make_link(
            operator=self.operator,
            round_id=round_id,
            player_token=ask.player_token,
            bet_id=ask.bet_id,
            now=clock.now(),
        )
        return Response(SupportLink(url=url, expires_at=clock.to_text(expires_at)), status=CREATED)


class DayView(CallerView):
    """What the files of a finished day (UTC) are: rows, totals, lengths and SHA-256."""

    @extend_schema(operation_id="read_day", responses={200: DayOutput, 409: Problem, 422: Problem})
    def get(self, request: Request, day: str) -> Response:
        operator = self.operator
        return Response(show_day(operator, services.daily_file(operator=operator, day=_day(day))))


class _DayFileView(CallerView):
    """The whole day as a file, sent a piece at a time."""

    form: ClassVar[str]
    content_type: ClassVar[str]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        # The address has said what comes. JSON is left for problems.
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type

    def send(self, day: str) -> StreamingHttpResponse:
        operator = self.operator
        known = services.daily_file(operator=operator, day=_day(day))
        name = f"{operator.slug}-{known.day.isoformat()}.{self.form}"
        sha256 = bytes(getattr(known, f"{self.form}_sha256"))
        return StreamingHttpResponse(
            _sent(services.pieces_of(known, operator, self.form)),
            content_type=self.content_type,
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Content-Length": str(getattr(known, f"{self.form}_bytes")),
                "Repr-Digest": f"sha-256=:{base64.b64encode(sha256).decode()}:",
                "X-Row-Count": str(known.rows),
            },
        )


class DayCsvView(_DayFileView):
    """Every transaction of a finished day (UTC), as CSV."""

    form, content_type = "csv", "text/csv; charset=utf-8"

    @extend_schema(operation_id="read_day_csv", responses={(200, "text/csv"): str, 409: Problem, 422: Problem})
    def get(self, request: Request, day: str) -> StreamingHttpResponse:
        return self.send(day)


class DayJsonView(_DayFileView):
    """Every transaction of a finished day (UTC), as one JSON object with their number and totals."""

    form, content_type = "json", "application/json"

    @extend_schema(operation_id="read_day_json", responses={200: dict, 409: Problem, 422: Problem})
    def get(self, request: Request, day: str) -> StreamingHttpResponse:
        return self.send(day)


class RunsView(CallerView):
    """Comparing the operator's transactions with ours."""

    @extend_schema(operation_id="reconcile", request=RunAsk, responses={201: RunOutput, 413: Problem, 422: Problem})
    def post(self, request: Request) -> Response:
        ask, operator = read(request, RunAsk), self.operator
        rows = None if ask.rows is None else list(rows_of(ask.rows))
        run = services.begin(
            operator=operator,
            actor=self.caller.actor,
            file_name=_name(ask.file_name),
            since=clock.from_text(ask.since) if ask.since is not None else None,
            until=clock.from_text(ask.until) if ask.until is not None else None,
        )
        if rows is not None:
            services.put_part(run=run, number=1, rows=rows)
            run = services.compare_parts(operator=operator, run=run)
        else:
            run.refresh_from_db()
        return Response(show_run(operator, run), status=CREATED)

    @extend_schema(
        operation_id="list_reconciliations", parameters=query_parameters(PageQuery), responses={200: Page, 422: Problem}
    )
    def get(self, request: Request) -> Response:
        query, operator = read_query(request, PageQuery), self.operator
        runs = selectors.runs_of(operator)
        return Response(paginate(request, query, runs, lambda run: show_run(operator, run)))


class RunView(CallerView):
    """One comparison."""

    @extend_schema(operation_id="read_reconciliation", responses={200: RunOutput, 404: Problem})
    def get(self, request: Request, run_id: UUID) -> Response:
        return Response(show_run(self.operator, selectors.get_run(self.operator, run_id)))


class CsvParser(BaseParser):
    """A CSV text in UTF-8 of at most BODY_MAX_BYTES."""

    media_type = "text/csv"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read(settings.BODY_MAX_BYTES + 1)
        if len(body) > settings.BODY_MAX_BYTES:
            raise PayloadTooLarge(bytes_max=settings.BODY_MAX_BYTES)
        try:
            return body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise MalformedRequest("The body must be CSV in UTF-8.") from error


class PartView(CallerView):
    """A part of the operator's rows, as JSON or as CSV with a heading. The same part again takes its place."""

    parser_classes = (StrictJSONParser, CsvParser)

    @extend_schema(
        operation_id="put_reconciliation_part",
        request={"application/json": PartAsk, "text/csv": str},
        responses={200: PartOutput, 404: Problem, 409: Problem, 413: Problem, 422: Problem},
    )
    def put(self, request: Request, run_id: UUID, part: int) -> Response:
        run = selectors.get_run(self.operator, run_id)
        if not 1 <= part <= PARTS_MAX:
            raise ParameterInvalid(f"A part has a number from 1 to {PARTS_MAX}.")
        body: Any = request.data
        is_csv = isinstance(body, str)
        rows = read_csv_text(body) if is_csv else list(rows_of(read(request, PartAsk).rows))
        services.put_part(run=run, number=part, rows=rows)
        return Response(PartOutput(part=part, rows=len(rows)))


class CompareView(CallerView):
    """Compare what a run has collected."""

    @extend_schema(
        operation_id="compare_reconciliation",
        request=None,
        responses={200: RunOutput, 404: Problem, 409: Problem},
    )
    def post(self, request: Request, run_id: UUID) -> Response:
        operator = self.operator
        run = services.compare_parts(operator=operator, run=selectors.get_run(operator, run_id))
        return Response(show_run(operator, run))


class DifferencesView(CallerView):
    """What a comparison found, newest first."""

    @extend_schema(
        operation_id="list_differences",
        parameters=query_parameters(DifferenceQuery),
        responses={200: Page, 404: Problem, 422: Problem},
    )
    def get(self, request: Request, run_id: UUID) -> Response:
        query, operator = read_query(request, DifferenceQuery), self.operator
        found = selectors.differences_of(selectors.get_run(operator, run_id))
        if query.result is not None:
            if query.result not in Result.values:
                raise ParameterInvalid(f"result must be one of {', '.join(Result.values)}.")
            found = found.filter(result=query.result)
        return Response(paginate(request, query, found, lambda one: show_difference(operator, one)))


def _limit(asked: int) -> int:
    if not 1 <= asked <= LIMIT_MAX:
        raise ParameterInvalid(f"limit must be 1 to {LIMIT_MAX}.")
    return asked


def _name(text: str) -> str:
    if len(text) > 200 or "\x00" in text:
        raise ParameterInvalid("file_name is at most 200 characters.")
    return text


def _day(text: str) -> date:
    """:raises ParameterInvalid: it is no date, or one beyond the years that a request may name."""
    with suppress(ValueError):
        day = date.fromisoformat(text)
        if clock.YEAR_MIN <= day.year <= clock.YEAR_MAX and text == day.isoformat():
            return day
    raise ParameterInvalid("The day must be a date such as 2026-11-21.")


async def _sent(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Piece by piece, holding neither memory nor a connection between two of them."""
    while (piece := await sync_to_async(_next)(pieces)) is not None:
        yield piece


def _next(pieces: Iterator[bytes]) -> bytes | None:
    try:
        return next(pieces, None)
    finally:
        connection.close()  # the answer goes on after the request's own end
