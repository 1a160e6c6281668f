"""The end of an endpoint, and what that means for the messages that wait for it."""

import logging
from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Coalesce, Now, NullIf

from audit import services as audit
from webhooks.models import Delivery, DeliveryState, Endpoint, EndpointState

logger = logging.getLogger(__name__)
ENDED = "endpoint disabled"


def lock_endpoints(endpoint_ids: Collection[UUID]) -> list[Endpoint]:
    """
    Lock these endpoints until the end of the transaction, in one order for everybody.

    Whoever changes an endpoint or the planned deliveries to it does this first, so that nobody waits in a ring.
    """
    return list(Endpoint.objects.select_for_update(no_key=True).filter(pk__in=endpoint_ids).order_by("pk"))


@transaction.atomic
def disable_endpoint(endpoint_id: UUID, *, reason: str, actor: str = audit.SYSTEM) -> bool:
    """
    Send nothing more to this endpoint until somebody resumes it; the audit log tells staff.

    What waits for it fails, and can be replayed later. False when it is disabled or deleted already.
    """
    [endpoint] = lock_endpoints([endpoint_id])
    if endpoint.state in (EndpointState.DISABLED, EndpointState.DELETED):
        return False
    before, endpoint.state, endpoint.state_reason = endpoint.state, EndpointState.DISABLED, reason
    endpoint.save(update_fields=["state", "state_reason"])
    given_up = fail_pending(endpoint_id)
    logger.warning("webhook endpoint %s is disabled, %s messages given up: %s", endpoint_id, given_up, reason)
    audit.record(
        "webhook_endpoint.disabled",
        description=f"{endpoint.url}: {reason}",
        actor=actor,
        operator_id=endpoint.operator_id,
        before={"state": str(before)},
        after={"state": str(endpoint.state), "endpoint": str(endpoint_id), "reason": reason, "given_up": given_up},
    )
    return True


def fail_pending(endpoint_id: UUID) -> int:
    """Give up what waits for an endpoint, which the caller has locked. Returns how many messages that were."""
    return Delivery.objects.filter(endpoint_id=endpoint_id, state=DeliveryState.PENDING).update(
        state=DeliveryState.FAILED,
        due_at=None,
        resume_at=None,
        manual=False,
        claim=None,
        error=Coalesce(NullIf("error", Value("")), Value(ENDED)),
        finished_at=Now(),
    )
