"""What a page offers to download or print: receipts, statements and reports, as `banker.reports` writes them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from banker import selectors
from banker.reports.accounts import account_report
from banker.reports.phases import phase_report, risk_report, statements_report
from banker.reports.printer import escpos
from banker.reports.receipts import Paper, receipt_dots, receipt_pdf
from banker.reports.shapes import Report
from banker.reports.taking import Form, take
from banker.reports.words import Words
from banker.services.slips import Placed, placed_slip
from banker.web.booth import Booth, for_admins, for_collectors, for_members
from keno_platform.core.errors import MalformedRequest, NotFound

PRINTER = "application/octet-stream"
OF_PHASE = {"report": phase_report, "statements": statements_report, "risk": risk_report}


@require_safe
@for_members
def receipt(booth: Booth, slip_id: UUID) -> HttpResponse:
    """A slip's receipt to print or to send, on a roll of 58 mm."""
    content = receipt_pdf(_placed(booth, slip_id), _words(booth), paper=Paper.ROLL)
    return _file(booth, content, name=f"receipt-{slip_id}.pdf", media_type=Form.PDF.media_type)


@require_safe
@for_members
def receipt_dots_(booth: Booth, slip_id: UUID) -> HttpResponse:
    """The same as the bytes that a thermal printer takes."""
    content = escpos(receipt_dots(_placed(booth, slip_id), _words(booth)))
    return _file(booth, content, name=f"receipt-{slip_id}.escpos", media_type=PRINTER)


@require_safe
@for_admins
def of_phase(booth: Booth, phase_id: UUID, name: str, form: Form) -> HttpResponse:
    """One of a phase's reports as PDF or CSV."""
    build: Any = OF_PHASE.get(name)
    if build is None:
        raise NotFound()
    return _taken(booth, build(selectors.get_phase(phase_id)), form)


@require_safe
@for_collectors
def account(booth: Booth) -> HttpResponse:
    """A collector's account from one day to another, both within, by its own clock."""
    since, until = _day(booth, "from"), _day(booth, "to") + timedelta(days=1)
    return _taken(booth, account_report(booth.member, since=since, until=until), Form.PDF)


def _day(booth: Booth, name: str) -> datetime:
    """The beginning of a day. :raises MalformedRequest: none."""
    try:
        return datetime.strptime(booth.request.GET.get(name, ""), "%Y-%m-%d").replace(tzinfo=booth.visit.zone)
    except ValueError as error:
        raise MalformedRequest(f"{name} must be a day.") from error


def _taken(booth: Booth, report: Report, form: Form) -> HttpResponse:
    file = take(report, form, words=_words(booth), actor=booth.actor)
    return _file(booth, file.content, name=file.name, media_type=file.media_type)


def _file(booth: Booth, content: bytes | str, *, name: str, media_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return booth.dressed(response)


def _placed(booth: Booth, slip_id: UUID) -> Placed:
    return placed_slip(booth.operator, selectors.get_slip(slip_id, member=booth.collector))


def _words(booth: Booth) -> Words:
    return Words(operator=booth.operator, language=booth.visit.language)
