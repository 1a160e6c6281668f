"""Members, phases and slips of the three-digit lottery, made by the ordinary services."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import banker.invariants
import wallet.invariants
from banker import selectors, services
from banker.models import Member, Phase, PhaseStatus, Role
from banker.services.members import MemberTerms, add_member, move_credit
from banker.services.phases import PhaseTerms
from banker.services.results import confirm_result, enter_result, propose_correction, settle_phase
from banker.services.slips import Asked, Placed, place_slip
from keno_platform.core import clock, ids
from operators.models import Operator
from operators.tenancy import tenant_context
from tests.support.database import rows


def username(prefix: str) -> str:
    return f"{prefix}-{ids.uuid7().hex[-12:]}"


def admin(operator: Operator) -> Member:
    return add_member(operator=operator, terms=_terms("admin", Role.ADMIN), actor="tests")[0]


def collector(operator: Operator, *, credit: int = 0, **facts: Any) -> Member:
    member, _ = add_member(operator=operator, terms=_terms("carl", Role.COLLECTOR, **facts), actor="tests")
    if credit:
        give(operator, member, credit)
    return member


def _terms(prefix: str, role: Role, **facts: Any) -> MemberTerms:
    return MemberTerms(username=username(prefix), role=role, **facts)


def give(operator: Operator, member: Member, amount: int) -> int:
    key = ids.uuid7_text()
    return move_credit(operator=operator, member_id=member.pk, amount=amount, key=key, actor="tests")[1]


def draft(operator: Operator, **terms: Any) -> Phase:
    now = clock.now()
    times = {"starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(days=1)}
    return services.create_phase(
        operator=operator, terms=PhaseTerms(**{"name": ids.uuid7_text(), **times, **terms}), actor="tests"
    )


@contextmanager
def open_phase(operator: Operator, **terms: Any) -> Iterator[Phase]:
    """An open phase, the only one there may be; closed at the end, so that another test can open its own."""
    phase = draft(operator, **terms)
    try:
        yield services.open_phase(operator=operator, phase_id=phase.pk, actor="tests")
    finally:
        with tenant_context(operator):
            is_open = Phase.objects.filter(pk=phase.pk, status=PhaseStatus.OPEN).exists()
        if is_open:
            close(operator, phase)


def close(operator: Operator, phase: Phase) -> Phase:
    return services.close_phase(operator=operator, phase_id=phase.pk, actor="tests")


def place(
    operator: Operator, member: Member, phase: Phase, text: str, *, key: str | None = None, **asked: Any
) -> Placed:
    return place_slip(
        operator=operator,
        member=member,
        asked=Asked(phase_id=phase.pk, text=text, **asked),
        key=key or ids.uuid7_text(),
    )


def limit(operator: Operator, phase: Phase, number: str, amount: int) -> None:
    services.set_number_limit(operator=operator, phase_id=phase.pk, number=number, max_amount=amount, actor="tests")


def balance(operator: Operator, member: Member) -> int:
    with tenant_context(operator):
        return selectors.balance_of(member)


def exposure(operator: Operator, phase: Phase, number: str) -> tuple[int, int]:
    """Staked on a number, and the bets on it."""
    with tenant_context(operator):
        return selectors.exposures(phase).values_list("total_amount", "bets").get(number=number)


def broken(operator: Operator) -> dict[str, list[Any]]:
    """The invariants of the lottery and of the books that do not hold, with their offenders."""
    with tenant_context(operator):
        found = {
            one.code: rows(one.violations) for one in (*banker.invariants.INVARIANTS, *wallet.invariants.INVARIANTS)
        }
    return {code: offenders for code, offenders in found.items() if offenders}


def agree(operator: Operator, phase: Phase, number: str, admins: list[Member]) -> None:
    """The number of a closed phase, by two admins."""
    enter_result(operator=operator, phase_id=phase.pk, number=number, admin=admins[0])
    confirm_result(operator=operator, phase_id=phase.pk, number=number, admin=admins[1])


def correct(operator: Operator, phase: Phase, number: str, admins: list[Member]) -> None:
    """Another number for a settled phase, by two admins."""
    propose_correction(operator=operator, phase_id=phase.pk, number=number, reason="=misread", admin=admins[0])
    confirm_result(operator=operator, phase_id=phase.pk, number=number, admin=admins[1])


def history(operator: Operator) -> Phase:
    """A phase that was sold, settled on 123 and corrected to 124: a row of everything there is."""
    admins = [admin(operator), admin(operator)]
    top = collector(operator, commission=15_00)
    carl = collector(operator, credit=1000_00, commission=10_00, parent_id=top.pk)
    with open_phase(operator) as phase:
        place(operator, carl, phase, "123 10")
        place(operator, carl, phase, "124=1 500=9")
    agree(operator, phase, "123", admins)
    settle_phase(operator=operator, phase_id=phase.pk)
    correct(operator, phase, "124", admins)
    with tenant_context(operator):
        return selectors.get_phase(phase.pk)
