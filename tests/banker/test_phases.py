"""Phases of the three-digit lottery, and the limits of its numbers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.utils import DatabaseError

from audit.models import AuditEntry
from banker import selectors, services
from banker.models import NumberLimit, Phase, PhaseStatus
from banker.services import AnotherPhaseOpen, NumberInvalid, PhaseInvalid, PhaseNotInStatus, PhaseTerms
from keno_platform.core import clock
from keno_platform.core.errors import Refusal
from operators.tenancy import tenant_context


def terms(name: str = "Feb-01", **changes: Any) -> PhaseTerms:
    now = clock.now()
    return PhaseTerms(**{"name": name, "starts_at": now, "ends_at": now + timedelta(days=1), **changes})


def create(operator: Any, name: str = "Feb-01", **changes: Any) -> Phase:
    return services.create_phase(operator=operator, terms=terms(name, **changes), actor="staff")


def change(verb: str, operator: Any, phase: Phase) -> Phase:
    service = {"open": services.open_phase, "close": services.close_phase}[verb]
    return service(operator=operator, phase_id=phase.pk, actor="staff")


@pytest.mark.django_db
def test_a_phase_starts_as_a_draft_that_takes_fifty_thousand_on_a_number_and_pays_eighty_times(
    operator_a: Any, operator_b: Any
) -> None:
    shillings, francs = create(operator_a), create(operator_b)
    assert (shillings.status, shillings.multiplier) == (PhaseStatus.DRAFT, 80)
    assert operator_a.money(shillings.global_limit) == "50000.00"
    assert operator_b.money(francs.global_limit) == "50000"


@pytest.mark.django_db
def test_a_phase_goes_from_draft_over_open_to_closed_and_never_back(operator_a: Any) -> None:
    phase = create(operator_a)
    with pytest.raises(PhaseNotInStatus):
        change("close", operator_a, phase)
    opened = change("open", operator_a, phase)
    assert (opened.status, opened.opened_at is not None) == (PhaseStatus.OPEN, True)
    with pytest.raises(PhaseNotInStatus):
        change("open", operator_a, phase)
    assert change("close", operator_a, phase).status == PhaseStatus.CLOSED
    for verb in ("open", "close"):
        with pytest.raises(PhaseNotInStatus) as refused:
            change(verb, operator_a, phase)
        assert refused.value.params["status"] == "closed"


@pytest.mark.django_db
def test_one_phase_of_an_operator_is_open_at_a_time(operator_a: Any, operator_b: Any) -> None:
    first, second, elsewhere = create(operator_a, "one"), create(operator_a, "two"), create(operator_b, "one")
    change("open", operator_a, first)
    change("open", operator_b, elsewhere)
    with pytest.raises(AnotherPhaseOpen):
        change("open", operator_a, second)
    change("close", operator_a, first)
    assert change("open", operator_a, second).status == PhaseStatus.OPEN


def test_of_two_phases_opened_at_once_one_is_refused(committed: None, operator_a: Any, unique: Any) -> None:
    phases = [create(operator_a, unique("race")) for _ in range(2)]
    together = Barrier(2)

    def open_it(phase: Phase) -> Phase | Refusal:
        try:
            together.wait(timeout=10)
            return change("open", operator_a, phase)
        except Refusal as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(open_it, phases))
    opened = [one for one in results if isinstance(one, Phase)]
    assert len(opened) == 1
    assert [type(one) for one in results if not isinstance(one, Phase)] == [AnotherPhaseOpen]
    change("close", operator_a, opened[0])


@pytest.mark.django_db
def test_a_phase_whose_end_has_passed_does_not_open(operator_a: Any) -> None:
    past = clock.now() - timedelta(days=2)
    phase = create(operator_a, starts_at=past, ends_at=past + timedelta(days=1))
    with pytest.raises(PhaseInvalid):
        change("open", operator_a, phase)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": " Feb"}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "x" * 41}, "name"),
        ({"ends_at": datetime(2020, 1, 1, tzinfo=UTC)}, "ends_at"),
        ({"global_limit": 0}, "global_limit"),
        ({"global_limit": 10**15 + 1}, "global_limit"),
        ({"multiplier": 0}, "multiplier"),
        ({"multiplier": 1001}, "multiplier"),
    ],
)
def test_terms_that_do_not_hold_together_are_refused_and_make_no_phase(
    operator_a: Any, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(PhaseInvalid) as refused:
        services.create_phase(operator=operator_a, terms=terms(**changes), actor="staff")
    assert refused.value.params["field"] == field
    with tenant_context(operator_a):
        assert not Phase.objects.exists()


@pytest.mark.django_db
def test_a_name_is_used_once(operator_a: Any) -> None:
    create(operator_a, "Feb-01")
    with pytest.raises(PhaseInvalid) as refused:
        create(operator_a, "Feb-01")
    assert refused.value.params["field"] == "name"


@pytest.mark.django_db
def test_a_number_has_its_own_limit_or_else_the_phases(operator_a: Any) -> None:
    phase = create(operator_a)
    for amount in (100_000, 0):
        services.set_number_limit(
            operator=operator_a, phase_id=phase.pk, number="007", max_amount=amount, actor="staff"
        )
        with tenant_context(operator_a):
            assert selectors.room_limit(phase, "007") == amount
    with tenant_context(operator_a):
        assert selectors.room_limit(phase, "008") == phase.global_limit
        assert [(one.number, one.max_amount) for one in selectors.limits(phase)] == [("007", 0)]


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["7", "1234", "12a", "١٢٣", "12\n", "", "-12"])
def test_a_limit_is_for_a_number_of_three_digits(operator_a: Any, number: str) -> None:
    phase = create(operator_a)
    with pytest.raises(NumberInvalid):
        services.set_number_limit(operator=operator_a, phase_id=phase.pk, number=number, max_amount=1, actor="staff")


@pytest.mark.django_db
def test_limits_stand_still_once_betting_is_over(operator_a: Any) -> None:
    phase = create(operator_a)
    change("open", operator_a, phase)
    change("close", operator_a, phase)
    with pytest.raises(PhaseNotInStatus):
        services.set_number_limit(operator=operator_a, phase_id=phase.pk, number="123", max_amount=1, actor="staff")
    with tenant_context(operator_a):
        assert not NumberLimit.objects.exists()


@pytest.mark.django_db
def test_every_change_is_in_the_audit_log(operator_a: Any) -> None:
    phase = create(operator_a)
    services.set_number_limit(operator=operator_a, phase_id=phase.pk, number="123", max_amount=500, actor="staff")
    change("open", operator_a, phase)
    change("close", operator_a, phase)
    entries = AuditEntry.objects.filter(operator_id=operator_a.pk, event_type__startswith="phase.").order_by("pk")
    assert [one.event_type for one in entries] == ["phase.created", "phase.limit_set", "phase.opened", "phase.closed"]
    assert (entries[1].before, entries[1].after) == (
        {"number": "123", "max_amount": "50000.00"},
        {"number": "123", "max_amount": "5.00"},
    )
    assert {one.actor for one in entries} == {"staff"}


@pytest.mark.django_db
def test_another_operators_phase_is_not_found(operator_a: Any, operator_b: Any) -> None:
    phase = create(operator_a)
    for foreign in (phase.pk, uuid4()):
        with tenant_context(operator_b), pytest.raises(selectors.PhaseNotFound):
            selectors.get_phase(foreign)
        with pytest.raises(selectors.PhaseNotFound):
            services.open_phase(operator=operator_b, phase_id=UUID(str(foreign)), actor="staff")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change_sql", "message"),
    [
        ("status = 'closed'", "no arrow from draft to closed"),
        ("status = 'paid'", "no arrow from draft to paid"),
        ("ends_at = starts_at", "banker_phase_ends_after_its_start"),
        ("global_limit = 0", "banker_global_limit_positive"),
        ("multiplier = 0", "banker_multiplier_positive"),
        ("winning_number = '123'", "banker_winning_number_after_closing"),
    ],
)
def test_the_database_keeps_the_rules_of_a_draft_whoever_writes(operator_a: Any, change_sql: str, message: str) -> None:
    phase = create(operator_a)
    with tenant_context(operator_a), pytest.raises(IntegrityError, match=message):
        run_sql(f"UPDATE banker_phase SET {change_sql} WHERE id = %s", phase.pk)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change_sql", "message"),
    [
        ("winning_number = '12'", "banker_winning_number_three_digits"),
        ("winning_number = '12a'", "banker_winning_number_three_digits"),
        ("status = 'settled'", "banker_settled_on_a_number"),
        ("status = 'open'", "no arrow from closed to open"),
        ("multiplier = 1", "what it pays is fixed"),
    ],
)
def test_the_database_keeps_the_rules_of_a_closed_phase_whoever_writes(
    operator_a: Any, change_sql: str, message: str
) -> None:
    phase = create(operator_a)
    change("open", operator_a, phase)
    change("close", operator_a, phase)
    with tenant_context(operator_a):
        with pytest.raises(IntegrityError, match=message):
            run_sql(f"UPDATE banker_phase SET {change_sql} WHERE id = %s", phase.pk)
        with pytest.raises(IntegrityError, match="only a draft is removed"):
            run_sql("DELETE FROM banker_phase WHERE id = %s", phase.pk)
        run_sql("UPDATE banker_phase SET status = 'settled', winning_number = '000' WHERE id = %s", phase.pk)
        with pytest.raises(IntegrityError, match="it is settled"):
            run_sql("UPDATE banker_phase SET winning_number = '001' WHERE id = %s", phase.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["banker_phase", "banker_numberlimit"])
def test_a_statement_that_does_not_say_its_tenant_writes_no_table(operator_a: Any, table: str) -> None:
    with pytest.raises(DatabaseError, match="tenant guard"):
        run_sql(f"DELETE FROM {operator_a.schema_name}.{table}")


def run_sql(statement: str, *parameters: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
