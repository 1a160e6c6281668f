"""What changes of a phase while it takes slips, and what slips at that moment are told."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction

from audit.models import AuditEntry
from banker import selectors
from banker.models import Member, Phase
from banker.services import clear_number_limit, set_end, set_global_limit
from banker.services.phases import NumberInvalid, PhaseInvalid, PhaseNotInStatus
from banker.services.slips import PhaseNotTaking, Placed, SlipOverLimit
from keno_platform.core import clock
from operators.models import Operator
from operators.tenancy import tenant_context
from tests.support import lottery
from tests.support.database import until_waiting

pytestmark = pytest.mark.usefixtures("committed")
HOUR = timedelta(hours=1)


@pytest.fixture
def phase(committed: None, operator_a: Operator) -> Iterator[Phase]:
    with lottery.open_phase(operator_a, global_limit=100_00) as opened:
        yield opened


@pytest.fixture
def carl(committed: None, operator_a: Operator) -> Member:
    return lottery.collector(operator_a, credit=100_000_00)


def again(operator: Operator, phase: Phase) -> Phase:
    with tenant_context(operator):
        return selectors.get_phase(phase.pk)


def test_an_open_phase_takes_slips_longer_or_shorter_from_now_on(
    operator_a: Operator, phase: Phase, carl: Member
) -> None:
    later = phase.ends_at + HOUR
    assert set_end(operator=operator_a, phase_id=phase.pk, ends_at=later, actor="tests").ends_at == later
    assert again(operator_a, phase).ends_at == later
    lottery.place(operator_a, carl, phase, "123 1")
    soon = clock.now() + timedelta(milliseconds=300)
    set_end(operator=operator_a, phase_id=phase.pk, ends_at=soon, actor="tests")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep_until(%s)", [soon])
    with pytest.raises(PhaseNotTaking):
        lottery.place(operator_a, carl, phase, "123 1")
    with pytest.raises(PhaseNotInStatus):
        set_end(operator=operator_a, phase_id=phase.pk, ends_at=later, actor="tests")
    told = AuditEntry.objects.filter(event_type="phase.end_set", description__contains=phase.name).order_by("pk")
    assert [one.after for one in told] == [{"ends_at": clock.to_text(later)}, {"ends_at": clock.to_text(soon)}]
    assert lottery.broken(operator_a) == {}


def test_an_end_that_has_passed_or_comes_before_the_start_is_none(operator_a: Operator, phase: Phase) -> None:
    for ends_at in (clock.now() - HOUR, phase.starts_at):
        with pytest.raises(PhaseInvalid):
            set_end(operator=operator_a, phase_id=phase.pk, ends_at=ends_at, actor="tests")
    draft = lottery.draft(operator_a, starts_at=clock.now() + HOUR)
    with pytest.raises(PhaseInvalid):
        set_end(operator=operator_a, phase_id=draft.pk, ends_at=clock.now() + HOUR / 2, actor="tests")
    lottery.close(operator_a, phase)
    with pytest.raises(PhaseNotInStatus):
        set_end(operator=operator_a, phase_id=phase.pk, ends_at=clock.now() + HOUR, actor="tests")


def test_a_new_end_waits_for_slips_that_have_passed_the_gate(operator_a: Operator, phase: Phase, carl: Member) -> None:
    """The slip stands still with the gate passed; the new end comes after it, so no slip is later than the end."""
    results: list[Any] = [None, None]
    works = [
        lambda: lottery.place(operator_a, carl, phase, "123 1"),
        lambda: set_end(operator=operator_a, phase_id=phase.pk, ends_at=clock.now() + HOUR, actor="tests"),
    ]

    def run(place: int) -> None:
        try:
            results[place] = works[place]()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(2)]
    with tenant_context(operator_a), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM banker_exposure WHERE phase_id = %s FOR UPDATE", [phase.pk])
        for count, thread in enumerate(threads, 1):
            thread.start()
            until_waiting(count)
        assert results == [None, None]
    for thread in threads:
        thread.join(20)
    assert isinstance(results[0], Placed)
    assert results[1].ends_at > results[0].slip.created_at
    assert lottery.broken(operator_a) == {}


def test_another_limit_for_all_numbers_acts_at_once_and_leaves_what_is_staked(
    operator_a: Operator, phase: Phase, carl: Member
) -> None:
    lottery.limit(operator_a, phase, "777", 5_00)
    lottery.place(operator_a, carl, phase, "123 80")
    set_global_limit(operator=operator_a, phase_id=phase.pk, amount=50_00, actor="tests")
    with pytest.raises(SlipOverLimit) as refused:
        lottery.place(operator_a, carl, phase, "123 0.01\n456 50\n777 5.01")
    assert [(one["number"], one["free"]) for one in refused.value.params["numbers"]] == [
        ("123", "0.00"),
        ("777", "5.00"),
    ]
    assert lottery.exposure(operator_a, phase, "123") == (80_00, 1)
    set_global_limit(operator=operator_a, phase_id=phase.pk, amount=90_00, actor="tests")
    lottery.place(operator_a, carl, phase, "123 10")
    for amount in (0, -1, 10**18):
        with pytest.raises(PhaseInvalid):
            set_global_limit(operator=operator_a, phase_id=phase.pk, amount=amount, actor="tests")
    assert lottery.broken(operator_a) == {}


def test_a_number_without_its_own_limit_has_the_phases_again(operator_a: Operator, phase: Phase, carl: Member) -> None:
    lottery.limit(operator_a, phase, "123", 0)
    with pytest.raises(SlipOverLimit):
        lottery.place(operator_a, carl, phase, "123 1")
    for _ in range(2):
        clear_number_limit(operator=operator_a, phase_id=phase.pk, number="123", actor="tests")
    lottery.place(operator_a, carl, phase, "123 100")
    told = AuditEntry.objects.filter(event_type="phase.limit_cleared", description__contains=phase.name)
    assert [(one.before["max_amount"], one.after["max_amount"]) for one in told] == [("0.00", "100.00")]
    for number in ("12", "1234", "12a", "١٢٣"):
        with pytest.raises(NumberInvalid):
            clear_number_limit(operator=operator_a, phase_id=phase.pk, number=number, actor="tests")


def test_a_closed_phase_keeps_its_limits(operator_a: Operator, phase: Phase) -> None:
    lottery.close(operator_a, phase)
    with pytest.raises(PhaseNotInStatus):
        set_global_limit(operator=operator_a, phase_id=phase.pk, amount=1_00, actor="tests")
    with pytest.raises(PhaseNotInStatus):
        clear_number_limit(operator=operator_a, phase_id=phase.pk, number="123", actor="tests")
