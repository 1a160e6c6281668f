"""Numbers under four eyes, settled exactly once whatever dies, and corrected by reversal."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from audit.models import AuditEntry
from banker import risk, selectors
from banker.models import Member, Phase, PhaseStatus, Prize, ResultEntry, Settlement, Statement
from banker.services.members import MemberInvalid, set_commission
from banker.services.phases import NumberInvalid, PhaseInvalid, PhaseNotInStatus
from banker.services.results import (
    CorrectionInvalid,
    CorrectionNotCovered,
    ResultDiffers,
    ResultPending,
    SecondAdminNeeded,
    confirm_result,
    enter_result,
    number_now,
    propose_correction,
    reject_result,
    settle_phase,
)
from banker.services.slips import cancel_slip
from banker.slips.numbers import NUMBERS
from banker.tasks import keep_time
from operators.models import Operator
from operators.tenancy import tenant_context
from tests.support import lottery
from tests.support.database import rows, until_waiting
from tests.support.threads import at_once

pytestmark = pytest.mark.usefixtures("committed")
ROOT = Path(__file__).resolve().parents[2]
CREDIT = 100_000_00


@pytest.fixture
def admins(committed: None, operator_a: Operator) -> list[Member]:
    return [lottery.admin(operator_a) for _ in range(2)]


@pytest.fixture
def carl(committed: None, operator_a: Operator) -> Member:
    return lottery.collector(operator_a, credit=CREDIT)


def closed_phase(operator: Operator, sold: list[tuple[Member, str]], **terms: Any) -> Phase:
    with lottery.open_phase(operator, **terms) as phase:
        for member, text in sold:
            lottery.place(operator, member, phase, text)
    return phase


def agree(operator: Operator, phase: Phase, number: str, admins: list[Member]) -> None:
    enter_result(operator=operator, phase_id=phase.pk, number=number, admin=admins[0])
    confirm_result(operator=operator, phase_id=phase.pk, number=number, admin=admins[1])


def settlement(operator: Operator, phase: Phase) -> tuple[int, ...]:
    with tenant_context(operator):
        one = Settlement.objects.get(phase=phase)
    return one.total_in, one.total_out, one.net_profit


def prizes_of(operator: Operator, phase: Phase) -> dict[str, tuple[str, int]]:
    """(rank, amount) of each winning number."""
    with tenant_context(operator):
        found = Prize.objects.filter(phase=phase).values_list("bet__number", "rank", "amount")
        return {number: (rank, amount) for number, rank, amount in found}


def test_the_number_pays_eighty_times_and_nothing_else_does(
    operator_a: Operator, admins: list[Member], carl: Member
) -> None:
    phase = closed_phase(operator_a, [(carl, "123 10\n321 10; 122=10; 500 70")])
    agree(operator_a, phase, "123", admins)
    assert settle_phase(operator=operator_a, phase_id=phase.pk)
    assert prizes_of(operator_a, phase) == {"123": ("straight", 800_00)}
    assert settlement(operator_a, phase) == (100_00, 800_00, -700_00)
    assert lottery.balance(operator_a, carl) == CREDIT - 100_00 + 800_00
    assert lottery.broken(operator_a) == {}


def test_permutations_and_neighbours_pay_where_the_phase_says_so_and_each_bet_its_highest_prize(
    operator_a: Operator, admins: list[Member], carl: Member
) -> None:
    phase = closed_phase(operator_a, [(carl, "000-999 1")], tod_multiplier=10, neighbour_multiplier=20)
    agree(operator_a, phase, "990", admins)
    settle_phase(operator=operator_a, phase_id=phase.pk)
    assert prizes_of(operator_a, phase) == {
        "990": ("straight", 80_00),
        "989": ("neighbour", 20_00),
        "991": ("neighbour", 20_00),
        "909": ("tod", 10_00),
        "099": ("tod", 10_00),
    }
    assert lottery.broken(operator_a) == {}


@pytest.mark.parametrize(("tod", "neighbour"), [(0, 0), (10, 0), (0, 10), (10, 5), (5, 10), (7, 7)])
def test_what_the_database_pays_is_what_the_risk_says_for_every_number(
    operator_a: Operator, carl: Member, tod: int, neighbour: int
) -> None:
    phase = lottery.draft(operator_a, tod_multiplier=tod, neighbour_multiplier=neighbour)
    wanted = {number: risk.prizes(phase, number) for number in NUMBERS}
    with tenant_context(operator_a):
        found = rows(
            f"SELECT n, p.number, p.multiplier FROM generate_series(0, 999) g, lpad(g::text, 3, '0') n,"
            f" banker_prizes('{phase.pk}', n) p"
        )
    paid: dict[str, dict[str, int]] = {number: {} for number in NUMBERS}
    for winning, number, multiplier in found:
        paid[winning][number] = multiplier
    assert paid == wanted


def test_prizes_that_pay_more_than_is_staked_make_no_phase(operator_a: Operator) -> None:
    lottery.draft(operator_a, multiplier=800, tod_multiplier=40)
    for terms in ({"multiplier": 801, "tod_multiplier": 40}, {"tod_multiplier": 81}, {"neighbour_multiplier": -1}):
        with pytest.raises(PhaseInvalid):
            lottery.draft(operator_a, **terms)


def test_a_cancelled_slip_neither_counts_nor_wins(operator_a: Operator, admins: list[Member], carl: Member) -> None:
    with lottery.open_phase(operator_a) as phase:
        slip = lottery.place(operator_a, carl, phase, "123 10").slip
        cancel_slip(operator=operator_a, slip_id=slip.pk, actor="tests")
    agree(operator_a, phase, "123", admins)
    settle_phase(operator=operator_a, phase_id=phase.pk)
    assert settlement(operator_a, phase) == (0, 0, 0)
    assert lottery.balance(operator_a, carl) == CREDIT
    assert lottery.broken(operator_a) == {}


def test_statements_share_the_commission_along_the_hierarchy(operator_a: Operator, admins: list[Member]) -> None:
    top = lottery.collector(operator_a, commission=15_00)
    middle = lottery.collector(operator_a, credit=CREDIT, commission=10_00, parent_id=top.pk)
    low = lottery.collector(operator_a, credit=CREDIT, commission=10_00, parent_id=middle.pk)
    lone = lottery.collector(operator_a, credit=CREDIT, commission=3_33)
    phase = closed_phase(operator_a, [(middle, "123 10"), (low, "124 20; 123=10"), (low, "1** 1"), (lone, "500 0.10")])
    agree(operator_a, phase, "123", admins)
    settle_phase(operator=operator_a, phase_id=phase.pk)
    with tenant_context(operator_a):
        found = {
            one.member_id: (one.slips, one.total_in, one.total_out, one.commission_amount)
            for one in Statement.objects.filter(phase=phase)
        }
        total = Settlement.objects.get(phase=phase).commission_total
    assert found == {
        top.pk: (0, 0, 0, 50 + 650),
        middle.pk: (1, 10_00, 800_00, 100),
        low.pk: (2, 130_00, 880_00, 1300),
        lone.pk: (1, 10, 0, 0),
    }
    assert total == 2100 == (10_00 + 130_00) * 15 // 100
    assert lottery.balance(operator_a, top) == 700
    assert lottery.balance(operator_a, low) == CREDIT - 130_00 + 880_00 + 1300
    assert lottery.broken(operator_a) == {}


def test_a_commission_is_between_those_above_and_below(operator_a: Operator) -> None:
    top = lottery.collector(operator_a, commission=15_00)
    low = lottery.collector(operator_a, commission=10_00, parent_id=top.pk)
    for member, commission in ((top, 9_99), (low, 15_01), (lottery.admin(operator_a), 1)):
        with pytest.raises(MemberInvalid):
            set_commission(operator=operator_a, member_id=member.pk, commission=commission, actor="tests")
    with pytest.raises(MemberInvalid):
        lottery.collector(operator_a, commission=15_01, parent_id=top.pk)
    assert set_commission(operator=operator_a, member_id=low.pk, commission=15_00, actor="tests").commission == 15_00


def test_a_number_counts_when_a_second_admin_has_typed_it_too(
    operator_a: Operator, admins: list[Member], carl: Member
) -> None:
    ann, bob = admins
    phase = closed_phase(operator_a, [(carl, "123 10")])
    call = {"operator": operator_a, "phase_id": phase.pk}
    with pytest.raises(selectors.ResultNotFound):
        confirm_result(**call, number="123", admin=bob)
    with pytest.raises(NumberInvalid):
        enter_result(**call, number="12", admin=ann)
    enter_result(**call, number="132", admin=ann)
    with pytest.raises(ResultPending):
        enter_result(**call, number="123", admin=bob)
    with pytest.raises(SecondAdminNeeded):
        confirm_result(**call, number="132", admin=ann)
    with pytest.raises(ResultDiffers):
        confirm_result(**call, number="123", admin=bob)
    assert not settle_phase(operator=operator_a, phase_id=phase.pk)
    reject_result(**call, admin=bob)
    agree(operator_a, phase, "123", admins)
    with pytest.raises(PhaseNotInStatus):
        enter_result(**call, number="124", admin=ann)
    told = AuditEntry.objects.filter(description__startswith=f"phase {phase.name}: result").order_by("pk")
    assert [(one.event_type, one.actor) for one in told] == [
        ("phase.result_entered", f"admin {ann.username}"),
        ("phase.result_rejected", f"admin {bob.username}"),
        ("phase.result_entered", f"admin {ann.username}"),
        ("phase.result_confirmed", f"admin {bob.username}"),
    ]
    settle_phase(**call)


def test_an_open_phase_takes_no_number(operator_a: Operator, admins: list[Member]) -> None:
    with lottery.open_phase(operator_a) as phase, pytest.raises(PhaseNotInStatus):
        enter_result(operator=operator_a, phase_id=phase.pk, number="123", admin=admins[0])


def test_the_database_refuses_one_admin_for_both(operator_a: Operator, admins: list[Member]) -> None:
    phase = closed_phase(operator_a, [])
    enter_result(operator=operator_a, phase_id=phase.pk, number="123", admin=admins[0])
    statement = "UPDATE banker_resultentry SET decided_by_id = entered_by_id, decided_at = now(), confirmed = true"
    refused = pytest.raises(IntegrityError, match="banker_result_four_eyes")
    with tenant_context(operator_a), refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{statement} WHERE phase_id = %s", [phase.pk])


def test_of_many_settlements_at_once_one_pays(operator_a: Operator, admins: list[Member], carl: Member) -> None:
    phase = closed_phase(operator_a, [(carl, "123 10")])
    agree(operator_a, phase, "123", admins)
    told = at_once([lambda: settle_phase(operator=operator_a, phase_id=phase.pk) for _ in range(6)])
    assert sorted(told) == [False] * 5 + [True]  # type: ignore[type-var]
    assert lottery.balance(operator_a, carl) == CREDIT + 790_00
    assert lottery.broken(operator_a) == {}


def test_the_clocks_task_settles_what_is_confirmed(operator_a: Operator, admins: list[Member], carl: Member) -> None:
    phase = closed_phase(operator_a, [(carl, "123 10")])
    assert str(phase.pk) not in keep_time()
    agree(operator_a, phase, "123", admins)
    assert str(phase.pk) in keep_time()
    assert str(phase.pk) not in keep_time()
    with tenant_context(operator_a):
        assert Phase.objects.get(pk=phase.pk).status == PhaseStatus.SETTLED


SETTLE = """
import sys, uuid, django
django.setup()
from operators.selectors import get_operator
from banker.services.results import settle_phase
settle_phase(operator=get_operator(slug=sys.argv[1]), phase_id=uuid.UUID(sys.argv[2]))
"""


def test_a_process_killed_in_the_middle_of_a_settlement_has_paid_nothing_and_the_next_pays_once(
    operator_a: Operator, admins: list[Member], carl: Member
) -> None:
    """The last of the winners' accounts is held, so the settlement stands still with its prizes written."""
    others = [lottery.collector(operator_a, credit=10_00, commission=5_00) for _ in range(5)]
    phase = closed_phase(operator_a, [(member, "123 1; 124=2") for member in (*others, carl)])
    agree(operator_a, phase, "123", admins)
    for _ in range(2):
        with tenant_context(operator_a), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM wallet_account WHERE player_id = %s FOR UPDATE", [others[-1].holder_id])
            child = _settling(operator_a, phase)
            try:
                until_waiting(1, seconds=30)
            finally:
                child.send_signal(signal.SIGKILL)
                assert child.communicate()[1] == b""
        _until_gone()
        with tenant_context(operator_a):
            assert not Prize.objects.filter(phase=phase).exists()
            assert Phase.objects.get(pk=phase.pk).status == PhaseStatus.CLOSED
        assert lottery.balance(operator_a, carl) == CREDIT - 3_00
    assert str(phase.pk) in keep_time()
    assert str(phase.pk) not in keep_time()
    assert settlement(operator_a, phase) == (18_00, 480_00, -462_00)
    assert lottery.balance(operator_a, carl) == CREDIT - 3_00 + 80_00
    assert [lottery.balance(operator_a, member) for member in others] == [10_00 - 3_00 + 80_00 + 15] * 5
    assert lottery.broken(operator_a) == {}


