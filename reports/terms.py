"""The provider's share of an operator's revenue, by the day from which each term holds."""

from collections.abc import Sequence
from datetime import date

from operators.models import Operator
from reports.models import RevenueTerm


def terms_of(operator: Operator) -> list[RevenueTerm]:
    """Every term of an operator, the one that counts first: of two that hold from the same day the later agreed."""
    return list(RevenueTerm.objects.filter(operator_id=operator.pk).order_by("-since", "-pk"))


def share_on(terms: Sequence[RevenueTerm], day: date) -> int:
    """The share on a day (UTC), in basis points; 0 as long as none was agreed."""
    return next((one.basis_points for one in terms if one.since <= day), 0)
