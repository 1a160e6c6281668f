"""The audit log: in the transaction of its event, and never changed."""

from typing import Any

import pytest
from django.db import NotSupportedError, ProgrammingError, connection, transaction

from anchors.models import Root, RootKind
from anchors.services import register_root
from audit import services as audit
from audit.models import AuditEntry
from operators.models import Operator
from operators.tenancy import tenant_context

pytestmark = pytest.mark.django_db


def execute(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


CHANGES = [
    "UPDATE public.{} SET {} = {}",
    "UPDATE public.{} SET {} = {} WHERE false",
    "DELETE FROM public.{}",
    "DELETE FROM public.{} WHERE false",
    "TRUNCATE public.{}",
    "TRUNCATE public.{} CASCADE",
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("table", "column"), [("audit_auditentry", "actor"), ("anchors_root", "size")])
def test_what_is_on_record_is_never_changed_or_removed(
    operator_a: Operator, table: str, column: str, change: str
) -> None:
    with pytest.raises((ProgrammingError, NotSupportedError), match=r"append-only|foreign key"):
        execute(change.format(table, column, column))


def test_the_orm_cannot_change_it_either() -> None:
    entry = audit.record("round.voided", description="d", actor="staff")
    entry.actor = "somebody else"
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
        entry.save()
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
        entry.delete()
    assert AuditEntry.objects.get(pk=entry.pk).actor == "staff"


def test_an_entry_exists_only_when_its_event_does() -> None:
    before = AuditEntry.objects.count()

    @transaction.atomic
    def event() -> None:
        audit.record("round.voided", description="d")
        execute("SELECT * FROM no_such_table")

    with pytest.raises(ProgrammingError):
        event()
    assert AuditEntry.objects.count() == before


def test_an_entry_is_written_to_the_one_log_from_inside_any_operators_schema(operator_a: Operator) -> None:
    with tenant_context(operator_a):
        entry = audit.record("player.blocked", description="d", operator_id=operator_a.pk, after={"blocked": True})
    found = AuditEntry.objects.get(pk=entry.pk)
    assert (found.operator_id, found.after, found.actor) == (operator_a.pk, {"blocked": True}, "system")


def test_entries_are_in_the_order_in_which_they_were_written() -> None:
    made = [audit.record("round.voided", description=str(number)).pk for number in range(20)]
    assert made == sorted(made)


def test_roots_for_the_chain_are_numbered_without_a_gap_even_after_a_rollback() -> None:
    def register() -> int:
        return int(register_root(kind=RootKind.RESULTS, root=bytes(32), size=1).pk)

    def fail() -> Any:
        with transaction.atomic():
            register()
            execute("SELECT 1/0")

    first = register()
    with pytest.raises(Exception, match="division by zero"):
        fail()
    assert [register(), register()] == [first + 1, first + 2]
    assert Root.objects.filter(seq__gte=first).count() == 3
