"""Whatever people do in whatever order, the rows say what happened, and nothing is done without two of them."""

from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals import services
from approvals.invariants import INVARIANTS
from approvals.models import Request, State
from approvals.shapes import Case, Parties
from keno_platform.core.errors import NotFound
from tests.approvals.people import Named, an_action, approve, ask_for, person

pytestmark = pytest.mark.django_db
STEPS = st.lists(
    st.tuples(st.sampled_from(["ask", "approve", "reject", "withdraw", "move"]), st.integers(0, 2), st.integers(0, 1)),
    max_size=14,
)


class World:
    """Two things with a number each; an action sets one's number one up, and refuses to go above three."""

    def __init__(self) -> None:
        self.numbers = {"a": 0, "b": 0}
        self.done: list[Parties] = []

    def facts(self, case: Case) -> dict[str, Any]:
        return {"number": self.numbers[case.subject]}

    def raise_one(self, case: Case, parties: Parties) -> str:
        if self.numbers[case.subject] >= 3:
            raise NotFound("it does not go any higher")
        self.numbers[case.subject] += 1
        self.done.append(parties)
        return "raised"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_history_ends_in_rows_that_say_what_happened(steps: list[tuple[str, int, int]], unique: Named) -> None:
    world, people = World(), [person(unique("eye")) for _ in range(3)]
    with an_action(unique("tests.world"), carry_out=world.raise_one, facts=world.facts) as action:
        for step, who, which in steps:
            subject, one = "ab"[which], people[who]
            waiting = Request.objects.filter(action=action.code, subject=subject, state=State.OPEN).first()
            try:
                if step == "ask":
                    ask_for(action, one, subject=subject)
                elif step == "move":
                    world.numbers[subject] = (world.numbers[subject] + 1) % 4
                elif waiting and step == "approve":
                    approve(waiting, one)
                elif waiting and step == "reject":
                    services.reject(request_id=waiting.pk, person=one, reason="No")
                elif waiting:
                    services.withdraw(request_id=waiting.pk, person=one)
            except (services.SamePerson, services.AlreadyAsked, services.NotPermitted):
                continue  # which is what should happen to whoever tries it
        approved = Request.objects.filter(action=action.code, state=State.APPROVED)
        assert {one.pk for one in approved} == {one.request_id for one in world.done}
        assert all(one.asked_by != one.decided_by for one in world.done)
    for invariant in INVARIANTS:
        with connection.cursor() as cursor:
            cursor.execute(invariant.violations)
            assert cursor.fetchall() == [], invariant.code
