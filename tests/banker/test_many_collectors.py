"""Many collectors at once on few numbers: never over a limit, no deadlock, no cent lost; and what the locks are for."""

import random
import threading
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection, connections, transaction

from banker.models import Member, Phase, Slip
from banker.services.slips import PhaseNotTaking, Placed, SlipOverLimit, cancel_slip
from keno_platform.core import ids
from operators.models import Operator
from operators.tenancy import tenant_context
from tests.support import lottery
from tests.support.database import parameters, until_waiting
from tests.support.threads import at_once

pytestmark = pytest.mark.usefixtures("committed")
COLLECTORS = 50
LIMIT = 50_000_00
CREDIT = 10_000_00
Told = list[tuple[int, Placed | SlipOverLimit]]


@pytest.fixture(scope="module")
def collectors(django_db_setup: None, django_db_blocker: Any) -> list[Member]:
    from operators.selectors import get_operator

    with django_db_blocker.unblock():
        return [lottery.collector(get_operator(slug="alpha")) for _ in range(COLLECTORS)]


@pytest.mark.parametrize("seed", range(3))
def test_fifty_collectors_at_once_never_pass_a_numbers_limit(
    operator_a: Operator, collectors: list[Member], seed: int
) -> None:
    submit_at_once(operator_a, collectors, random.Random(seed))


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(100, 200))
def test_a_hundred_times_fifty_collectors_at_once(operator_a: Operator, collectors: list[Member], seed: int) -> None:
    submit_at_once(operator_a, collectors, random.Random(seed))


def submit_at_once(operator: Operator, collectors: list[Member], chance: random.Random) -> None:
    """
    Each hands in two slips on 123, of some 80,000 in all where 50,000 may be, beside other numbers in any order; and
    repeats each at once. What was accepted fits, what was refused did not, and all balances are exact.
    """
    before = {member.pk: lottery.give(operator, member, CREDIT) for member in collectors}
    plans = [[chance.randrange(300_00, 1300_00) for _ in range(2)] for _ in collectors]
    texts = [[(amount, _text(amount, chance)) for amount in plan] for plan in plans]
    with lottery.open_phase(operator) as phase:
        told = at_once([partial(_hand_in, operator, phase, *pair) for pair in zip(collectors, texts, strict=True)])
        assert not [one for one in told if isinstance(one, BaseException)]
        total, bets = lottery.exposure(operator, phase, "123")
        accepted = 0
        for member, own in zip(collectors, told, strict=True):
            paid = 0
            for amount, answer in own:  # type: ignore[union-attr]
                if isinstance(answer, Placed):
                    paid += answer.slip.total_amount
                    accepted += amount
                else:
                    [offender] = answer.params["numbers"]
                    assert (offender["number"], offender["asked"]) == ("123", operator.money(amount))
                    free = int(offender["free"].replace(".", ""))
                    assert amount > free >= LIMIT - total
            assert lottery.balance(operator, member) == before[member.pk] - paid
        assert accepted == total <= LIMIT
        assert total > LIMIT - 1300_00, "the limit was reached"
        assert bets < 2 * COLLECTORS
    assert lottery.broken(operator) == {}


def _text(amount: int, chance: random.Random) -> str:
    lines = [f"{number} 0.01" for number in chance.sample(["122", "124", "125", "126"], 3)]
    lines.insert(chance.randrange(4), f"123 {amount // 100}.{amount % 100:02d}")
    return "\n".join(lines)


def _hand_in(operator: Operator, phase: Phase, member: Member, texts: list[tuple[int, str]]) -> Told:
    told: Told = []
    for amount, text in texts:
        key, answers = ids.uuid7_text(), []
        for _ in range(2):
            try:
                answers.append(lottery.place(operator, member, phase, text, key=key))
            except SlipOverLimit as refusal:
                answers.append(refusal)
        first, again = answers
        assert isinstance(first, SlipOverLimit) or again == first
        told.append((amount, first))
    return told


def test_a_slip_handed_in_many_times_at_once_is_taken_once(operator_a: Operator) -> None:
    carl = lottery.collector(operator_a, credit=CREDIT)
    with lottery.open_phase(operator_a) as phase:
        placed = at_once([lambda: lottery.place(operator_a, carl, phase, "123R 100", key="same") for _ in range(8)])
        assert all(one == placed[0] for one in placed)
        assert lottery.balance(operator_a, carl) == CREDIT - 600_00
        cancelled = at_once(
            [lambda: cancel_slip(operator=operator_a, slip_id=placed[0].slip.pk, actor="x") for _ in range(8)]
        )
        assert all(one.is_cancelled for one in cancelled)
        assert lottery.balance(operator_a, carl) == CREDIT
        assert lottery.exposure(operator_a, phase, "123") == (0, 0)
    assert lottery.broken(operator_a) == {}


