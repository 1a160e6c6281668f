"""The winning number under four eyes: entered by one admin, typed again by another who has not seen it."""

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from banker.services import results
from banker.web.booth import Booth, for_admins
from banker.web.phases import step
from banker.web.typed import field, plain


@require_POST
@for_admins
def enter(booth: Booth, phase_id: UUID) -> HttpResponse:
    """Enter the number of a closed phase."""
    number = plain(field(booth, "number"))
    return step(
        booth,
        phase_id,
        lambda: results.enter_result(operator=booth.operator, phase_id=phase_id, number=number, admin=booth.member),
    )


@require_POST
@for_admins
def decide(booth: Booth, phase_id: UUID) -> HttpResponse:
    """Confirm what another admin has entered by typing it again, or throw it away."""
    operator, admin, number = booth.operator, booth.member, plain(field(booth, "number"))
    if "reject" in booth.request.POST:
        return step(booth, phase_id, lambda: results.reject_result(operator=operator, phase_id=phase_id, admin=admin))
    return step(
        booth,
        phase_id,
        lambda: results.confirm_result(operator=operator, phase_id=phase_id, number=number, admin=admin),
    )


@require_POST
@for_admins
def correct(booth: Booth, phase_id: UUID) -> HttpResponse:
    """Propose another number for a settled phase."""
    number, reason = plain(field(booth, "number")), field(booth, "reason")
    return step(
        booth,
        phase_id,
        lambda: results.propose_correction(
            operator=booth.operator, phase_id=phase_id, number=number, reason=reason, admin=booth.member
        ),
    )
