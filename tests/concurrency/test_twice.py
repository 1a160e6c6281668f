"""
Every call that changes something, made twice at the same moment: both answers are what the table says, none is a 5xx,
money moves once, and afterwards every invariant holds. A new operation that stands nowhere fails the first test.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from drf_spectacular.generators import SchemaGenerator

from operators.selectors import get_operator
from operators.services import OperatorTerms, create_operator, issue_key, resume_operator
from reports.invariants import check_all
from rounds.selectors import unsettled
from rounds.services import tick
from tests.concurrency.deeds import DEEDS, Ask, House
from tests.support.api import call
from tests.support.rounds import Timing, commit_rounds, drive, new_game, settle, wait_until
from tests.support.sandboxes import new_sandbox_operator
from tests.support.threads import at_once

pytestmark = pytest.mark.usefixtures("committed")

ELSEWHERE = {
    "banker_sign_in": "tests/banker/test_many_collectors.py",
    "banker_sign_out": "tests/banker/test_banker_members_api.py",
    "change_member_password": "tests/banker/test_banker_members_api.py",
    "place_slip": "tests/banker/test_many_collectors.py",
    "cancel_slip": "tests/banker/test_many_collectors.py",
    "check_slip": "tests/banker/test_slips.py",
    "preview_slip": "tests/banker/test_slips.py",
    "open_phase": "tests/banker/test_phases.py",
    "close_phase": "tests/banker/test_many_collectors.py",
    "enter_result": "tests/banker/test_results.py",
    "confirm_result": "tests/banker/test_results.py",
    "reject_result": "tests/banker/test_results.py",
    "propose_correction": "tests/banker/test_results.py",
    "connect_wallet": "tests/seamless/test_placement.py",
    "rotate_wallet_secret": "tests/seamless/test_placement.py",
    "ping_wallet": "tests/seamless/test_placement.py",
    "countersign_round": "tests/rounds/test_countersigning.py",
    "make_support_link": "tests/reconciliation/test_support_page.py",
}
"""Operations that need more than a call, or change nothing: where they are made, at once or again."""


def mutating() -> set[str]:
    """The ids of all operations that are no reading."""
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    found = {
        verb["operationId"]
        for methods in document["paths"].values()
        for method, verb in methods.items()
        if method in ("post", "put", "patch", "delete")
    }
    return {str(one) for one in found}


def test_every_operation_that_changes_something_is_made_twice_or_stands_elsewhere() -> None:
    assert mutating() - DEEDS.keys() - ELSEWHERE.keys() == set(), "add a deed for these"
    assert (DEEDS.keys() | ELSEWHERE.keys()) - mutating() == set(), "these operations are gone"
    assert all((Path(settings.BASE_DIR) / file).exists() for file in ELSEWHERE.values())


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: Any) -> Iterator[House]:
    slug = f"twice-{uuid4().hex[:8]}"
    terms = OperatorTerms(
        slug=slug,
        name="Twice",
        currency_code="KES",
        domain=f"{slug}.localhost",
        min_bet=100,
        max_bet=100_000,
        max_win_per_ticket=1_000_000_000,
    )
    with django_db_blocker.unblock():
        operator, key = create_operator(terms=terms)
        sandbox = new_sandbox_operator(f"box-{slug}")
        rounds = commit_rounds(new_game(), timing=Timing(betting=900))
        wait_until(rounds[0].opens_at)
        drive(rounds, "open")
        yield House(
            operator=operator,
            sandbox=sandbox,
            key=key,
            sandbox_key=issue_key(operator=sandbox, label="test", actor="test")[1],
            provider=issue_key(operator=None, label="test", actor="test")[1],
            rounds=rounds,
        )


@pytest.mark.parametrize("operation", sorted(DEEDS))
def test_made_twice_at_once_it_is_done_as_often_as_it_says(house: House, operation: str) -> None:
    deed = DEEDS[operation]
    ask = deed.ready(house)
    answers = at_once([lambda: made(house, ask)] * 2)
    assert not any(isinstance(one, BaseException) for one in answers), answers
    told = sorted(status for status, _ in answers)  # type: ignore[misc]
    assert tuple(told) == deed.statuses, answers
    if deed.same:
        assert answers[0] == answers[1]
    if ask.sums is not None:
        ask.sums()
    now = get_operator(slug=house.operator.slug)
    if not now.is_active:
        resume_operator(operator=now, reason="test", actor="test")


def made(house: House, ask: Ask) -> tuple[int, bytes]:
    credential = house.key if ask.credential is None else ask.credential or None
    answer = call(ask.method, ask.path, credential=credential, body=ask.body, headers=dict(ask.headers))
    return answer.status_code, answer.content


def test_afterwards_every_invariant_holds(house: House) -> None:
    tick.run_due()
    settle([round_id for round_id, _ in unsettled()])
    tick.run_due()
    assert {one.code: one.examples for one in check_all(rounds_max=5) if one.count} == {}
