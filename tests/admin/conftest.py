"""Staff who are logged in, and an operator whose every table has rows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from operators.models import Operator
from tests.admin.desk import Desk, Played
from tests.support.fixtures import standing_game, standing_rounds

__all__ = ["standing_game", "standing_rounds"]


@pytest.fixture
def superuser(committed: None, unique: Callable[[str], str]) -> User:
    """A member of staff who may do everything that can be allowed."""
    return User.objects.create_superuser(unique("boss"))


@pytest.fixture
def desk(superuser: User) -> Desk:
    """The superuser's browser, with no operator picked."""
    return Desk(superuser)


@pytest.fixture
def colleague(committed: None, unique: Callable[[str], str]) -> Desk:
    """Another superuser's browser: whoever approves what the first one asks for."""
    return Desk(User.objects.create_superuser(unique("colleague")))


@pytest.fixture(scope="session")
def played(django_db_setup: None, django_db_blocker: Any) -> dict[str, Played]:
    """By slug, for both operators: a settled round with winners, and rows in every other table."""
    from operators.selectors import get_operator
    from tests.admin.desk import play

    with django_db_blocker.unblock():
        return {slug: play(get_operator(slug=slug)) for slug in ("alpha", "beta")}


@pytest.fixture
def new_operator(committed: None, unique: Callable[[str], str]) -> Operator:
    """An operator of this test's own, made in public as staff would."""
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
