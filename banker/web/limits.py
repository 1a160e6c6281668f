"""Limits of numbers: the phase's, those that differ, and numbers that are barred. A change counts at once."""

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_POST, require_safe

from banker import selectors, services
from banker.models import Phase, PhaseStatus
from banker.web import refusals
from banker.web.booth import Booth, for_admins, lead
from banker.web.phases import head
from banker.web.typed import amount, field, numbers
from keno_platform.core.errors import Refusal
from keno_platform.http.problems import STATUS


@require_safe
@for_admins
def overview(booth: Booth, phase_id: UUID) -> HttpResponse:
    """The phase's limit, and every number with one of its own."""
    return _page(booth, selectors.get_phase(phase_id))


def _page(booth: Booth, phase: Phase, *, status: int = 200, reasons: list[str] | None = None) -> HttpResponse:
    words = booth.words
    own = [
        {"number": one.number, "limit": words.money(one.max_amount), "barred": not one.max_amount}
        for one in selectors.limits(phase)
    ]
    facts = {
        "own": own,
        "reasons": reasons or [],
        "typed": booth.request.POST,
        "asked": booth.request.GET.get("number", "")[:3],
        "may_change": phase.status in (PhaseStatus.DRAFT, PhaseStatus.OPEN),
        "done": "done" in booth.request.GET,
    }
    return booth.show("limits", status=status, **head(booth, phase, "limits"), **facts)


@require_POST
@for_admins
def change(booth: Booth, phase_id: UUID) -> HttpResponse:
    """Give numbers a limit, bar them, or let the phase's limit count for them again; or change the phase's."""
    try:
        _change(booth, phase_id, field(booth, "step"))
    except Refusal as refusal:
        phase = selectors.get_phase(phase_id)
        return _page(booth, phase, status=STATUS[refusal.kind], reasons=refusals.explain(booth.words, refusal))
    return booth.dressed(lead(f"/phases/{phase_id}/limits?done=1"))


def _change(booth: Booth, phase_id: UUID, step: str) -> None:
    operator, actor = booth.operator, booth.actor
    if step == "all":
        limit = amount(booth, field(booth, "global_limit"))
        services.set_global_limit(operator=operator, phase_id=phase_id, amount=limit, actor=actor)
        return
    chosen = numbers(field(booth, "numbers"))
    if step == "clear":
        for number in chosen:
            services.clear_number_limit(operator=operator, phase_id=phase_id, number=number, actor=actor)
        return
    limit = 0 if step == "bar" else amount(booth, field(booth, "max_amount"))
    for number in chosen:
        services.set_number_limit(operator=operator, phase_id=phase_id, number=number, max_amount=limit, actor=actor)
