"""Two members of staff, and an operator of the test's own."""

from collections.abc import Callable

import pytest

from approvals.services import Person
from operators.models import Operator
from tests.approvals.people import person


@pytest.fixture
def ann(unique: Callable[[str], str]) -> Person:
    """Who asks. Needs `db` or `committed`."""
    return person(unique("ann"))


@pytest.fixture
def ben(unique: Callable[[str], str]) -> Person:
    """Who decides."""
    return person(unique("ben"))


@pytest.fixture
def brand(operator_a: Operator) -> Operator:
    """An operator whose highest stake is 1,000.00 KES."""
    return operator_a


@pytest.fixture
def new_operator(committed: None, unique: Callable[[str], str]) -> Operator:
    """An operator of this test's own, in Kenyan shillings."""
    from operators.services import OperatorTerms, create_operator

    slug = unique("op")
    terms = OperatorTerms(
        slug=slug,
        name=slug.title(),
        currency_code="KES",
        domain=f"{slug}.localhost",
        min_bet=100,
        max_bet=10_000,
        max_win_per_ticket=1_000_000,
    )
    return create_operator(terms=terms)[0]
