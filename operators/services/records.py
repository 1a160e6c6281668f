"""How the audit log tells of operators."""

from typing import Any

from audit import services as audit
from operators.models import Operator


def record(event: str, operator: Operator | None, actor: str, **change: Any) -> None:
    """One entry about an operator or, without one, about the provider."""
    name = operator.name if operator else "the provider"
    verb = event.partition(".")[2].replace("_", " ")
    audit.record(
        event,
        description=f"{name}: {verb}",
        actor=actor,
        operator_id=operator.pk if operator else None,
        **change,
    )
