"""
Looks that are tried before they are saved: a signed parameter that the client's page is asked with.

It names the operator, the looks, and the one origin that may show the page in a frame. Whoever has it sees these
looks until it is too old; it gives no other right, and nothing of it is kept.
"""

from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from django.core import signing

from operators.models import Operator

PARAMETER = "preview"
LIFETIME_S = 600
_SALT = "operators.preview"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What is to be shown. `looks` are fields of the operator that have been checked; `theme` is light, dark or ""."""

    operator_id: UUID
    origin: str
    language: str
    theme: str = ""
    looks: dict[str, Any] = field(default_factory=dict)

    def sign(self) -> str:
        """As it stands in an address."""
        facts = asdict(self) | {"operator_id": str(self.operator_id)}
        return signing.dumps(facts, salt=_SALT, compress=True)

    def apply(self, operator: Operator) -> None:
        """Give an operator these looks, in memory only."""
        for name, value in self.looks.items():
            setattr(operator, name, value)


def find_preview(text: str, operator: Operator) -> Preview | None:
    """What this parameter asks for; None when it is not ours, too old, or another operator's."""
    try:
        facts = signing.loads(text, salt=_SALT, max_age=LIFETIME_S)
    except signing.BadSignature:
        return None
    preview = Preview(**facts | {"operator_id": UUID(facts["operator_id"])})
    return preview if preview.operator_id == operator.pk else None
