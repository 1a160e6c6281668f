"""What rules are given, and what they find."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bets.patterns import Settled
from flags.models import RuleCode
from operators.models import Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """What is new since the last look: bets from one id to another, and rounds with their results."""

    operator: Operator
    bets_after: UUID
    bets_before: UUID
    rounds: Sequence[Settled]
    rounds_after: UUID
    """No bet of these rounds has an id below this."""
    has_more: bool
    """This is a part only; what comes behind it is for the next look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    What a rule found. The same `subject` is the same case. Evidence is JSON for staff, with decimal amounts, and says
    what was seen, and how likely it would be by chance where that can be told.
    """

    rule: RuleCode
    subject: str
    evidence: dict[str, Any]
    player_id: int | None = None
    round_id: int | None = None


Rule = Callable[[New], Sequence[Finding]]
"""Looks at what is new, inside the operator's schema, and only reads. It has to bound what it reads."""
