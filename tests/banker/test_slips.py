"""Slips: taken whole or not at all, or cut where that was asked for; once for each key; and taken back."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.utils import DatabaseError

from audit.models import AuditEntry
from banker import selectors
from banker.models import Bet, Cancellation, Member, Phase, Slip
from banker.services.members import set_active
from banker.services.slips import (
    Cut,
    NotSelling,
    PhaseNotTaking,
    SlipOverLimit,
    SlipStands,
    SlipTotalDiffers,
    cancel_slip,
    placed_slip,
)
from banker.slips import SlipInvalid
from banker.tasks import keep_time
from keno_platform.core import clock
from keno_platform.core.errors import IdempotencyKeyReused
from operators.models import Operator
from operators.tenancy import tenant_context
from reconciliation.transactions import facts_between
from tests.support import lottery
from wallet.services import InsufficientFunds

pytestmark = pytest.mark.usefixtures("committed")
CREDIT = 1_000_000_00


@pytest.fixture
def phase(committed: None, operator_a: Operator) -> Any:
    with lottery.open_phase(operator_a) as phase:
        yield phase
    assert lottery.broken(operator_a) == {}


@pytest.fixture
def carl(committed: None, operator_a: Operator) -> Member:
    return lottery.collector(operator_a, credit=CREDIT)


def test_a_slip_becomes_its_bets_and_is_paid_by_its_collector(operator_a: Operator, phase: Phase, carl: Member) -> None:
    placed = lottery.place(operator_a, carl, phase, "123 500R200; 000-009=1")
    slip = placed.slip
    assert (slip.bets, slip.total_amount, slip.asked) == (16, 1510_00, 1510_00)
    assert (slip.text, slip.partial, placed.cuts) == ("123 500R200\n000-009 1", False, ())
    assert placed.balance == lottery.balance(operator_a, carl) == CREDIT - 1510_00
    assert lottery.exposure(operator_a, phase, "123") == (500_00, 1)
    assert lottery.exposure(operator_a, phase, "321") == (200_00, 1)
    assert lottery.exposure(operator_a, phase, "010") == (0, 0)
    with tenant_context(operator_a):
        bets = list(selectors.bets_of(slip).values_list("line", "number", "amount"))
    assert bets[:2] == [(1, "123", 500_00), (1, "132", 200_00)]
    assert bets[-1] == (2, "009", 1_00)


def test_over_a_limit_the_whole_slip_is_refused_with_each_number_its_lines_and_what_is_free(
    operator_a: Operator, phase: Phase, carl: Member
) -> None:
    lottery.limit(operator_a, phase, "124", 10_00)
    lottery.limit(operator_a, phase, "125", 0)
    lottery.place(operator_a, carl, phase, "123 49000")
    with pytest.raises(SlipOverLimit) as refused:
        lottery.place(operator_a, carl, phase, "500 1\n\n123 600\n124-125 5; 123=400.01\n124 5.01")
    assert refused.value.params["numbers"] == [
        {"number": "123", "lines": [3, 4], "asked": "1000.01", "free": "1000.00"},
        {"number": "124", "lines": [4, 5], "asked": "10.01", "free": "10.00"},
        {"number": "125", "lines": [4], "asked": "5.00", "free": "0.00"},
    ]
    assert lottery.exposure(operator_a, phase, "500") == (0, 0)
    assert lottery.balance(operator_a, carl) == CREDIT - 49000_00
    lottery.place(operator_a, carl, phase, "123 1000")  # exactly what is free
    assert lottery.exposure(operator_a, phase, "123") == (50000_00, 2)


def test_a_partial_slip_gets_what_is_free_in_its_own_order(operator_a: Operator, phase: Phase, carl: Member) -> None:
    lottery.limit(operator_a, phase, "124", 0)
    placed = lottery.place(operator_a, carl, phase, "123 30000\n500 1\n123 30000\n123 5\n124 7", partial=True)
    assert (placed.slip.asked, placed.slip.total_amount, placed.slip.bets) == (60013_00, 50001_00, 3)
    assert placed.cuts == (
        Cut(number="123", asked=60005_00, taken=50000_00),
        Cut(number="124", asked=7_00, taken=0),
    )
    with tenant_context(operator_a):
        bets = list(selectors.bets_of(placed.slip).values_list("line", "number", "amount"))
        assert placed_slip(operator_a, selectors.get_slip(placed.slip.pk)) == placed
    assert bets == [(1, "123", 30000_00), (2, "500", 1_00), (3, "123", 20000_00)]
    with pytest.raises(SlipOverLimit):
        lottery.place(operator_a, carl, phase, "123-124 1", partial=True)


def test_a_limit_that_changes_in_play_acts_at_once(operator_a: Operator, phase: Phase, carl: Member) -> None:
    lottery.place(operator_a, carl, phase, "123 500")
    lottery.limit(operator_a, phase, "123", 100_00)
    with pytest.raises(SlipOverLimit) as refused:
        lottery.place(operator_a, carl, phase, "123 0.01")
    assert refused.value.params["numbers"][0]["free"] == "0.00"
    lottery.limit(operator_a, phase, "123", 500_01)
    lottery.place(operator_a, carl, phase, "123 0.01")


def test_the_same_key_is_the_same_slip_whenever_it_comes_again(
    operator_a: Operator, phase: Phase, carl: Member
) -> None:
    first = lottery.place(operator_a, carl, phase, "123 500", key="k1")
    lottery.place(operator_a, carl, phase, "124 500", key="k2")
    assert lottery.place(operator_a, carl, phase, "123=500.00", key="k1") == first
    for text, asked in (("123 501", {}), ("123 500", {"partial": True})):
        with pytest.raises(IdempotencyKeyReused):
            lottery.place(operator_a, carl, phase, text, key="k1", **asked)
    other = lottery.collector(operator_a, credit=500_00)
    assert lottery.place(operator_a, other, phase, "123 500", key="k1").slip != first.slip
    lottery.close(operator_a, phase)
    assert lottery.place(operator_a, carl, phase, "123 500", key="k1") == first
    assert lottery.balance(operator_a, carl) == CREDIT - 1000_00


def test_a_slip_costs_no_more_than_the_collector_has(operator_a: Operator, phase: Phase) -> None:
    poor = lottery.collector(operator_a, credit=10_00)
    with pytest.raises(InsufficientFunds) as refused:
        lottery.place(operator_a, poor, phase, "123 10.01")
    assert refused.value.params == {"balance": "10.00", "total": "10.01"}
    lottery.place(operator_a, poor, phase, "123 10")
    assert lottery.balance(operator_a, poor) == 0


def test_a_slip_that_comes_to_another_total_than_was_confirmed_is_refused(
    operator_a: Operator, phase: Phase, carl: Member
) -> None:
    with pytest.raises(SlipTotalDiffers) as refused:
        lottery.place(operator_a, carl, phase, "123R 5", total=15_00)
    assert refused.value.params == {"total": "30.00"}
    lottery.place(operator_a, carl, phase, "123R 5", total=30_00)


def test_what_cannot_be_read_changes_nothing(operator_a: Operator, phase: Phase, carl: Member) -> None:
    with pytest.raises(SlipInvalid):
        lottery.place(operator_a, carl, phase, "123 500\n12 500")
    assert lottery.exposure(operator_a, phase, "123") == (0, 0)


def test_slips_are_taken_between_start_and_end_by_the_databases_clock(operator_a: Operator, carl: Member) -> None:
    now = clock.now()
    with lottery.open_phase(operator_a, starts_at=now + timedelta(hours=1)) as early:
        with pytest.raises(PhaseNotTaking) as refused:
            lottery.place(operator_a, carl, early, "123 5")
        assert refused.value.params == {"reason": "phase_not_begun"}
    with lottery.open_phase(operator_a) as ending:
        with tenant_context(operator_a), connection.cursor() as cursor:
            cursor.execute("UPDATE banker_phase SET ends_at = clock_timestamp() WHERE id = %s", [ending.pk])
        with pytest.raises(PhaseNotTaking) as refused:
            lottery.place(operator_a, carl, ending, "123 5")
        assert refused.value.params == {"reason": "phase_over"}
        assert keep_time() == [str(ending.pk)]
        assert keep_time() == []
    entry = AuditEntry.objects.filter(operator_id=operator_a.pk, event_type="phase.closed").latest("pk")
    assert entry.actor == "system"
    assert lottery.broken(operator_a) == {}


def test_only_an_active_collector_sells(operator_a: Operator, operator_b: Operator, phase: Phase, carl: Member) -> None:
    boss = lottery.admin(operator_a)
    set_active(operator=operator_a, member_id=carl.pk, active=False, actor="tests")
    foreign = lottery.collector(operator_b, credit=1_000)
    for member in (boss, carl, foreign):
        with pytest.raises(NotSelling):
            lottery.place(operator_a, member, phase, "123 5")
    with pytest.raises(selectors.PhaseNotFound):
        lottery.place(operator_b, foreign, phase, "123 5")


def test_a_slip_that_is_taken_back_gives_back_stake_and_room_once(
    operator_a: Operator, phase: Phase, carl: Member
) -> None:
    slip = lottery.place(operator_a, carl, phase, "123 500\n124 500 ; 123=1").slip
    lottery.place(operator_a, carl, phase, "123 7")
    for _ in range(2):
        assert cancel_slip(operator=operator_a, slip_id=slip.pk, actor="tests", member=carl).is_cancelled
    assert lottery.balance(operator_a, carl) == CREDIT - 7_00
    assert lottery.exposure(operator_a, phase, "123") == (7_00, 1)
    assert lottery.exposure(operator_a, phase, "124") == (0, 0)
    entries = AuditEntry.objects.filter(event_type="slip.cancelled", description__contains=str(slip.pk))
    assert entries.count() == 1


def test_a_slip_stands_after_the_close_where_the_phase_says_so_and_for_others(
    operator_a: Operator, phase: Phase, carl: Member
) -> None:
    slip = lottery.place(operator_a, carl, phase, "123 500").slip
    with pytest.raises(selectors.SlipNotFound):
        cancel_slip(operator=operator_a, slip_id=slip.pk, actor="x", member=lottery.collector(operator_a))
    lottery.close(operator_a, phase)
    with pytest.raises(PhaseNotTaking):
        cancel_slip(operator=operator_a, slip_id=slip.pk, actor="x")
    with lottery.open_phase(operator_a, cancellation=False) as strict:
        standing = lottery.place(operator_a, carl, strict, "123 500").slip
        with pytest.raises(SlipStands):
            cancel_slip(operator=operator_a, slip_id=standing.pk, actor="x")


def test_a_slip_of_ten_thousand_bets_is_taken_in_one_piece(operator_a: Operator, phase: Phase, carl: Member) -> None:
    placed = lottery.place(operator_a, carl, phase, "\n".join(["000-999 0.10"] * 10))
    assert (placed.slip.bets, placed.slip.total_amount) == (10_000, 1_000_00)
    assert lottery.exposure(operator_a, phase, "999") == (1_00, 10)
    with tenant_context(operator_a):
        assert Bet.objects.filter(phase=phase).count() == 10_000


def test_the_check_code_is_of_this_slip_and_this_operator(operator_a: Operator, phase: Phase, carl: Member) -> None:
    one, two = (lottery.place(operator_a, carl, phase, "123 500") for _ in range(2))
    assert len(one.check_code) == 8
    assert one.check_code != two.check_code


def test_each_slip_is_in_the_audit_log(operator_a: Operator, phase: Phase, carl: Member) -> None:
    slip = lottery.place(operator_a, carl, phase, "123R 500", key="again").slip
    lottery.place(operator_a, carl, phase, "123R 500", key="again")
    [entry] = AuditEntry.objects.filter(event_type="slip.placed", description__contains=str(slip.pk))
    assert entry.actor == f"collector {carl.username}"
    assert entry.after == {"phase": phase.name, "bets": 6, "total": "3000.00"}


def test_an_operators_feed_of_its_players_transactions_leaves_the_lottery_out(
    operator_a: Operator, phase: Phase, carl: Member
) -> None:
    since = clock.now() - timedelta(minutes=10)
    lottery.place(operator_a, carl, phase, "123 500")
    found = [one for batch in facts_between(operator_a, since=since, until=clock.now()) for one in batch]
    assert [one for one in found if one.player_token == f"@{carl.username}"] == []


@pytest.mark.parametrize("model", [Slip, Bet, Cancellation])
def test_what_was_written_is_never_changed(operator_a: Operator, phase: Phase, carl: Member, model: Any) -> None:
    slip = lottery.place(operator_a, carl, phase, "123 500").slip
    cancel_slip(operator=operator_a, slip_id=slip.pk, actor="tests")
    with tenant_context(operator_a):
        for statement in (f"DELETE FROM {model._meta.db_table}", f"TRUNCATE {model._meta.db_table} CASCADE"):
            with pytest.raises(DatabaseError, match="is append-only"), connection.cursor() as cursor:
                cursor.execute(statement)


def test_the_database_keeps_an_exposure_and_a_balance_above_zero(
    operator_a: Operator, phase: Phase, carl: Member
) -> None:
    for statement, rule in (
        ("UPDATE banker_exposure SET total_amount = -1", "banker_exposure_not_negative"),
        ("UPDATE wallet_account SET balance = -1", "wallet_balance_not_negative"),
    ):
        with tenant_context(operator_a), pytest.raises(IntegrityError, match=rule), connection.cursor() as cursor:
            cursor.execute(statement)
