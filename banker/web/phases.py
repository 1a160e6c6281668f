"""Phases for admins: the list, a new one, and one with the steps that it can take now."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_POST, require_safe

from banker import risk, selectors, services
from banker.models import Phase, PhaseStatus
from banker.services import GLOBAL_LIMIT, MULTIPLIER, PhaseTerms
from banker.services.results import number_now
from banker.web import refusals
from banker.web.account import show_statements
from banker.web.booth import Booth, for_admins, lead
from banker.web.paging import newest
from banker.web.typed import amount, count, field, for_input, moment
from banker.web.words import Words
from keno_platform.core import clock
from keno_platform.core.errors import Refusal
from keno_platform.http.problems import STATUS

FIELDS = ("name", "starts_at", "ends_at", "global_limit", "multiplier", "tod_multiplier", "neighbour_multiplier")
USUAL_LENGTH = timedelta(hours=8)


def overview(booth: Booth) -> HttpResponse:
    """Every phase, the newest first."""
    page = newest(booth, selectors.phases())
    return booth.show("phases", phases=[show_row(booth.words, one) for one in page.rows], older=page.older)


def show_row(words: Words, phase: Phase) -> dict[str, Any]:
    """A phase in a list, and at the head of its own pages."""
    return {
        "id": phase.pk,
        "name": phase.name,
        "status": phase.status,
        "state": words(f"state_{phase.status}"),
        "starts": words.moment(phase.starts_at),
        "ends": words.moment(phase.ends_at),
        "ends_at": clock.to_text(phase.ends_at),
        "number": number_now(phase) if phase.status == PhaseStatus.SETTLED else phase.winning_number,
        "limit": words.money(phase.global_limit),
        "cancellation": phase.cancellation,
        "pays": [
            (words(label), f"× {times}")
            for label, times in (
                ("pays_number", phase.multiplier),
                ("pays_tod", phase.tod_multiplier),
                ("pays_neighbour", phase.neighbour_multiplier),
            )
            if times
        ],
    }


def head(booth: Booth, phase: Phase, tab: str) -> dict[str, Any]:
    """What every page of a phase shows."""
    return {"phase": show_row(booth.words, phase), "tab": tab}


@require_safe
@for_admins
def new(booth: Booth) -> HttpResponse:
    """The form of a new phase, filled in with what is usual."""
    now = clock.now().replace(second=0, microsecond=0)
    usual = {
        "starts_at": for_input(booth, now),
        "ends_at": for_input(booth, now + USUAL_LENGTH),
        "global_limit": str(GLOBAL_LIMIT),
        "multiplier": str(MULTIPLIER),
        "tod_multiplier": "0",
        "neighbour_multiplier": "0",
        "cancellation": True,
    }
    return booth.show("phase_new", form=usual)


@require_POST
@for_admins
def create(booth: Booth) -> HttpResponse:
    """A new phase, in draft."""
    try:
        phase = services.create_phase(operator=booth.operator, terms=_terms(booth), actor=booth.actor)
    except Refusal as refusal:
        typed: dict[str, Any] = {name: field(booth, name) for name in FIELDS}
        typed["cancellation"] = "cancellation" in booth.request.POST
        reasons = refusals.explain(booth.words, refusal)
        return booth.show("phase_new", status=STATUS[refusal.kind], form=typed, reasons=reasons)
    return booth.dressed(lead(f"/phases/{phase.pk}"))


def _terms(booth: Booth) -> PhaseTerms:
    return PhaseTerms(
        name=field(booth, "name"),
        starts_at=moment(booth, "starts_at"),
        ends_at=moment(booth, "ends_at"),
        global_limit=amount(booth, field(booth, "global_limit")),
        multiplier=count(field(booth, "multiplier")),
        tod_multiplier=count(field(booth, "tod_multiplier")),
        neighbour_multiplier=count(field(booth, "neighbour_multiplier")),
        cancellation="cancellation" in booth.request.POST,
    )


@require_safe
@for_admins
def one(booth: Booth, phase_id: UUID) -> HttpResponse:
    """A phase, and the steps that it can take now."""
    return page(booth, selectors.get_phase(phase_id))


def page(booth: Booth, phase: Phase, *, status: int = 200, reasons: list[str] | None = None) -> HttpResponse:
    """The same, with why a step was refused."""
    words, waiting = booth.words, selectors.find_result(phase)
    staked = sum(one.total for one in risk.heat_map(phase))
    facts: dict[str, Any] = {
        "staked": words.money(staked),
        "now_input": for_input(booth, phase.ends_at),
        "waiting": waiting
        and {
            "by": waiting.entered_by.username,
            "text": words("entered_by", name=waiting.entered_by.username, time=words.moment(waiting.entered_at)),
            "own": waiting.entered_by_id == booth.member.pk,
            "correction": waiting.correction,
            "reason": waiting.reason,
        },
        "settling": phase.status == PhaseStatus.CLOSED and phase.winning_number is not None,
        "books": _books(words, phase),
    }
    return booth.show("phase", status=status, reasons=reasons or [], **head(booth, phase, "overview"), **facts)


def _books(words: Words, phase: Phase) -> dict[str, Any] | None:
    """What a settled phase took and paid, its statements and its corrections."""
    found = selectors.find_settlement(phase)
    if found is None:
        return None
    held = list(selectors.statements(phase))
    return {
        "number": number_now(phase),
        "slips": words.number(found.slips),
        "bets": words.number(found.bets),
        "winners": words.number(found.winners),
        "total_in": words.money(found.total_in),
        "total_out": words.money(found.total_out),
        "net": words.money(found.net_profit),
        "commission": words.money(found.commission_total),
        "statements": [
            show | {"member": one.member} for one, show in zip(held, show_statements(words, held), strict=True)
        ],
        "corrections": [
            {
                "line": words(
                    "correction_line",
                    before=one.number_before,
                    after=one.number_after,
                    reversed=words.money(one.reversed_amount),
                    paid=words.money(one.paid_amount),
                ),
                "reason": one.entry.reason,
                "at": words.moment(one.created_at),
            }
            for one in selectors.corrections(phase)
        ],
    }


def step(booth: Booth, phase_id: UUID, take: Callable[[], object]) -> HttpResponse:
    """Take a step of a phase and lead back to it; or show it with why that was refused."""
    try:
        take()
    except Refusal as refusal:
        phase = selectors.get_phase(phase_id)
        return page(booth, phase, status=STATUS[refusal.kind], reasons=refusals.explain(booth.words, refusal))
    return booth.dressed(lead(f"/phases/{phase_id}"))


@require_POST
@for_admins
def open_(booth: Booth, phase_id: UUID) -> HttpResponse:
    """Let slips be taken."""
    return step(
        booth,
        phase_id,
        lambda: services.open_phase(operator=booth.operator, phase_id=phase_id, actor=booth.actor),
    )


@require_POST
@for_admins
def close(booth: Booth, phase_id: UUID) -> HttpResponse:
    """Take no more slips."""
    return step(
        booth,
        phase_id,
        lambda: services.close_phase(operator=booth.operator, phase_id=phase_id, actor=booth.actor),
    )


@require_POST
@for_admins
def set_end(booth: Booth, phase_id: UUID) -> HttpResponse:
    """Take slips until another moment."""
    return step(
        booth,
        phase_id,
        lambda: services.set_end(
            operator=booth.operator, phase_id=phase_id, ends_at=moment(booth, "ends_at"), actor=booth.actor
        ),
    )
