"""Who may open which page of the desk: every address of it, every role, in the own operator and in another."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from access.models import OF_AN_OPERATOR, Role
from desk import routes
from desk.addresses import story_of
from operators.models import Operator
from tests.admin.desk import Played
from tests.support.staff import new_member

pytestmark = pytest.mark.usefixtures("committed")
EVERYBODY = frozenset(Role)
NOT_BANKERS = EVERYBODY - {Role.BANKER_ADMIN}
MAY = {
    "desk-search": EVERYBODY,
    "desk-inbox": EVERYBODY,
    "desk-bet": NOT_BANKERS,
    "desk-round": NOT_BANKERS,
    "desk-player": NOT_BANKERS,
}
"""By the name of each address, whom it is for. A new address that stands in no line fails the first test."""


def address(name: str, own: Played) -> str:
    return {
        "desk-search": f"{reverse('desk-search')}?q=nothing",
        "desk-inbox": reverse("desk-inbox"),
        "desk-bet": story_of("bet", own.bets[0].pk),
        "desk-round": story_of("round", own.round.pk),
        "desk-player": story_of("player", own.player.token),
    }[name]


def browser(role: Role, unique: Callable[[str], str], operator: Operator) -> Client:
    member = new_member(unique(f"d-{role.value}"), role, operator if role in OF_AN_OPERATOR else None)
    client = Client()
    client.force_login(member.user)
    if role not in OF_AN_OPERATOR:
        client.post(reverse("admin:operators_pick"), {"operator": str(operator.pk)})
    return client


def test_every_address_of_the_desk_says_whom_it_is_for() -> None:
    assert {one.name for one in routes.pages} == set(MAY)


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_each_role_opens_its_pages_and_no_others(
    role: Role, unique: Callable[[str], str], played: dict[str, Played]
) -> None:
    own = played["alpha"]
    client = browser(role, unique, own.operator)
    for name, allowed in MAY.items():
        answer: Any = client.get(address(name, own))
        assert answer.status_code == (200 if role in allowed else 403), (name, answer.content[:300])


@pytest.mark.parametrize("role", OF_AN_OPERATOR, ids=str)
def test_an_operators_people_see_nothing_of_another_operator(
    role: Role, unique: Callable[[str], str], played: dict[str, Played]
) -> None:
    own, other = played["alpha"], played["beta"]
    client = browser(role, unique, own.operator)
    marks = [other.player.token, str(other.bets[0].pk)]
    for name in MAY:
        answer: Any = client.get(address(name, other))
        if name != "desk-round":  # a round of a shared game is everybody's
            assert answer.status_code != 200 or name in ("desk-search", "desk-inbox"), name
        shown = answer.content.decode()
        assert "Paid at" not in shown or other.operator.name not in shown
    for mark in marks:
        answer = client.get(reverse("desk-search"), {"q": mark})
        assert answer.status_code == 200
        assert answer.context["hits"] == []
    assert not [row for row in client.get(reverse("desk-inbox")).context["rows"] if row["elsewhere"]]


def test_strangers_are_led_to_the_log_in(played: dict[str, Played]) -> None:
    for name in MAY:
        answer: Any = Client().get(address(name, played["alpha"]))
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("admin:login"))
