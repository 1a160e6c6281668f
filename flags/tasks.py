"""Celery's side of the rules: wake-ups. How far each operator has been looked at stands in rows."""

from uuid import UUID

from celery import shared_task

from flags import services
from operators.selectors import get_operator, list_operators

PATIENCE_S = 60


@shared_task(name="flags.look", ignore_result=True)
def look(**_: object) -> int:
    """Have every operator looked at, each by a message of its own."""
    operators = list(list_operators())
    for operator in operators:
        look_at.apply_async(kwargs={"operator_id": str(operator.pk)}, retry=False, expires=PATIENCE_S)
    return len(operators)


@shared_task(name="flags.look_at", ignore_result=True)
def look_at(*, operator_id: str, **_: object) -> int:
    """Look at a part of what is new of one operator, and leave the rest to a message behind what waits already."""
    looked = services.look(operator=get_operator(operator_id=UUID(operator_id)))
    if looked.behind:
        look_at.apply_async(kwargs={"operator_id": operator_id}, retry=False, expires=PATIENCE_S)
    return looked.raised
