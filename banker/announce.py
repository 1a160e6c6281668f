"""Telling the admins' heat maps which numbers changed, after the commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from banker.models import Phase
from keno_platform.live.topics import banker_topic, publish
from operators.models import Operator


@dataclass(frozen=True, slots=True)
class Change:
    """A number's new aggregates, in minor units. A higher version is the later one."""

    number: str
    total: int
    bets: int
    version: int


def risk_update(operator: Operator, phase: Phase, changes: Sequence[Change]) -> None:
    """The numbers that changed, with their new aggregates; whoever knows a higher version of one keeps that."""
    frame = {
        "type": "risk_update",
        "phase_id": str(phase.pk),
        "numbers": [
            {
                "number": one.number,
                "total": operator.money(one.total),
                "potential_payout": operator.money(one.total * phase.multiplier),
                "bets": one.bets,
                "version": one.version,
            }
            for one in changes
        ],
    }
    transaction.on_commit(lambda: publish([(banker_topic(operator.schema_name), frame)]))


def phase_changed(operator: Operator, phase: Phase) -> None:
    """The phase has another state, or other limits: whoever watches reads it again."""
    frame = {"type": "phase_changed", "phase_id": str(phase.pk), "status": phase.status}
    transaction.on_commit(lambda: publish([(banker_topic(operator.schema_name), frame)]))


def sessions_ended(operator: Operator, session_ids: Sequence[UUID]) -> None:
    """The sockets of these sessions close themselves when they see this; no client is sent it."""
    frame = {"type": "sessions_ended", "sessions": [str(one) for one in session_ids]}
    transaction.on_commit(lambda: publish([(banker_topic(operator.schema_name), frame)]))
