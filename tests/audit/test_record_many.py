"""Many entries at once are what as many single ones would have been."""

from dataclasses import asdict
from uuid import UUID, uuid4

import pytest
from django.db import DataError, transaction

from audit import services as audit
from audit.models import AuditEntry
from audit.services import Event
from keno_platform.core.clock import now
from operators.models import Operator
from operators.tenancy import tenant_context

pytestmark = pytest.mark.django_db
TOLD = [
    Event(event_type="round.voided", description="a plain one"),
    Event(
        event_type="bet.cancelled",
        description="tab\tnew line\nback\\slash \\N \\. and “quotes”; NULL",
        actor="operator:key-1",
        address="2001:db8::1",
        operator_id=UUID(int=7),
        round_id=2**40,
        bet_id=uuid4(),
        before={"nothing": None, "deep": [1, {"text": 'a "word"'}]},
        after={},
    ),
    Event(event_type="x" * 64, description="", actor="\\N"),
]


def contents(entry: AuditEntry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in asdict(TOLD[0])}


def test_each_has_what_record_would_have_written() -> None:
    alone = [audit.record(**asdict(one)) for one in TOLD]
    together = audit.record_many(TOLD)
    found = AuditEntry.objects.in_bulk([*together, *(one.pk for one in alone)])
    assert [contents(found[pk]) for pk in together] == [contents(found[one.pk]) for one in alone]
    assert [contents(found[pk]) for pk in together] == [asdict(one) for one in TOLD]


def test_they_stand_in_the_order_of_their_events_and_bear_the_time() -> None:
    before = now()
    made = audit.record_many([Event(event_type="a.b", description=str(n)) for n in range(500)])
    assert made == sorted(made)
    entries = AuditEntry.objects.filter(pk__in=made).order_by("pk")
    assert [entry.description for entry in entries] == [str(n) for n in range(500)]
    assert all(abs((entry.created_at - before).total_seconds()) < 60 for entry in entries)


def test_none_is_no_entry() -> None:
    before = AuditEntry.objects.count()
    assert audit.record_many([]) == []
    assert AuditEntry.objects.count() == before


def test_they_exist_only_when_the_transaction_does(operator_a: Operator) -> None:
    before = AuditEntry.objects.count()

    @transaction.atomic
    def fails() -> None:
        with tenant_context(operator_a):
            audit.record_many(TOLD)
            assert AuditEntry.objects.count() == before + len(TOLD)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert AuditEntry.objects.count() == before


def test_one_that_does_not_fit_takes_all_with_it() -> None:
    before = AuditEntry.objects.count()
    with pytest.raises(DataError), transaction.atomic():
        audit.record_many([*TOLD, Event(event_type="x" * 65, description="too long")])
    assert AuditEntry.objects.count() == before
