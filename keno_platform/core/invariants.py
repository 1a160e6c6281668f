"""What must always hold, as a query that counts its violations. Each room lists its own."""

from dataclasses import dataclass
from enum import Enum


class Scope(Enum):
    """Where an invariant's query runs: once over the installation, or once in each operator's schema."""

    INSTALLATION = "installation"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """
    One thing that must always hold.

    `violations` is SQL that selects one row per violation; its first column names the offender.
    """

    code: str
    claim: str
    scope: Scope
    violations: str
