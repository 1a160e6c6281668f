"""Events: written with what they tell of, once, numbered without gaps; cheap while nobody listens."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from operators.models import Operator
from operators.tenancy import tenant_context
from tests.support.threads import in_threads
from tests.webhooks.conftest import Subscribe
from tests.webhooks.steps import settled, tell
from webhooks import catalogue, selectors
from webhooks.models import Delivery, Event
from webhooks.services import (
    bets_settled,
    emit,
    emit_many,
    numbering,
    operator_status_changed,
    pruning,
    rounds_finished,
)

NOWHERE = "https://hooks.example.com/keno"


def events_of(operator: Operator) -> list[Event]:
    return list(Event.objects.filter(operator=operator).order_by("sequence", "id"))


def test_while_nobody_listens_nothing_is_written_and_the_database_is_asked_once_a_second(
    clean: None, operator_a: Operator
) -> None:
    before = Event.objects.count()
    with CaptureQueriesContext(connection) as asked:
        for _ in range(1000):
            emit(operator=operator_a, event="bet.settled", data=settled())
            emit(operator=operator_a, event="round.finished", data={})
    assert len(asked) <= 2
    assert Event.objects.count() == before


def test_while_nobody_listens_the_items_of_many_are_not_even_made(clean: None, operator_a: Operator) -> None:
    def costly() -> Iterator[tuple[str, dict[str, Any]]]:
        raise AssertionError("somebody asked for them")
        yield

    emit_many(operator=operator_a, event="bet.settled", items=costly())


def test_only_what_is_subscribed_to_is_written_and_only_for_its_operator(
    subscribe: Subscribe, operator_a: Operator, operator_b: Operator
) -> None:
    subscribe(NOWHERE, "limit.reached")
    before = Event.objects.count()
    for operator in (operator_a, operator_b):
        for event in ("bet.settled", "limit.reached"):
            emit(operator=operator, event=event, data=catalogue.EXAMPLES[event])
    [event] = Event.objects.order_by("-pk")[: Event.objects.count() - before]
    assert (event.type, event.operator_id) == ("limit.reached", operator_a.pk)


def test_an_event_goes_with_the_transaction_that_it_was_written_in(subscribe: Subscribe, operator_a: Operator) -> None:
    subscribe(NOWHERE)
    key = str(uuid4())
    with transaction.atomic():
        emit(operator=operator_a, event="bet.settled", data=settled(), key=key)
        assert Event.objects.filter(key=key).exists()
        transaction.set_rollback(True)
    assert not Event.objects.filter(key=key).exists()


def test_events_are_written_inside_an_operators_schema_too(subscribe: Subscribe, operator_a: Operator) -> None:
    subscribe(NOWHERE)
    key = str(uuid4())
    with tenant_context(operator_a), transaction.atomic():
        emit(operator=operator_a, event="bet.settled", data=settled(), key=key)
    assert Event.objects.filter(key=key).count() == 1


def test_a_key_makes_an_event_once_only_however_many_write_it_at_once(
    subscribe: Subscribe, operator_a: Operator
) -> None:
    subscribe(NOWHERE)
    key = str(uuid4())

    def write() -> None:
        with transaction.atomic():
            emit(operator=operator_a, event="bet.settled", data=settled(), key=key)

    in_threads(*[write] * 6)
    write()
    assert Event.objects.filter(key=key).count() == 1
    emit(operator=operator_a, event="bet.settled", data=settled())
    emit(operator=operator_a, event="bet.settled", data=settled())
    assert Event.objects.filter(operator=operator_a, key=None, sequence=None).count() == 2


def test_many_are_written_by_a_few_statements(subscribe: Subscribe, operator_a: Operator) -> None:
    subscribe(NOWHERE)
    count = 12_000
    keys = [str(uuid4()) for _ in range(count)]
    with CaptureQueriesContext(connection) as asked, transaction.atomic():
        emit_many(operator=operator_a, event="bet.settled", items=((key, settled(bet_id=key)) for key in keys))
    assert len([one for one in asked if "INSERT" in one["sql"]]) == 3
    numbering.number_events()
    found = Event.objects.filter(operator=operator_a, key__in=keys).order_by("sequence")
    assert [one.key for one in found] == keys
    assert Delivery.objects.filter(event__in=found.values("pk"), state="pending").count() == count


def test_numbers_have_no_gaps_and_a_puller_misses_nothing_while_many_write(
    subscribe: Subscribe, operator_a: Operator
) -> None:
    """Transactions overlap, some are rolled back, two number at once; the puller only ever looks above its last."""
    subscribe(NOWHERE)
    tell(operator_a)
    start = events_of(operator_a)[-1].sequence or 0
    written: list[str] = []
    seen: list[tuple[int, str]] = []
    left = [1] * 4
    over = threading.Event()

    def write() -> None:
        for turn in range(25):
            keys = [str(uuid4()) for _ in range(3)]
            with transaction.atomic():
                for key in keys:
                    emit(operator=operator_a, event="bet.settled", data=settled(), key=key)
                if turn % 5 == 4:
                    transaction.set_rollback(True)
            written.extend(keys if turn % 5 != 4 else [])
        left.pop()
        if not left:
            over.set()

    def number() -> None:
        while not over.is_set():
            numbering.number_events()
        numbering.number_events()

    def pull() -> None:
        while len(seen) < len(written) or not over.is_set():
            last = seen[-1][0] if seen else start
            found = selectors.events_after(operator=operator_a, after=last, limit=20)
            seen.extend((event.sequence or 0, event.key or "") for event in found)

    in_threads(*[write] * len(left), number, number, pull)
    assert [number for number, _ in seen] == list(range(start + 1, start + 1 + len(written)))
    assert sorted(key for _, key in seen) == sorted(written)


def test_a_puller_that_went_by_ids_would_miss_what_commits_late(subscribe: Subscribe, operator_a: Operator) -> None:
    """The control: an id is made when the event is written, and who has read a higher one looks no more below it."""
    subscribe(NOWHERE)
    late, early = str(uuid4()), str(uuid4())
    written, seen = threading.Event(), threading.Event()
    last_ids: list[Any] = []

    def slow() -> None:
        with transaction.atomic():
            emit(operator=operator_a, event="bet.settled", data=settled(), key=late)
            written.set()
            assert seen.wait(30)

    def quick() -> None:
        assert written.wait(30)
        emit(operator=operator_a, event="bet.settled", data=settled(), key=early)
        numbering.number_events()
        last_ids.append(Event.objects.filter(key__in=[late, early]).latest("pk"))
        seen.set()

    in_threads(slow, quick)
    numbering.number_events()
    [last] = last_ids
    above = Event.objects.filter(operator=operator_a, key=late)
    assert last.key == early
    assert not above.filter(pk__gt=last.pk).exists()
    assert above.filter(sequence__gt=last.sequence).exists()


def test_an_unknown_event_or_a_key_too_long_is_a_fault_of_the_caller(
    subscribe: Subscribe, operator_a: Operator
) -> None:
    subscribe(NOWHERE)
    with pytest.raises(ValueError, match="no event"):
        emit(operator=operator_a, event="bet.lost", data={})
    with pytest.raises(ValueError, match="no event"):
        emit(operator=operator_a, event="endpoint.test", data={})
    with pytest.raises(ValueError, match="at most 100"):
        emit(operator=operator_a, event="bet.settled", data=settled(), key="k" * 101)


def test_data_of_another_shape_goes_out_and_is_logged_as_a_fault(
    subscribe: Subscribe, operator_a: Operator, caplog: pytest.LogCaptureFixture
) -> None:
    """Money must not suffer from a notice."""
    subscribe(NOWHERE)
    key = str(uuid4())
    emit(operator=operator_a, event="bet.settled", data={"bet_id": 7}, key=key)
    assert "not as documented" in caplog.text
    assert json.loads(Event.objects.get(key=key).data) == {"bet_id": 7}


def test_a_round_is_told_once_to_each_operator_that_listens(
    subscribe: Subscribe, operator_a: Operator, operator_b: Operator
) -> None:
    subscribe(NOWHERE, "round.finished")
    example = {**catalogue.EXAMPLES["round.finished"], "round_id": uuid4().int % 2**60}
    finished = catalogue.RoundFinished(**example)
    listening = selectors.subscribers("round.finished")
    assert listening == [operator_a.pk]
    assert list(selectors.subscribers("bet.settled")) == []
    for _ in range(2):
        rounds_finished((each.pk, finished) for each in (operator_a, operator_b) if each.pk in listening)
    [event] = Event.objects.filter(type="round.finished", key=str(finished.round_id))
    assert event.operator_id == operator_a.pk
    assert json.loads(event.data) == example


def test_bets_are_told_once_each(subscribe: Subscribe, operator_a: Operator) -> None:
    subscribe(NOWHERE)
    bets = [catalogue.BetSettled(**settled()) for _ in range(3)]
    for _ in range(2):
        bets_settled(operator=operator_a, bets=bets)
    assert Event.objects.filter(key__in=[bet.bet_id for bet in bets]).count() == 3


@pytest.mark.parametrize(("status", "event"), [("suspended", "operator.suspended"), ("active", "operator.resumed")])
def test_a_suspension_and_its_end_are_told(subscribe: Subscribe, operator_a: Operator, status: str, event: str) -> None:
    subscribe(NOWHERE, "operator.suspended", "operator.resumed")
    operator_status_changed(operator_a, status)
    last = Event.objects.filter(operator=operator_a, sequence=None).get()
    assert last.type == event
    assert json.loads(last.data) == {"operator": "alpha", "status": status}


@pytest.mark.parametrize("event", catalogue.SHAPES)
def test_every_event_has_an_example_of_its_shape(event: str) -> None:
    example = catalogue.EXAMPLES[event]
    assert catalogue.flaw(event, example) is None
    assert catalogue.flaw(event, {**example, "more": 1}) is not None
    assert catalogue.flaw(event, dict(list(example.items())[1:])) is not None


def test_old_events_are_forgotten_from_the_lowest_number_on(subscribe: Subscribe, operator_a: Operator) -> None:
    subscribe(NOWHERE)
    events = tell(operator_a, count=4)
    old: Callable[[Event], int] = lambda one: Event.objects.filter(pk=one.pk).update(  # noqa: E731
        created_at=Now() - timedelta(days=31)
    )
    Event.objects.filter(operator=operator_a, sequence__lt=events[0].sequence).update(
        created_at=Now() - timedelta(days=31)
    )
    old(events[0])
    old(events[1])
    old(events[3])  # out of turn: its time comes when the one before it is old
    pruning.prune(older_than_s=30 * 86_400)
    left = Event.objects.filter(operator=operator_a).order_by("sequence")
    assert [one.pk for one in left] == [events[2].pk, events[3].pk]
    assert not Delivery.objects.filter(event__in=events[:2]).exists()
