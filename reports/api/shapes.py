"""What the API on reports takes and gives."""

from typing import Any

import msgspec

from keno_platform.core import clock
from keno_platform.http.parsing import Ask as Body
from reports.catalogue import get_report
from reports.columns import Report
from reports.models import ReportRun, ReportSchedule
from reports.query import Query, bounds_of
from reports.runs import Ask

PATH = "/api/v1/reports/runs"


class Narrowed(Body, frozen=True, kw_only=True):
    """
    A period, and what narrows the report down. `period` is a month (2026-11) or a day (2026-11-21) in UTC; or `from`
    (inclusive) and `to` (exclusive) are RFC 3339 times. `operator` is for the provider alone.
    """

    period: str = ""
    since: str = msgspec.field(name="from", default="")
    until: str = msgspec.field(name="to", default="")
    operator: str = ""
    game: str = ""
    by: str = ""
    player: str = ""
    at_least: str = ""
    language: str = "en"

    def query(self, report: Report, *, operator: str) -> Query:
        """:raises ReportPeriodInvalid: it names no period. :raises MalformedRequest: what it names is none."""
        now = clock.now() if report.now else None
        since, until = bounds_of(period=self.period, since=self.since, until=self.until, now=now)
        given = {"game": self.game, "by": self.by, "player": self.player, "at_least": self.at_least}
        return Query(
            since=since, until=until, operator=operator, **{name: text for name, text in given.items() if text}
        )


class ReportRunAsk(Narrowed, frozen=True, kw_only=True):
    """A report that is to be made in the background."""

    report: str
    format: str = "csv"

    def ask(self, *, operator: str) -> Ask:
        """:raises ReportUnknown: there is no such report."""
        query = self.query(get_report(self.report), operator=operator)
        return Ask(report=self.report, query=query, form=self.format, language=self.language)


class ScheduleAsk(Body, frozen=True, kw_only=True):
    """A report that is to be made over every `day` or `month` (UTC) that has ended."""

    report: str
    every: str
    format: str = "csv"
    operator: str = ""
    game: str = ""
    by: str = ""
    player: str = ""
    at_least: str = ""
    language: str = "en"


class ColumnOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A column: its name in CSV and JSON, what it holds, and whether it is summed up."""

    name: str
    type: str
    summed: bool


class ReportOutput(msgspec.Struct, frozen=True, kw_only=True):
    """One report that there is."""

    report: str
    title: str
    about: str
    columns: list[ColumnOutput]
    parameters: list[str]
    needs: list[str]
    has_period: bool


class ReportRunOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A report that was asked for. `file` is its address once it is done."""

    id: str
    report: str
    format: str
    language: str
    query: dict[str, Any]
    status: str
    rows: int
    totals: list[dict[str, Any]] | None
    error: str | None
    file: str | None
    bytes: int | None
    sha256: str | None
    rows_sha256: str | None
    schedule: str | None
    created_at: str
    finished_at: str | None
    expires_at: str | None


class ScheduleOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A report that is made by itself."""

    id: str
    report: str
    every: str
    format: str
    language: str
    query: dict[str, Any]
    created_at: str


class FeedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed entry of the record with its number in the feed, its log and its place in that."""

    sequence: int
    log: str
    index: int
    entry: dict[str, Any]


class FeedOutput(msgspec.Struct, frozen=True, kw_only=True):
    """Entries in the order of their numbers. `after` is what to ask with next; `last` the newest number there is."""

    results: list[FeedEntry]
    after: int
    last: int


def show_report(report: Report, texts: dict[str, str]) -> ReportOutput:
    """A report with its title in the texts' language."""
    return ReportOutput(
        report=report.code,
        title=texts[report.title_key],
        about=texts[report.about_key],
        columns=[ColumnOutput(name=one.name, type=one.type.value, summed=one.summed) for one in report.all_columns],
        parameters=sorted(report.accepts),
        needs=sorted(report.needs),
        has_period=not report.now,
    )


def show_run(run: ReportRun) -> ReportRunOutput:
    """A run as the API tells it."""
    is_done = run.state == "done"
    return ReportRunOutput(
        id=str(run.pk),
        report=run.report,
        format=run.form,
        language=run.language,
        query=run.query,
        status=run.state,
        rows=run.rows,
        totals=run.totals,
        error=run.error or None,
        file=f"{PATH}/{run.pk}/file" if is_done else None,
        bytes=run.file_bytes,
        sha256=_hex(run.file_sha256),
        rows_sha256=_hex(run.rows_sha256),
        schedule=str(run.schedule_id) if run.schedule_id else None,
        created_at=clock.to_text(run.created_at),
        finished_at=clock.to_text(run.finished_at) if run.finished_at else None,
        expires_at=clock.to_text(run.expires_at) if run.expires_at else None,
    )


def show_schedule(schedule: ReportSchedule) -> ScheduleOutput:
    """A schedule as the API tells it."""
    return ScheduleOutput(
        id=str(schedule.pk),
        report=schedule.report,
        every=schedule.every,
        format=schedule.form,
        language=schedule.language,
        query=schedule.query,
        created_at=clock.to_text(schedule.created_at),
    )


def _hex(value: bytes | memoryview | None) -> str | None:
    return bytes(value).hex() if value is not None else None
