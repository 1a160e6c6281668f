"""Slips that were handed in: the list, one with what became of it, its receipt, and taking it back."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_POST, require_safe

from banker import selectors
from banker.models import PhaseStatus, Slip
from banker.services import slips
from banker.services.results import number_now
from banker.web.booth import Booth, for_members, lead
from banker.web.paging import newest
from banker.web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSlip:
    """A slip in a list."""

    id: UUID
    phase: str
    collector: str
    bets: str
    total: str
    at: str
    cancelled: bool
    won: str


def show_rows(words: Words, found: list[Slip]) -> list[ShownSlip]:
    """Slips as lists have them."""
    return [
        ShownSlip(
            id=slip.pk,
            phase=slip.phase.name,
            collector=slip.member.username,
            bets=words.counted("bets_count", slip.bets),
            total=words.money(slip.total_amount),
            at=words.moment(slip.created_at),
            cancelled=bool(slip.is_cancelled),  # type: ignore[attr-defined]  # annotated by the selector
            won=words.money(slip.won) if slip.won else "",  # type: ignore[attr-defined]
        )
        for slip in found
    ]


@require_safe
@for_members
def history(booth: Booth) -> HttpResponse:
    """A collector's own slips; all of them for an admin."""
    rows = selectors.slips()
    page = newest(booth, rows.filter(member=booth.collector) if booth.collector else rows)
    return booth.show("slips", slips=show_rows(booth.words, page.rows), older=page.older)


@require_safe
@for_members
def one(booth: Booth, slip_id: UUID) -> HttpResponse:
    """A slip with its lines, what was cut, and what it won."""
    return booth.show("slip", **_facts(booth, slip_id), taken="taken" in booth.request.GET)


@require_safe
@for_members
def receipt(booth: Booth, slip_id: UUID) -> HttpResponse:
    """The slip for a printer of 58 mm: what was taken, and the code that proves it."""
    return booth.show("receipt", **_facts(booth, slip_id))


@require_POST
@for_members
def take_back(booth: Booth, slip_id: UUID) -> HttpResponse:
    """Cancel a slip before the close."""
    slips.cancel_slip(operator=booth.operator, slip_id=slip_id, actor=booth.actor, member=booth.collector)
    return booth.dressed(lead(f"/slips/{slip_id}"))


def _facts(booth: Booth, slip_id: UUID) -> dict[str, Any]:
    words, slip = booth.words, selectors.get_slip(slip_id, member=booth.collector)
    placed = slips.placed_slip(booth.operator, slip)
    [shown] = show_rows(words, [slip])
    return {
        "slip": shown,
        "lines": slip.text.split("\n"),
        "cuts": [
            words("cut_number", number=cut.number, taken=words.money(cut.taken), asked=words.money(cut.asked))
            for cut in placed.cuts
        ],
        "check_code": placed.check_code,
        "winning_number": number_now(slip.phase) if slip.phase.status == PhaseStatus.SETTLED else None,
        "may_cancel": slip.phase.status == PhaseStatus.OPEN and slip.phase.cancellation and not shown.cancelled,
    }
