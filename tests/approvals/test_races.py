"""Two people who decide at the same moment: one decision, and it is carried out once."""

from collections import Counter

import pytest
from django.db import connection

from approvals import services
from approvals.invariants import INVARIANTS
from approvals.models import Decision, Request, State
from approvals.shapes import Case, Parties
from keno_platform.core.errors import Refusal
from tests.approvals.people import Named, an_action, approve, ask_for, person
from tests.support.threads import at_once

pytestmark = pytest.mark.usefixtures("committed")


def test_of_many_who_decide_at_once_one_does_and_it_is_done_once(unique: Named) -> None:
    done: Counter[str] = Counter()

    def count(case: Case, parties: Parties) -> str:
        done[str(parties.request_id)] += 1
        return "done"

    asker, others = person(unique("ann")), [person(unique("eye")) for _ in range(6)]
    with an_action(unique("tests.race"), carry_out=count) as action:
        request = ask_for(action, asker)
        answers = at_once([lambda eye=eye: approve(request, eye) for eye in others])
    won = [answer for answer in answers if isinstance(answer, Request)]
    lost = [answer for answer in answers if isinstance(answer, BaseException)]
    assert len(won) == 1
    assert all(isinstance(one, services.NotOpen) for one in lost), lost
    assert done[str(request.pk)] == 1
    assert Decision.objects.filter(request=request).count() == 1


def test_an_approval_and_a_withdrawal_at_once_end_in_one_of_both(unique: Named) -> None:
    for _ in range(5):
        asker, other = person(unique("ann")), person(unique("eye"))
        with an_action(unique("tests.both"), carry_out=lambda case, parties: "done") as action:
            request = ask_for(action, asker)
            answers = at_once(
                [
                    lambda one=request, eye=other: approve(one, eye),
                    lambda one=request, eye=asker: services.withdraw(request_id=one.pk, person=eye),
                ]
            )
        request.refresh_from_db()
        assert [type(one) for one in answers].count(Request) == 1, answers
        decided = Decision.objects.filter(request=request).exists()
        assert (request.state, decided) in {(State.APPROVED, True), (State.WITHDRAWN, False)}


def test_two_who_ask_at_once_make_one_request(unique: Named) -> None:
    people = [person(unique("ann")) for _ in range(4)]
    with an_action(unique("tests.asked"), carry_out=lambda case, parties: "done") as action:
        answers = at_once([lambda one=one: ask_for(action, one) for one in people])
        made = [one for one in answers if isinstance(one, Request)]
        assert len(made) == 1
        assert all(isinstance(one, Refusal) for one in answers if one not in made), answers
        services.withdraw(request_id=made[0].pk, person=next(p for p in people if p.name == made[0].asked_by))


def test_a_fault_of_ours_leaves_the_request_as_it_was_to_be_decided_again(unique: Named) -> None:
    tries = iter((RuntimeError("a fault"), None))

    def at_the_second_time(case: Case, parties: Parties) -> str:
        if fault := next(tries):
            raise fault
        return "done"

    asker, other = person(unique("ann")), person(unique("eye"))
    with an_action(unique("tests.fault"), carry_out=at_the_second_time) as action:
        request = ask_for(action, asker)
        with pytest.raises(RuntimeError, match="a fault"):
            approve(request, other)
        request.refresh_from_db()
        assert request.state == State.OPEN
        assert not Decision.objects.filter(request=request).exists()
        assert approve(request, other).state == State.APPROVED


def test_every_invariant_holds_after_all_this() -> None:
    for one in INVARIANTS:
        with connection.cursor() as cursor:
            cursor.execute(one.violations)
            assert cursor.fetchall() == [], one.code
