"""Reading phases and their limits, inside an operator's schema."""

from uuid import UUID

from django.db.models import QuerySet

from banker.models import NumberLimit, Phase
from keno_platform.core.errors import Kind, Refusal


class PhaseNotFound(Refusal):
    """No such phase of this operator."""

    code = "phase_not_found"
    kind = Kind.NOT_FOUND
    title = "There is no such phase"


def phases() -> QuerySet[Phase]:
    """Every phase of the operator."""
    return Phase.objects.all()


def get_phase(phase_id: UUID) -> Phase:
    """
    One phase.

    :raises PhaseNotFound: none, or another operator's: both look the same.
    """
    phase = Phase.objects.filter(pk=phase_id).first()
    if phase is None:
        raise PhaseNotFound(phase_id=str(phase_id))
    return phase


def room_limit(phase: Phase, number: str) -> int:
    """The most that may be staked on a number in all, in minor units: its own limit, or else the phase's."""
    own = phase.number_limits.filter(number=number).values_list("max_amount", flat=True).first()
    return phase.global_limit if own is None else own


def limits(phase: Phase) -> QuerySet[NumberLimit]:
    """The numbers of a phase that have a limit of their own, by number."""
    return phase.number_limits.order_by("number")
