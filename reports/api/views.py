"""Asking for reports, following them, and reading their files; the regulator's feed."""

import io
from dataclasses import asdict
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from keno_platform.core import clock
from keno_platform.http.openapi import ListOf, Problem, query_parameters
from keno_platform.http.pagination import Page, PageQuery, paginate
from keno_platform.http.parsing import Ask as Body
from keno_platform.http.parsing import ParameterInvalid, read, read_query
from operators.authentication import Caller, CallerView
from reports import feed
from reports.api.shapes import (
    FeedEntry,
    FeedOutput,
    Narrowed,
    ReportOutput,
    ReportRunAsk,
    ReportRunOutput,
    ScheduleAsk,
    ScheduleOutput,
    show_report,
    show_run,
    show_schedule,
)
from reports.catalogue import REPORTS, get_report
from reports.listing import get_run, get_schedule, runs_of, schedules_of
from reports.models import Every
from reports.query import ReportPeriodInvalid
from reports.runs import Ask, ask_for, open_file
from reports.runs.direct import DAYS_MAX, answer
from reports.runs.schedules import end_schedule, last_period, make_schedule
from reports.sending import send_file
from reports.writing.making import CONTENT_TYPES
from reports.writing.page import texts_in

ACCEPTED, CREATED, NO_CONTENT = 202, 201, 204


class ReportView(CallerView):
    """An operator sees and asks for its own; the provider, with a key of its own, for all and about any."""

    @property
    def provider_only(self) -> bool:  # type: ignore[override]  # both may call: each sees its own
        caller = self.request.auth
        return isinstance(caller, Caller) and caller.operator is None

    def about(self, named: str) -> str:
        """
        Whom a report is about: an operator's is about itself.

        :raises ParameterInvalid: an operator has named another one.
        """
        own = self.caller.operator
        if own is None:
            return named
        if named not in ("", own.slug):
            raise ParameterInvalid("operator is for the provider alone.")
        return str(own.slug)


class LanguageQuery(Body, frozen=True, kw_only=True):
    """In which language titles come."""

    language: str = "en"


class ReportsView(ReportView):
    """Every report there is, with its columns and parameters."""

    @extend_schema(
        operation_id="list_reports",
        parameters=query_parameters(LanguageQuery),
        responses={200: ListOf(ReportOutput), 422: Problem},
    )
    def get(self, request: Request) -> Response:
        language = read_query(request, LanguageQuery).language
        if language not in dict(settings.LANGUAGES):
            raise ParameterInvalid("language must be one of the languages of the platform.")
        texts = texts_in(language)
        return Response([show_report(one, texts) for one in REPORTS.values()])


class RunsView(ReportView):
    """Reports that are made in the background."""

    @extend_schema(
        operation_id="ask_for_report",
        request=ReportRunAsk,
        responses={202: ReportRunOutput, 404: Problem, 422: Problem, 429: Problem},
    )
    def post(self, request: Request) -> Response:
        asked = read(request, ReportRunAsk)
        run = ask_for(ask=asked.ask(operator=self.about(asked.operator)), actor=self.caller.actor)
        run.refresh_from_db()
        return Response(show_run(run), status=ACCEPTED)

    @extend_schema(
        operation_id="list_report_runs", parameters=query_parameters(PageQuery), responses={200: Page, 422: Problem}
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, PageQuery)
        return Response(paginate(request, query, runs_of(self.caller.operator), show_run))


class RunView(ReportView):
    """One report that was asked for: how far it is, and what its file is."""

    @extend_schema(operation_id="read_report_run", responses={200: ReportRunOutput, 404: Problem})
    def get(self, request: Request, run_id: UUID) -> Response:
        return Response(show_run(get_run(self.caller.operator, run_id)))


class _FileView(ReportView):
    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        # The address has said what comes. JSON is left for problems.
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type


class RunFileView(_FileView):
    """The file of a report that is done."""

    @extend_schema(
        operation_id="read_report_file",
        responses={(200, "application/octet-stream"): bytes, 404: Problem, 409: Problem, 410: Problem},
    )
    def get(self, request: Request, run_id: UUID) -> StreamingHttpResponse:
        run = get_run(self.caller.operator, run_id)
        path = open_file(run=run, actor=self.caller.actor)
        return send_file(run, path)