def test_slips_and_cancellations_in_any_order_of_numbers_do_not_deadlock(operator_a: Operator) -> None:
    sellers = [lottery.collector(operator_a, credit=CREDIT) for _ in range(8)]

    def work(member: Member, seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(5):
            numbers = chance.sample(range(20), 12)
            text = "\n".join(f"{number:03d} 1" for number in numbers)
            slip = lottery.place(operator_a, member, phase, text).slip
            if chance.random() < 0.5:
                cancel_slip(operator=operator_a, slip_id=slip.pk, actor="x", member=member)

    with lottery.open_phase(operator_a) as phase:
        told = at_once([partial(work, member, seed) for seed, member in enumerate(sellers)])
        assert told == [None] * len(sellers)
    assert lottery.broken(operator_a) == {}


def test_the_close_waits_for_slips_in_flight_and_a_slip_that_waits_at_the_gate_is_refused(operator_a: Operator) -> None:
    carl, dora = (lottery.collector(operator_a, credit=CREDIT) for _ in range(2))
    with lottery.open_phase(operator_a) as phase:
        [first, shut, late] = _around_the_close(operator_a, phase, carl, dora)
        assert isinstance(first, Placed)
        assert shut.closed_at > first.slip.created_at
        assert isinstance(late, PhaseNotTaking)
        assert lottery.exposure(operator_a, phase, "123") == (1_00, 1)
    assert lottery.broken(operator_a) == {}


def _around_the_close(operator: Operator, phase: Phase, carl: Member, dora: Member) -> list[Any]:
    """A slip that has passed the gate and cannot go on; a close that waits for it; a slip behind the close."""
    results: list[Any] = [None] * 3

    def run(place: int, work: Any) -> None:
        try:
            results[place] = work()
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    works = [
        lambda: lottery.place(operator, carl, phase, "123 1"),
        lambda: lottery.close(operator, phase),
        lambda: lottery.place(operator, dora, phase, "123 1"),
    ]
    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    with tenant_context(operator), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM banker_exposure WHERE phase_id = %s FOR UPDATE", [phase.pk])
        for count, thread in enumerate(threads, 1):
            thread.start()
            until_waiting(count)
    for thread in threads:
        thread.join(20)
    return results


def test_control_without_the_lock_on_its_number_a_slip_passes_the_limit(operator_a: Operator) -> None:
    """Two slips of 30,000 where 50,000 may be: the second looks before the first has committed."""
    carl, dora = (lottery.collector(operator_a, credit=40_000_00) for _ in range(2))
    with lottery.open_phase(operator_a) as phase:
        try:
            assert _second_of_two(operator_a, phase, carl, dora, locked=True) == "over_limit"
            assert _second_of_two(operator_a, phase, carl, dora, locked=False) == "accepted"
        finally:
            with tenant_context(operator_a), connection.cursor() as cursor:
                cursor.execute("DROP FUNCTION IF EXISTS banker_place_unlocked")


def _second_of_two(operator: Operator, phase: Phase, carl: Member, dora: Member, *, locked: bool) -> Any:
    """What the second of two slips is told when it asks while the first is underway; both are rolled back."""
    function = "banker_place" if locked else "banker_place_unlocked"
    if not locked:
        _make_unlocked(operator)
    first, second = (psycopg.connect(**parameters(), autocommit=False) for _ in range(2))
    try:
        for one in (first, second):
            one.execute(f"SET search_path = {operator.schema_name}, public")
            one.execute("SELECT set_config('app.tenant', %s, true)", [operator.schema_name])
        assert _raw_place(first, "banker_place", phase, carl) == "accepted"
        # The first one's rows must go before the second one can end: it is undone meanwhile only where nothing waits.
        told: list[Any] = []
        thread = threading.Thread(target=lambda: told.append(_raw_place(second, function, phase, dora)))
        thread.start()
        until_waiting(1)
        first.commit()
        thread.join(20)
        second.rollback()
        return told[0]
    finally:
        first.close()
        second.close()
        _undo(operator, phase, carl)


def _raw_place(one: Any, function: str, phase: Phase, member: Member) -> str:
    slip = ids.uuid7().int >> 32 << 32
    row = one.execute(
        f"SELECT outcome FROM {function}(%s, %s, %s, %s, %s, false, '123 30000', %s::text[], %s::bigint[],"
        " %s::int[], 15000)",
        [phase.pk, member.pk, ids.uuid7_text(), b"x" * 32, UUID(int=slip), ["123"], [30_000_00], [1]],
    ).fetchone()
    return str(row[0])


def _make_unlocked(operator: Operator) -> None:
    """The same function without the lock on the numbers."""
    with tenant_context(operator), connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('banker_place'::regproc)")
        text = cursor.fetchone()[0]
        lock = "ORDER BY e.number FOR UPDATE;"
        assert text.count(lock) == 1
        cursor.execute(text.replace(lock, "ORDER BY e.number;").replace("banker_place(", "banker_place_unlocked("))


def _undo(operator: Operator, phase: Phase, member: Member) -> None:
    with tenant_context(operator):
        own = list(Slip.objects.filter(phase=phase, member=member).values_list("pk", flat=True))
    for slip_id in own:
        cancel_slip(operator=operator, slip_id=slip_id, actor="tests")
