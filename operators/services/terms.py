"""What an operator and its jurisdiction allow: limits, thresholds, where it may be played, and a profile's rules."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from audit import services as audit
from keno_platform.core.errors import NotFound
from operators.jurisdictions import Jurisdiction
from operators.models import Operator
from operators.services.creation import OperatorInvalid
from operators.services.records import record

RAISED = ("max_bet", "max_win_per_ticket")
"""Amounts that let an operator risk more when they are higher."""
THRESHOLDS = ("large_wager_from", "large_win_from")
"""Amounts from which something goes on record: less does when they are higher, and nothing where there is none."""
AMOUNTS = (*RAISED, *THRESHOLDS)
PLACE = ("jurisdiction", "region_restrictions")
"""Where, and so by whose rules, an operator's players play."""


def loosened(before: Operator, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the wanted values that let an operator do more than before; the rest only tightens."""
    return {name: value for name, value in wanted.items() if _is_looser(before, name, value)}


def _is_looser(before: Operator, name: str, value: Any) -> bool:
    present = getattr(before, "jurisdiction_id" if name == "jurisdiction" else name, None)
    match name:
        case "max_bet" | "max_win_per_ticket":
            return bool(value > present)
        case "large_wager_from" | "large_win_from":
            return present is not None and (value is None or value > present)
        case "jurisdiction":
            return bool(value != present)
        case "region_restrictions":
            return not set(present or ()) <= set(value)
    return False


@transaction.atomic
def change_terms(*, operator_id: UUID, wanted: Mapping[str, Any], actor: str, reason: str) -> Operator:
    """
    Give an operator these limits, thresholds, jurisdiction (by its code) or regions, on record.

    :raises NotFound: no such operator. :raises OperatorInvalid: they do not hold together.
    """
    operator = held_operator(operator_id)
    before = shown_terms(operator, wanted)
    for name, value in wanted.items():
        setattr(operator, "jurisdiction_id" if name == "jurisdiction" else name, value)
    if operator.max_bet < operator.min_bet or operator.max_win_per_ticket <= 0:
        raise OperatorInvalid("The highest stake is not below the lowest, and wins are positive.", field="max_bet")
    columns = ["jurisdiction_id" if name == "jurisdiction" else name for name in wanted]
    Operator.objects.filter(pk=operator.pk).update(**{name: getattr(operator, name) for name in columns})
    after = {**shown_terms(operator, wanted), "reason": reason}
    record("operator.terms_changed", operator, actor, before=before, after=after)
    return operator


def held_operator(operator_id: UUID) -> Operator:
    """An operator's row, which nobody else changes until the transaction ends. :raises NotFound: there is none."""
    found = Operator.objects.select_for_update(of=("self",)).filter(pk=operator_id).first()
    if found is None:
        raise NotFound()
    return found


def shown_terms(operator: Operator, names: Mapping[str, Any]) -> dict[str, Any]:
    """These terms of an operator as people read them: amounts as decimals."""
    return {name: shown_term(operator, name, _stored(operator, name)) for name in names}


def shown_term(operator: Operator, name: str, value: Any) -> Any:
    """One term as people read it."""
    if name in AMOUNTS:
        return None if value is None else operator.money(value)
    return list(value) if isinstance(value, list | tuple) else value


def _stored(operator: Operator, name: str) -> Any:
    return operator.jurisdiction_id if name == "jurisdiction" else getattr(operator, name)


@transaction.atomic
def change_jurisdiction(*, code: str, wanted: Mapping[str, Any], actor: str, reason: str) -> Jurisdiction:
    """
    Give a profile these rules, on record. They count for the next bet of every operator under it.

    :raises NotFound: no such profile. :raises OperatorInvalid: the rules do not hold together.
    """
    profile = held_jurisdiction(code)
    before = {name: getattr(profile, name) for name in wanted}
    for name, value in wanted.items():
        setattr(profile, name, value)
    try:
        profile.full_clean()
    except ValidationError as error:
        raise OperatorInvalid(" ".join(error.messages), field=next(iter(error.message_dict))) from error
    profile.save(update_fields=list(wanted))
    audit.record(
        "jurisdiction.changed",
        description=f"jurisdiction {profile}: {', '.join(wanted)}",
        actor=actor,
        before=before,
        after={**wanted, "reason": reason},
    )
    return profile


def held_jurisdiction(code: str) -> Jurisdiction:
    """A profile's row, which nobody else changes until the transaction ends. :raises NotFound: there is none."""
    found = Jurisdiction.objects.select_for_update().filter(code=code).first()
    if found is None:
        raise NotFound()
    return found