def _settling(operator: Operator, phase: Phase) -> "subprocess.Popen[bytes]":
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    environment = os.environ | {
        "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}",
        "DJANGO_SETTINGS_MODULE": "keno_platform.settings",
        "KENO_PROCESS": "killed-settlement",
    }
    command = [sys.executable, "-c", SETTLE, operator.slug, str(phase.pk)]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def _until_gone() -> None:
    """Until the server has noticed that the killed process is gone, and undone what it did."""
    with connection.cursor() as cursor:
        for _ in range(1_000):
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'killed-settlement'")
            if cursor.fetchone()[0] == 0:
                return
            cursor.execute("SELECT pg_sleep(0.02)")
    raise AssertionError("the killed process' connection is still there")


def test_a_correction_takes_back_what_was_wrong_and_pays_what_is_right(
    operator_a: Operator, admins: list[Member], carl: Member
) -> None:
    dora = lottery.collector(operator_a, credit=CREDIT)
    phase = closed_phase(operator_a, [(carl, "123 10"), (dora, "124 10"), (carl, "124 1")])
    agree(operator_a, phase, "123", admins)
    settle_phase(operator=operator_a, phase_id=phase.pk)
    ann, bob = admins
    call = {"operator": operator_a, "phase_id": phase.pk}
    for number, reason in (("123", "typing slip"), ("124", ""), ("124", "x" * 401)):
        with pytest.raises(CorrectionInvalid):
            propose_correction(**call, number=number, reason=reason, admin=ann)
    propose_correction(**call, number="124", reason="typing slip", admin=ann)
    with pytest.raises(SecondAdminNeeded):
        confirm_result(**call, number="124", admin=ann)
    confirm_result(**call, number="124", admin=bob)
    assert lottery.balance(operator_a, carl) == CREDIT - 11_00 + 80_00
    assert lottery.balance(operator_a, dora) == CREDIT - 10_00 + 800_00
    assert settlement(operator_a, phase) == (21_00, 800_00, -779_00), "the settlement itself is never changed"
    propose_correction(**call, number="999", reason="it was neither", admin=bob)
    confirm_result(**call, number="999", admin=ann)
    assert lottery.balance(operator_a, carl) == CREDIT - 11_00
    assert lottery.balance(operator_a, dora) == CREDIT - 10_00
    with tenant_context(operator_a):
        found = [(one.number_before, one.number_after, one.reversed_amount, one.paid_amount)
                 for one in selectors.corrections(phase)]  # fmt: skip
        assert number_now(phase) == "999"
    assert found == [("123", "124", 800_00, 880_00), ("124", "999", 880_00, 0)]
    assert lottery.broken(operator_a) == {}


