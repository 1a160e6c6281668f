"""Limits, breaks and profiles for tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import connection
from django.db.models.functions import Now

from operators.jurisdictions import Jurisdiction
from operators.models import Operator
from operators.selectors import get_operator
from operators.tenancy import tenant_context
from players.models import Exclusion, Player, PlayerLimit, Source
from players.services import ExclusionTerms, LimitTerms, exclude, set_limit


def limit(
    operator: Operator, player: Player, kind: str, period: str, amount: int | None, *, source: str = "player"
) -> PlayerLimit | None:
    """Decide about a limit, in minor units or minutes."""
    terms = LimitTerms(kind=kind, period=period, amount=amount, source=Source(source))
    with tenant_context(operator):
        return set_limit(operator=operator, player=player, terms=terms, actor="test")


def shut_out(operator: Operator, player: Player, kind: str = "cool_off", **terms: Any) -> Exclusion:
    """A break of a day, unless something else is said."""
    asked = {"hours": 24} if kind == "cool_off" and not terms else {}
    with tenant_context(operator):
        return exclude(
            operator=operator, player=player, terms=ExclusionTerms(kind=kind, **(asked | terms)), actor="test"
        )


@contextmanager
def time_passes(operator: Operator) -> Iterator[None]:
    """The history triggers do not act inside: a test lets time pass by writing other times."""
    tables = ("players_playerlimit", "players_exclusion")
    triggers = ("limit_fixed", "exclusion_fixed")
    with connection.cursor() as cursor:
        for table, trigger in zip(tables, triggers, strict=True):
            cursor.execute(f"ALTER TABLE {operator.schema_name}.{table} DISABLE TRIGGER {trigger}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for table, trigger in zip(tables, triggers, strict=True):
                cursor.execute(f"ALTER TABLE {operator.schema_name}.{table} ENABLE TRIGGER {trigger}")


def wait_out(operator: Operator, decision: PlayerLimit | None) -> None:
    """As if the waiting time of a decision were over."""
    assert decision is not None
    with time_passes(operator), tenant_context(operator):
        PlayerLimit.objects.filter(pk=decision.pk).update(effective_from=Now() - timedelta(seconds=1))


def end_exclusions(operator: Operator, player: Player) -> None:
    """As if all breaks with an end had ended."""
    with time_passes(operator), tenant_context(operator):
        Exclusion.objects.filter(player=player, until__isnull=False).update(until=Now() - timedelta(seconds=1))


def new_profile(**rules: Any) -> Jurisdiction:
    """A profile with these rules."""
    code = f"j-{uuid4().hex[:8]}"
    return Jurisdiction.objects.create(code=code, name=code, **rules)


@contextmanager
def licensed(operator: Operator, **rules: Any) -> Iterator[Operator]:
    """The operator under a profile with these rules, as it is read then."""
    before, profile = operator.jurisdiction_id, new_profile(**rules)
    Operator.objects.filter(pk=operator.pk).update(jurisdiction=profile)
    try:
        yield get_operator(operator_id=operator.pk)
    finally:
        Operator.objects.filter(pk=operator.pk).update(jurisdiction=before)
