"""
The lottery's clock: phases close at their end, and what is confirmed is settled. Both are read from the rows, so a
message that is lost, doubled or late changes nothing.
"""

import logging
from uuid import UUID

from celery import shared_task

from banker import selectors
from banker.services import close_due
from banker.services.results import settle_phase
from operators.models import Operator
from operators.tenancy import tenant_context

logger = logging.getLogger(__name__)


@shared_task(name="banker.keep_time", ignore_result=True)
def keep_time(**_: object) -> list[str]:
    """Close what is due, then settle what is confirmed, each by itself. Returns the phases that it changed."""
    changed = []
    for operator in selectors.operators_with_due_phases():
        try:
            changed += [str(phase_id) for phase_id in (*close_due(operator), *settle_confirmed(operator))]
        except Exception:
            logger.exception("phases of %s could not be closed", operator.slug)
    return changed


def settle_confirmed(operator: Operator) -> list[UUID]:
    """Settle one operator's phases whose numbers are confirmed. One that fails holds up no other."""
    with tenant_context(operator):
        waiting = selectors.phases_to_settle()
    settled = []
    for phase_id in waiting:
        try:
            if settle_phase(operator=operator, phase_id=phase_id):
                settled.append(phase_id)
        except Exception:
            logger.exception("phase %s of %s could not be settled", phase_id, operator.slug)
    return settled