def test_a_correction_that_a_collector_cannot_cover_moves_nothing_and_says_who_lacks_what(
    operator_a: Operator, admins: list[Member]
) -> None:
    poor = lottery.collector(operator_a, credit=10_00)
    phase = closed_phase(operator_a, [(poor, "123 10")])
    agree(operator_a, phase, "123", admins)
    settle_phase(operator=operator_a, phase_id=phase.pk)
    lottery.give(operator_a, poor, -300_00)
    call = {"operator": operator_a, "phase_id": phase.pk, "number": "124"}
    propose_correction(**call, reason="typing slip", admin=admins[0])
    with pytest.raises(CorrectionNotCovered) as refused:
        confirm_result(**call, admin=admins[1])
    assert refused.value.params == {"members": {poor.username: "300.00"}}
    assert lottery.balance(operator_a, poor) == 500_00
    with tenant_context(operator_a):
        assert ResultEntry.objects.get(phase=phase, correction=True).decided_at is None
    lottery.give(operator_a, poor, 300_00)
    confirm_result(**call, admin=admins[1])
    assert lottery.balance(operator_a, poor) == 0
    assert lottery.broken(operator_a) == {}


def test_any_history_of_slips_keeps_the_books(operator_a: Operator, admins: list[Member]) -> None:
    chance = random.Random(8)
    sellers = [lottery.collector(operator_a, credit=CREDIT, commission=chance.randrange(20_00)) for _ in range(4)]
    with lottery.open_phase(operator_a, tod_multiplier=12, neighbour_multiplier=3, global_limit=500_00) as phase:
        for _ in range(30):
            text = "\n".join(
                f"{chance.choice(['12*', '123', '321R', '120-129'])} {chance.randrange(1, 90)}.25" for _ in range(3)
            )
            placed = lottery.place(operator_a, chance.choice(sellers), phase, text + "\n777 0.01", partial=True)
            if chance.random() < 0.3:
                cancel_slip(operator=operator_a, slip_id=placed.slip.pk, actor="tests")
        with tenant_context(operator_a):
            expected = risk.outcome(phase, risk.heat_map(phase), "123")
            assert risk.worst(phase, risk.heat_map(phase), 1)[0].payout >= expected.payout
    agree(operator_a, phase, "123", admins)
    settle_phase(operator=operator_a, phase_id=phase.pk)
    assert settlement(operator_a, phase)[1:] == (expected.payout, expected.net)
    assert lottery.broken(operator_a) == {}
