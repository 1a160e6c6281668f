"""Members of every role, and two operators whose tables have rows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from access.models import OF_AN_OPERATOR, Role, StaffMember
from operators.models import Operator
from tests.admin.desk import Played
from tests.support.fixtures import standing_game, standing_rounds
from tests.support.staff import new_member

__all__ = ["standing_game", "standing_rounds"]

Hire = Callable[..., StaffMember]


@pytest.fixture(autouse=True)
def quick_hashes(settings: Any) -> None:
    """A password's hash is slow on purpose, and here dozens of them are made a minute."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.fixture
def hire(unique: Callable[[str], str], operator_a: Operator) -> Hire:
    """A new member with a role; without an operator within alpha, where the role is one within an operator."""

    def hire(role: Role, operator: Operator | None = None) -> StaffMember:
        own = operator or (operator_a if role in OF_AN_OPERATOR else None)
        return new_member(unique(f"m-{role.value}"), role, own)

    return hire


@pytest.fixture
def enter() -> Callable[[StaffMember], Client]:
    """A browser in which a member is logged in."""

    def enter(member: StaffMember) -> Client:
        client = Client(REMOTE_ADDR="192.0.2.7")
        client.force_login(member.user)
        return client

    return enter


@pytest.fixture(scope="session")
def played(django_db_setup: None, django_db_blocker: Any) -> dict[str, Played]:
    """By slug, for both operators: a settled round with winners, and rows in every other table."""
    from operators.selectors import get_operator
    from tests.admin.desk import play

    with django_db_blocker.unblock():
        return {slug: play(get_operator(slug=slug)) for slug in ("alpha", "beta")}
