"""Each invariant of the lottery sees what it is about: rows are spoiled behind the triggers' backs, and undone."""

import re
from typing import Any

import pytest
from django.db import connection, transaction

from banker.models import Phase
from banker.services.results import confirm_result, enter_result, propose_correction, settle_phase
from banker.services.slips import cancel_slip
from operators.models import Operator
from operators.tenancy import tenant_context
from tests.support import lottery

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture(scope="module")
def played(django_db_setup: None, django_db_blocker: Any) -> Phase:
    """A phase with everything: slips, one taken back, prizes, commission, a correction."""
    from operators.selectors import get_operator

    with django_db_blocker.unblock():
        operator = get_operator(slug="alpha")
        ann, bob = lottery.admin(operator), lottery.admin(operator)
        carl = lottery.collector(operator, credit=1_000_00, commission=10_00)
        with lottery.open_phase(operator) as phase:
            lottery.place(operator, carl, phase, "123 10\n124 5")
            taken_back = lottery.place(operator, carl, phase, "125 1").slip
            cancel_slip(operator=operator, slip_id=taken_back.pk, actor="tests")
        enter_result(operator=operator, phase_id=phase.pk, number="123", admin=ann)
        confirm_result(operator=operator, phase_id=phase.pk, number="123", admin=bob)
        settle_phase(operator=operator, phase_id=phase.pk)
        propose_correction(operator=operator, phase_id=phase.pk, number="124", reason="misread", admin=bob)
        confirm_result(operator=operator, phase_id=phase.pk, number="124", admin=ann)
    return phase


OF_PHASE = "WHERE phase_id = %(phase)s"
MOVEMENTS = "wallet_transaction t USING banker_slip s WHERE s.phase_id = %(phase)s AND t.id = movement_id(s.id, {kind})"


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (f"UPDATE banker_exposure SET total_amount = total_amount + 1 {OF_PHASE} AND number = '123'", "I40"),
        (f"UPDATE banker_exposure SET bets = 1 {OF_PHASE} AND number = '125'", "I40"),
        (f"DELETE FROM banker_exposure {OF_PHASE} AND number = '999'", "I40"),
        (f"DELETE FROM banker_bet {OF_PHASE} AND number = '124'", "I41"),
        (f"UPDATE banker_bet SET amount = amount + 1 {OF_PHASE} AND number = '124'", "I41"),
        (f"DELETE FROM {MOVEMENTS.format(kind=9)}", "I42"),
        (f"DELETE FROM {MOVEMENTS.format(kind=11)}", "I42"),
        (f"UPDATE banker_slip SET created_at = clock_timestamp() {OF_PHASE}", "I43"),
        (f"DELETE FROM banker_prize {OF_PHASE}", "I44"),
        (f"UPDATE banker_prize SET amount = amount + 1 {OF_PHASE}", "I44"),
        (f"DELETE FROM {MOVEMENTS.format(kind=10)}", "I45"),
        ("UPDATE banker_correctionline l SET reversed_amount = reversed_amount + 1 FROM banker_slip s"
         " WHERE s.id = l.slip_id AND s.phase_id = %(phase)s", "I45"),
        (f"UPDATE banker_statement SET commission_amount = commission_amount + 1 {OF_PHASE}", "I46"),
        (f"UPDATE banker_settlement SET bets = bets + 1 {OF_PHASE}", "I47"),
        (f"DELETE FROM banker_settlement {OF_PHASE}", "I47"),
        (f"UPDATE banker_resultentry SET number = '777' {OF_PHASE} AND NOT correction", "I48"),
        ("ALTER TABLE banker_bet DISABLE TRIGGER append_only", "I49"),
    ],
)  # fmt: skip
def test_what_is_spoiled_is_seen(operator_a: Operator, played: Phase, spoil: str, code: str) -> None:
    assert lottery.broken(operator_a) == {}
    with tenant_context(operator_a), transaction.atomic():
        with connection.cursor() as cursor:
            [table] = re.findall(r"^(?:UPDATE|DELETE FROM|ALTER TABLE) (\w+)", spoil)
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(spoil, {"phase": played.pk})
            assert cursor.rowcount != 0, "nothing was spoiled"
        found = lottery.broken(operator_a)
        transaction.set_rollback(True)
    assert code in {one[:3] for one in found}, found
    assert lottery.broken(operator_a) == {}
