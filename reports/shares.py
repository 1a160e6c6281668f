"""Agreeing on the provider's share of an operator's revenue."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from audit import services as audit
from keno_platform.core.errors import Kind, Refusal
from operators.models import Operator
from reports.models import RevenueTerm
from reports.terms import share_on, terms_of

BASIS_POINTS_MAX = 10_000


class RevenueShareInvalid(Refusal):
    """
    A share is 0 to 100 %, is another one than before, and changes no month that is over: statements that were sent stay
    as they were.
    """

    code = "revenue_share_invalid"
    kind = Kind.INVALID
    title = "The revenue share is not valid"


def check_share(*, operator: Operator, basis_points: int, since: date, today: date) -> Sequence[RevenueTerm]:
    """
    The terms that a new one would follow.

    :raises RevenueShareInvalid: more than everything, for a month that is over, or what holds anyway.
    """
    terms = terms_of(operator)
    if not 0 <= basis_points <= BASIS_POINTS_MAX:
        raise RevenueShareInvalid("A share is 0 to 100 %.")
    if terms and since < today.replace(day=1):
        raise RevenueShareInvalid("A share begins in the present month at the earliest.", since=since.isoformat())
    if terms and terms[0].since <= since and terms[0].basis_points == basis_points:
        raise RevenueShareInvalid("This share holds on that day already.", since=since.isoformat())
    return terms


@transaction.atomic
def set_share(*, operator: Operator, basis_points: int, since: date, today: date, actor: str) -> RevenueTerm:
    """
    From `since` (a day in UTC) on the provider's share is so many hundredths of a percent.

    The first share of an operator may begin at any day; later ones not before the month of `today`.

    :raises RevenueShareInvalid: as `check_share` says.
    """
    terms = check_share(operator=operator, basis_points=basis_points, since=since, today=today)
    term = RevenueTerm.objects.create(operator=operator, since=since, basis_points=basis_points, actor=actor)
    audit.record(
        "revenue_share.agreed",
        description=f"{basis_points / 100:.2f} % of the gross gaming revenue from {since} on",
        actor=actor,
        operator_id=operator.pk,
        before={"basis_points": share_on(terms, since)},
        after={"basis_points": basis_points, "since": since.isoformat()},
    )
    return term
