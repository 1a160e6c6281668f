"""Writing the record, always in the transaction of the event itself: neither exists without the other."""

from typing import Any
from uuid import UUID

from audit.models import AuditEntry

SYSTEM = "system"


def record(
    event_type: str,
    *,
    description: str,
    actor: str = SYSTEM,
    address: str | None = None,
    operator_id: UUID | None = None,
    round_id: int | None = None,
    bet_id: UUID | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEntry:
    """
    Append one entry in the caller's transaction.

    `event_type` is a subject and a past participle (`round.voided`). `before` and `after` hold JSON
    values of what changed and never a secret.
    """
    return AuditEntry.objects.create(
        event_type=event_type,
        description=description,
        actor=actor,
        address=address,
        operator_id=operator_id,
        round_id=round_id,
        bet_id=bet_id,
        before=before,
        after=after,
    )
