"""Turnover by day and game, at once."""

from datetime import datetime
from typing import Any

import msgspec
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from keno_platform.core.clock import from_text, to_text
from keno_platform.http.openapi import Problem, query_parameters
from keno_platform.http.parsing import Ask, read_query
from operators.authentication import CallerView
from operators.models import Operator
from reports import selectors
from reports.selectors import Figures, TurnoverRow
from reports.spreadsheets import write_csv

HEADING = ("day", "game", "currency", "bets", "stakes", "payouts", "refunds", "ggr", "rtp")


class PeriodQuery(Ask, frozen=True, kw_only=True):
    """`from` (inclusive) and `to` (exclusive), RFC 3339 times."""

    since: str = msgspec.field(name="from")
    until: str = msgspec.field(name="to")

    def bounds(self) -> tuple[datetime, datetime]:
        """:raises MalformedRequest: not times with a zone."""
        return from_text(self.since), from_text(self.until)


class FiguresOutput(msgspec.Struct, frozen=True, kw_only=True):
    """Decimal strings of the currency. `ggr` is stakes less payouts, `rtp` payouts over stakes."""

    bets: int
    stakes: str
    payouts: str
    refunds: str
    ggr: str
    rtp: str | None


class TurnoverRowOutput(FiguresOutput, frozen=True, kw_only=True):
    """One game on one day (UTC)."""

    day: str
    game: str


class TurnoverOutput(msgspec.Struct, frozen=True, kw_only=True):
    """Turnover of a period. Void and cancelled bets are in `refunds` only."""

    since: str = msgspec.field(name="from")
    until: str = msgspec.field(name="to")
    currency: str
    rows: list[TurnoverRowOutput]
    total: FiguresOutput


class TurnoverJsonView(CallerView):
    """Turnover by day and game, as JSON."""

    @extend_schema(
        operation_id="report_turnover_json",
        parameters=query_parameters(PeriodQuery),
        responses={200: TurnoverOutput, 422: Problem},
    )
    def get(self, request: Request) -> Response:
        since, until = read_query(request, PeriodQuery).bounds()
        rows = selectors.turnover(operator=self.operator, since=since, until=until)
        return Response(
            TurnoverOutput(
                since=to_text(since),
                until=to_text(until),
                currency=self.operator.currency_code,
                rows=[_show_row(self.operator, row) for row in rows],
                total=FiguresOutput(**_members(self.operator, selectors.total(rows))),
            )
        )


class TurnoverCsvView(CallerView):
    """Turnover by day and game, as CSV. The headings are the same in every language: programs read them."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        # The address has said what comes. JSON is left for problems.
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type

    @extend_schema(
        operation_id="report_turnover_csv",
        parameters=query_parameters(PeriodQuery),
        responses={(200, "text/csv"): str, 422: Problem},
    )
    def get(self, request: Request) -> HttpResponse:
        since, until = read_query(request, PeriodQuery).bounds()
        rows = selectors.turnover(operator=self.operator, since=since, until=until)
        text = write_csv(HEADING, [_cells(self.operator, row) for row in rows])
        response = HttpResponse(text, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="turnover-{since:%Y%m%d}-{until:%Y%m%d}.csv"'
        return response


def _cells(operator: Operator, row: TurnoverRow) -> list[str]:
    shown = msgspec.structs.asdict(_show_row(operator, row)) | {"currency": operator.currency_code}
    return ["" if shown[name] is None else str(shown[name]) for name in HEADING]


def _show_row(operator: Operator, row: TurnoverRow) -> TurnoverRowOutput:
    return TurnoverRowOutput(day=row.day.isoformat(), game=row.game, **_members(operator, row))


def _members(operator: Operator, figures: Figures) -> dict[str, Any]:
    return {
        "bets": figures.bets,
        "stakes": operator.money(figures.stakes),
        "payouts": operator.money(figures.payouts),
        "refunds": operator.money(figures.refunds),
        "ggr": operator.money(figures.ggr),
        "rtp": figures.rtp,
    }
