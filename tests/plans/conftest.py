"""The fixtures of this folder."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from operators.models import Operator
from tests.plans.explained import explaining


@pytest.fixture
def new_operator(django_db_setup: None, django_db_blocker: Any) -> Iterator[Operator]:
    """A tenant that has just been made, on a connection that tells its plans; no dead rows of other tests."""
    from operators.services import OperatorTerms, create_operator

    with django_db_blocker.unblock():
        slug = f"plans-{uuid4().hex[:8]}"
        terms = OperatorTerms(
            slug=slug,
            name=slug,
            currency_code="KES",
            domain=f"{slug}.localhost",
            min_bet=100,
            max_bet=100_000,
            max_win_per_ticket=10**9,
        )
        operator, _ = create_operator(terms=terms)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM public.rounds_round")
        with explaining():
            yield operator
