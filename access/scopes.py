"""
Whose a row is. What stands in every operator's own schema is that operator's; of the tables that all share, this says
by which column a row belongs to an operator. A table that is in neither does not exist for members within an operator.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db.models import Q

Condition = Callable[[UUID], Q]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which rows of a shared table one operator's people may see."""

    rows: Condition


def _own(path: str) -> Scope:
    """Rows that name the operator at this path."""
    return Scope(rows=lambda operator: Q(**{path: operator}))


def _own_or_shared(path: str) -> Scope:
    """And rows that name none: they are everybody's."""
    return Scope(rows=lambda operator: Q(**{path: operator}) | Q(**{f"{path}__isnull": True}))


def _rounds(operator: UUID) -> Q:
    # By the few games, not through a join: the newest rounds are read from the index of their keys.
    games = apps.get_model("rounds", "Game")._default_manager
    return Q(game__in=list(games.filter(_SCOPES["rounds.game"].rows(operator)).values_list("pk", flat=True)))


PUBLIC = Scope(rows=lambda _: Q())
"""What anybody can read over the API anyway: commitments, results, what stands on the chain, rules of jurisdictions."""

_SCOPES = {
    "anchors.contract": PUBLIC,
    "anchors.root": PUBLIC,
    "anchors.transaction": PUBLIC,
    "approvals.request": _own("operator_id"),
    "audit.auditentry": _own("operator_id"),
    "calls.call": _own("operator_id"),
    "localization.text": _own_or_shared("operator"),
    "operators.apikey": _own("operator"),
    "operators.callerkey": _own("operator"),
    "operators.jurisdiction": PUBLIC,
    "operators.operator": _own("pk"),
    "operators.walletconnection": _own("operator"),
    "reconciliation.dailyfile": _own("operator"),
    "reconciliation.difference": _own("operator"),
    "reconciliation.reconciliationrun": _own("operator"),
    "reports.reportrun": _own("operator_id"),
    "reports.reportschedule": _own("operator_id"),
    "reports.revenueterm": _own("operator_id"),
    "rounds.epoch": PUBLIC,
    "rounds.game": _own_or_shared("owner"),
    "rounds.resultstree": PUBLIC,
    "rounds.round": Scope(rows=_rounds),
    "rounds.signingkey": PUBLIC,
    "webhooks.attempt": _own("delivery__endpoint__operator"),
    "webhooks.delivery": _own("endpoint__operator"),
    "webhooks.endpoint": _own("operator"),
    "webhooks.event": _own("operator"),
}


def rows_of(label: str, operator: UUID) -> Q | None:
    """
    The condition for an operator's rows of a table (`audit.auditentry`); None: none of its rows.

    A tenant's table needs none: its schema holds the operator's rows alone.
    """
    if is_own_schemas(label):
        return Q()
    scope = _SCOPES.get(label)
    return scope.rows(operator) if scope else None


def is_within_an_operator(label: str) -> bool:
    """Whether a table has rows of one operator at all."""
    return label in _SCOPES or is_own_schemas(label)


def is_own_schemas(label: str) -> bool:
    """Whether a table stands in every operator's own schema."""
    return label.partition(".")[0] in settings.TENANT_APPS