class _DirectView(_FileView):
    """A short report as the answer itself: a month at most, and ten thousand rows."""

    form: ClassVar[str]

    def answer(self, request: Request, name: str) -> HttpResponse:
        asked, report = read_query(request, Narrowed), get_report(name.replace("-", "_"))
        query = asked.query(report, operator=self.about(asked.operator))
        if (query.until - query.since).days > DAYS_MAX:
            raise ReportPeriodInvalid(f"Longer than {DAYS_MAX} days it is made in the background: POST {RUNS}.")
        ask = Ask(report=report.code, query=query, form=self.form, language=asked.language)
        body = io.BytesIO()
        answer(ask=ask, file=body, actor=self.caller.actor, operator=self.caller.operator)
        named = f"{report.code}-{query.operator or 'all'}-{query.since:%Y-%m-%d}.{self.form}"
        return HttpResponse(
            body.getvalue(),
            content_type=CONTENT_TYPES[self.form],
            headers={"Content-Disposition": f'attachment; filename="{named}"', "Cache-Control": "no-store"},
        )


RUNS = "/api/v1/reports/runs"


class CsvView(_DirectView):
    """A short report as CSV."""

    form = "csv"

    @extend_schema(
        operation_id="read_report_csv",
        parameters=query_parameters(Narrowed),
        responses={(200, "text/csv"): str, 404: Problem, 413: Problem, 422: Problem},
    )
    def get(self, request: Request, name: str) -> HttpResponse:
        return self.answer(request, name)


class JsonView(_DirectView):
    """A short report as JSON."""

    form = "json"

    @extend_schema(
        operation_id="read_report_json",
        parameters=query_parameters(Narrowed),
        responses={200: dict, 404: Problem, 413: Problem, 422: Problem},
    )
    def get(self, request: Request, name: str) -> HttpResponse:
        return self.answer(request, name)


class PdfView(_DirectView):
    """A short report as PDF, in one of the nine languages."""

    form = "pdf"

    @extend_schema(
        operation_id="read_report_pdf",
        parameters=query_parameters(Narrowed),
        responses={(200, "application/pdf"): bytes, 404: Problem, 413: Problem, 422: Problem},
    )
    def get(self, request: Request, name: str) -> HttpResponse:
        return self.answer(request, name)


class SchedulesView(ReportView):
    """Reports that are made by themselves."""

    @extend_schema(
        operation_id="schedule_report",
        request=ScheduleAsk,
        responses={201: ScheduleOutput, 404: Problem, 422: Problem},
    )
    def post(self, request: Request) -> Response:
        asked = read(request, ScheduleAsk)
        if asked.every not in Every.values:
            raise ParameterInvalid(f"every must be one of {', '.join(Every.values)}.")
        since, until = last_period(asked.every, clock.now())
        members = {name: value for name, value in msgspec.to_builtins(asked).items() if name != "every"}
        own = ReportRunAsk(**members, since=clock.to_text(since), until=clock.to_text(until))
        made = make_schedule(
            ask=own.ask(operator=self.about(asked.operator)), every=asked.every, actor=self.caller.actor
        )
        made.refresh_from_db()
        return Response(show_schedule(made), status=CREATED)

    @extend_schema(
        operation_id="list_report_schedules",
        parameters=query_parameters(PageQuery),
        responses={200: Page, 422: Problem},
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, PageQuery)
        return Response(paginate(request, query, schedules_of(self.caller.operator), show_schedule))


class ScheduleView(ReportView):
    """One report that is made by itself."""

    @extend_schema(operation_id="end_report_schedule", responses={204: None, 404: Problem})
    def delete(self, request: Request, schedule_id: UUID) -> Response:
        schedule = get_schedule(self.caller.operator, schedule_id)
        end_schedule(schedule=schedule, actor=self.caller.actor)
        return Response(status=NO_CONTENT)


class FeedQuery(Body, frozen=True, kw_only=True):
    """Entries behind this number, and how many."""

    after: int = 0
    limit: int = 100


class FeedView(CallerView):
    """
    The whole sealed record in one order, for a regulator: every entry of every log has a number that never changes, and
    who has all numbers up to one has missed nothing.
    """

    provider_only = True

    @extend_schema(
        operation_id="regulator_feed",
        parameters=query_parameters(FeedQuery),
        responses={200: FeedOutput, 403: Problem, 422: Problem},
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, FeedQuery)
        if not 1 <= query.limit <= feed.LIMIT_MAX or not 0 <= query.after < 1 << 53:
            raise ParameterInvalid(f"limit must be 1 to {feed.LIMIT_MAX}, and after a number from 0.")
        found = feed.read(after=query.after, limit=query.limit)
        shown = [feed_entry(one) for one in found]
        after = found[-1].sequence if found else query.after
        return Response(FeedOutput(results=shown, after=after, last=feed.last_number()))


def feed_entry(one: feed.Numbered) -> FeedEntry:
    """An entry as the feed tells it."""
    entry: dict[str, Any] = asdict(one.placed.entry)
    return FeedEntry(sequence=one.sequence, log=str(one.log), index=one.placed.index, entry=entry)
