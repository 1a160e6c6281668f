"""What may change of a phase while it takes slips: its end, and its limits. It acts at once."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from audit import services as audit
from banker import announce, selectors
from banker.models import THREE_DIGITS, Exposure, NumberLimit, Phase, PhaseStatus
from banker.services.phases import NumberInvalid, PhaseInvalid, PhaseNotInStatus, hold_phase
from keno_platform.core.clock import to_text
from keno_platform.core.money import AMOUNT_MAX
from operators.models import Operator
from operators.tenancy import call_function, tenant_context


def set_end(*, operator: Operator, phase_id: UUID, ends_at: datetime, actor: str) -> Phase:
    """
    Let a phase take slips longer, or shorter: until another moment that is still to come.

    :raises PhaseNotFound: none. :raises PhaseNotInStatus: neither draft nor open, or its end has passed.
    :raises PhaseInvalid: the moment has passed, or comes before the start.
    """
    with tenant_context(operator), transaction.atomic():
        # Slips that have passed the gate are taken first: none is taken at its new end or after it.
        call_function("banker_shut", [phase_id])
        phase = hold_phase(phase_id, PhaseStatus.DRAFT, PhaseStatus.OPEN)
        now = selectors.moment()
        if phase.status == PhaseStatus.OPEN and phase.ends_at <= now:
            raise PhaseNotInStatus(status="over", needed=[PhaseStatus.OPEN.value])
        if ends_at <= max(now, phase.starts_at):
            raise PhaseInvalid("The end must be to come, and after the start.", field="ends_at")
        change = {"before": {"ends_at": to_text(phase.ends_at)}, "after": {"ends_at": to_text(ends_at)}}
        phase.ends_at = ends_at
        phase.save(update_fields=["ends_at"])
        _tell("end_set", operator, phase, actor, **change)
    return phase


def set_global_limit(*, operator: Operator, phase_id: UUID, amount: int, actor: str) -> Phase:
    """
    Put another limit on every number that has none of its own, in minor units. What is staked already stays.

    :raises PhaseNotFound: none. :raises PhaseNotInStatus: betting is over. :raises PhaseInvalid: not above zero.
    """
    if not 0 < amount <= AMOUNT_MAX:
        raise PhaseInvalid("The limit must be above zero.", field="global_limit")
    with tenant_context(operator), transaction.atomic():
        phase = hold_phase(phase_id, PhaseStatus.DRAFT, PhaseStatus.OPEN)
        _hold_numbers(phase)
        change = {
            "before": {"global_limit": operator.money(phase.global_limit)},
            "after": {"global_limit": operator.money(amount)},
        }
        phase.global_limit = amount
        phase.save(update_fields=["global_limit"])
        _tell("global_limit_set", operator, phase, actor, **change)
    return phase


def clear_number_limit(*, operator: Operator, phase_id: UUID, number: str, actor: str) -> Phase:
    """
    Take a number's own limit away: the phase's counts again. Without one nothing changes.

    :raises NumberInvalid: not three digits. :raises PhaseNotFound: none. :raises PhaseNotInStatus: betting is over.
    """
    if len(number) != 3 or not re.fullmatch(THREE_DIGITS, number):
        raise NumberInvalid(number=number[:16])
    with tenant_context(operator), transaction.atomic():
        phase = hold_phase(phase_id, PhaseStatus.DRAFT, PhaseStatus.OPEN)
        _hold_numbers(phase, number=number)
        own = NumberLimit.objects.filter(phase=phase, number=number).first()
        if own is not None:
            own.delete()
            change = {
                "before": {"number": number, "max_amount": operator.money(own.max_amount)},
                "after": {"number": number, "max_amount": operator.money(phase.global_limit)},
            }
            _tell("limit_cleared", operator, phase, actor, **change)
    return phase


def _hold_numbers(phase: Phase, **which: str) -> None:
    """Slips on these numbers that are underway are counted first; those that come find the new limit."""
    list(Exposure.objects.select_for_update().filter(phase=phase, **which).order_by("number"))


def _tell(verb: str, operator: Operator, phase: Phase, actor: str, **change: Any) -> None:
    audit.record(
        f"phase.{verb}",
        description=f"phase {phase.name}: {verb.replace('_', ' ')}",
        actor=actor,
        operator_id=operator.pk,
        **change,
    )
    announce.phase_changed(operator, phase)
