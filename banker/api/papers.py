"""Reports in three forms, and receipts. The address says the form; PDF comes in the language of the call."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from banker import selectors
from banker.authentication import BankerView
from banker.models import Role
from banker.reports.accounts import account_report
from banker.reports.phases import phase_report, risk_report, statements_report
from banker.reports.printer import escpos
from banker.reports.receipts import Paper, receipt_dots, receipt_pdf
from banker.reports.shapes import Report
from banker.reports.taking import Form, take
from banker.reports.words import Words, asked_language
from banker.services.slips import Placed, placed_slip
from keno_platform.core.clock import from_text
from keno_platform.http.openapi import Problem, query_parameters
from keno_platform.http.parsing import Ask, ParameterInvalid, read_query
from operators.authentication import CallerNotAllowed

ANSWERS: dict[Form, Any] = {
    Form.CSV: {(200, "text/csv"): str},
    Form.JSON: {200: OpenApiTypes.OBJECT},
    Form.PDF: {(200, "application/pdf"): OpenApiTypes.BINARY},
}


class NoQuery(Ask, frozen=True, kw_only=True):
    """Nothing."""


class PeriodQuery(Ask, frozen=True, kw_only=True):
    """`from` (inclusive) and `to` (exclusive), RFC 3339 times."""

    since: str = msgspec.field(name="from")
    until: str = msgspec.field(name="to")


class ReceiptQuery(Ask, frozen=True, kw_only=True):
    """`paper` is 58mm, a roll, or a4."""

    paper: str = Paper.ROLL.value


class FileView(BankerView):
    """The base of calls that answer with a file, whatever the caller accepts."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type

    @property
    def words(self) -> Words:
        """In the language of the call."""
        return Words(operator=self.operator, language=asked_language())

    def file(self, content: bytes | str, *, name: str, media_type: str) -> HttpResponse:
        """A file of this name. Nobody on the way may keep it."""
        response = HttpResponse(content, content_type=media_type)
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "private, no-store"
        return response

    def taken(self, report: Report, form: Form) -> HttpResponse:
        """A report in a form."""
        file = take(report, form, words=self.words, actor=self.actor)
        return self.file(file.content, name=file.name, media_type=file.media_type)


Build = Callable[[FileView, Any, UUID | None], Report]


def forms_of(
    operation: str,
    build: Build,
    *,
    text: str,
    query: type[Ask] = NoQuery,
    backend: bool = True,
    collectors: bool = False,
) -> dict[str, type[FileView]]:
    """A view for each form of a report, by its ending."""
    roles = (Role.ADMIN, Role.COLLECTOR) if collectors else (Role.ADMIN,)

    def view_of(form: Form) -> type[FileView]:
        class ReportView(FileView):
            backend_allowed = backend

            @extend_schema(
                operation_id=f"{operation}_{form.value}",
                parameters=query_parameters(query) if query is not NoQuery else [],
                responses={**ANSWERS[form], 403: Problem, 404: Problem, 409: Problem, 422: Problem},
            )
            def get(self, request: Request, **names: UUID) -> HttpResponse:
                asked = read_query(request, query)
                return self.taken(build(self, asked, next(iter(names.values()), None)), form)

        ReportView.__doc__ = f"{text}, as {form.name}."
        ReportView.roles = roles
        return ReportView

    return {form.value: view_of(form) for form in Form}


def _phase(view: FileView, _: NoQuery, phase_id: Any) -> Report:
    return phase_report(selectors.get_phase(phase_id))


def _statements(view: FileView, _: NoQuery, phase_id: Any) -> Report:
    return statements_report(selectors.get_phase(phase_id), member=view.collector)


def _risk(view: FileView, _: NoQuery, phase_id: Any) -> Report:
    return risk_report(selectors.get_phase(phase_id))


def _account(view: FileView, query: PeriodQuery, member_id: Any) -> Report:
    member = selectors.get_member(member_id) if member_id else view.member
    if member is None:
        raise CallerNotAllowed()
    return account_report(member, since=from_text(query.since), until=from_text(query.until))


PHASE = forms_of("phase_report", _phase, text="What a settled phase took and paid, with its prizes and collectors")
STATEMENTS = forms_of(
    "statements", _statements, text="The statements of a phase; a collector gets its own", collectors=True
)
RISK = forms_of("risk", _risk, text="Every number with its stakes, possible payout, limit and room")
ACCOUNT = forms_of("account", _account, text="A member's movements with their balances", query=PeriodQuery)
OWN_ACCOUNT = forms_of(
    "own_account", _account, text="One's own movements", query=PeriodQuery, backend=False, collectors=True
)


class ReceiptPdfView(FileView):
    """The receipt of a slip, on a roll of 58 mm or on A4."""

    roles = (Role.ADMIN, Role.COLLECTOR)

    @extend_schema(
        operation_id="receipt_pdf",
        parameters=query_parameters(ReceiptQuery),
        responses={(200, "application/pdf"): OpenApiTypes.BINARY, 404: Problem, 422: Problem},
    )
    def get(self, request: Request, slip_id: UUID) -> HttpResponse:
        paper, placed = _paper(read_query(request, ReceiptQuery)), _placed(self, slip_id)
        content = receipt_pdf(placed, self.words, paper=paper)
        return self.file(content, name=f"receipt-{slip_id}.pdf", media_type=Form.PDF.media_type)


class ReceiptEscposView(FileView):
    """The receipt of a slip as a thermal printer of 58 mm takes it: ESC/POS, a picture that needs no letters there."""

    roles = (Role.ADMIN, Role.COLLECTOR)

    @extend_schema(
        operation_id="receipt_escpos",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, 404: Problem},
    )
    def get(self, request: Request, slip_id: UUID) -> HttpResponse:
        content = escpos(receipt_dots(_placed(self, slip_id), self.words))
        return self.file(content, name=f"receipt-{slip_id}.escpos", media_type="application/octet-stream")


def _placed(view: FileView, slip_id: UUID) -> Placed:
    return placed_slip(view.operator, selectors.get_slip(slip_id, member=view.collector))


def _paper(query: ReceiptQuery) -> Paper:
    try:
        return Paper(query.paper)
    except ValueError as error:
        raise ParameterInvalid(f"paper is one of {', '.join(one.value for one in Paper)}.") from error
