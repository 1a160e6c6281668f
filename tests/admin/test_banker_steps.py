"""What staff see of the lottery and do with its members; numbers that wait for their second admin they do not see."""

from typing import Any

import pytest

from banker.models import Member, ResultEntry, Slip
from banker.services.results import enter_result, reject_result
from operators.models import Operator
from operators.tenancy import tenant_context
from tests.admin.desk import Desk, last_entry, list_address, page_address, told
from tests.support import lottery

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def at_alpha(desk: Desk, operator_a: Operator) -> Desk:
    return desk.pick(operator_a)


def active(operator: Operator, member: Member) -> bool:
    with tenant_context(operator):
        return Member.objects.get(pk=member.pk).active


def test_a_member_is_kept_out_and_let_in_again_with_a_reason(at_alpha: Desk, operator_a: Operator) -> None:
    carl = lottery.collector(operator_a)
    answer = at_alpha.take(page_address(carl, "keep_out"), reason="lost its device")
    assert told(answer) == f"{carl.username} is kept out."
    assert not active(operator_a, carl)
    entry = last_entry("member.deactivated")
    assert (entry.actor.startswith("staff:"), entry.after) == (True, {"reason": "lost its device"})
    at_alpha.take(page_address(carl, "let_in"), reason="found again")
    assert active(operator_a, carl)


def test_a_number_is_shown_to_staff_once_it_is_decided(at_alpha: Desk, operator_a: Operator) -> None:
    ann, bob = lottery.admin(operator_a), lottery.admin(operator_a)
    with lottery.open_phase(operator_a) as phase:
        pass
    enter_result(operator=operator_a, phase_id=phase.pk, number="739", admin=ann)
    with tenant_context(operator_a):
        entry = ResultEntry.objects.get(phase=phase)
    for address in (list_address(ResultEntry), page_address(entry)):
        assert "739" not in shown(at_alpha.get(address))
    reject_result(operator=operator_a, phase_id=phase.pk, admin=bob)
    assert "739" in shown(at_alpha.get(page_address(entry)))


def shown(answer: Any) -> str:
    """What stands on the page, without ids, which may have any digits."""
    import re

    assert answer.status_code == 200
    return re.sub(r"[0-9a-f]{4,}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "", answer.content.decode())


def test_no_page_of_a_member_has_its_password_or_its_second_factor(at_alpha: Desk, operator_a: Operator) -> None:
    ann = lottery.admin(operator_a)
    page = at_alpha.get(page_address(ann)).content.decode()
    assert ann.password_hash not in page
    assert bytes(ann.totp_sealed or b"").hex() not in page


def test_the_page_of_a_slip_has_its_lines_its_code_and_what_it_has_won(at_alpha: Desk, operator_a: Operator) -> None:
    from banker.services.slips import check_code

    phase = lottery.history(operator_a)
    with tenant_context(operator_a):
        slip = Slip.objects.filter(phase=phase).latest("pk")
    page = at_alpha.get(page_address(slip)).content.decode()
    for text in ("124 1", "500 9", check_code(operator_a, slip), "80.00"):
        assert text in page
