"""Every entry gets its place, in the order of its transaction, however late that commits."""

import threading
from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

from audit import selectors
from audit import services as audit
from audit.models import AuditEntry, Checkpoint, CheckpointRoot, Leaf, LogHead, TreeNode
from audit.ports import ports
from audit.services import Event
from audit.services.sealing import anchor_latest, seal, seal_once
from audit.verification import Knowledge, verify
from fairness.merkle import level_nodes, root_of
from fairness.record.entries import HOUSE_LOG
from fairness.record.messages import Checkpoint as Message
from keno_platform.database import connecting
from tests.audit.horizon import seal_all, wait_for_horizon

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture(autouse=True)
def sealed(committed: None) -> None:
    """What other tests have left is sealed before each of these begins."""
    seal_all()


def record(count: int, operator_id: UUID | None) -> list[UUID]:
    told = [Event(event_type="test.recorded", description=str(n), operator_id=operator_id) for n in range(count)]
    with transaction.atomic():
        return audit.record_many(told)


def entry_ids(log: UUID) -> list[UUID]:
    return list(Leaf.objects.filter(log=log).order_by("index").values_list("entry_id", flat=True))


def test_entries_go_to_the_log_of_their_operator_in_the_order_in_which_they_were_written() -> None:
    one, other = uuid4(), uuid4()
    made = {log: [*record(3, log), *record(2, log)] for log in (one, other)}
    assert seal_all() == 10
    assert entry_ids(one) == made[one]
    assert entry_ids(other) == made[other]
    assert seal_all() == 0


def test_what_belongs_to_no_operator_goes_to_the_house() -> None:
    before = Leaf.objects.filter(log=HOUSE_LOG).count()
    [made] = record(1, None)
    seal_all()
    assert entry_ids(HOUSE_LOG)[before:] == [made]


def test_there_is_a_checkpoint_only_where_there_is_something_new() -> None:
    before = Checkpoint.objects.count()
    assert seal_all() == 0
    assert Checkpoint.objects.count() == before
    record(1, uuid4())
    seal_all()
    assert Checkpoint.objects.count() == before + 1


def test_a_checkpoint_holds_every_log_and_follows_the_one_before() -> None:
    record(1, uuid4())
    seal_all()
    record(1, uuid4())
    seal_all()
    newest = Checkpoint.objects.order_by("-number")[:2]
    later, earlier = (Message.decode(bytes(one.message)) for one in newest)
    heads = selectors.heads_at(later.number)
    assert (later.number, later.previous) == (earlier.number + 1, earlier.digest)
    assert later.root == root_of([one.head.hash for one in heads])
    assert len(heads) == later.logs == LogHead.objects.values("log").distinct().count()
    assert later.sealed_ms >= earlier.sealed_ms


def test_a_log_has_the_root_of_its_entries_and_keeps_its_complete_nodes() -> None:
    log = uuid4()
    for count in (1, 254, 300, 1, 300):
        record(count, log)
        seal_all()
    hashes = [one.entry.hash for one in selectors.placed_entries(log, first=0, last=10_000)]
    head = LogHead.objects.filter(log=log).order_by("-checkpoint_id")[0]
    assert (head.size, bytes(head.root)) == (856, root_of(hashes))
    stored = [bytes(one.hash) for one in TreeNode.objects.filter(log=log, level=8).order_by("index")]
    assert stored == level_nodes(hashes, 8)[:3]


def test_many_entries_are_sealed_in_parts_that_leave_none_out() -> None:
    log = uuid4()
    made = [*record(25, log), *record(40, log)]
    wait_for_horizon()
    sealed = [seal_once(entries_max=10) for _ in range(7)]
    assert sealed == [10, 10, 10, 10, 10, 10, 5]
    assert entry_ids(log) == made


class Slow:
    """A transaction in another session that has recorded something and has not come to its end."""

    def __init__(self, log: UUID) -> None:
        self.session = psycopg.connect(**connecting.parameters("slow"))
        self.entry = uuid4()
        self.session.execute(
            "INSERT INTO public.audit_auditentry (id, event_type, actor, operator_id, description)"
            " VALUES (%s, 'test.late', 'slow', %s, 'late')",
            [self.entry, log],
        )

    def end(self, *, commit: bool = True) -> UUID:
        self.session.commit() if commit else self.session.rollback()
        self.session.close()
        return self.entry


@pytest.fixture
def log() -> Iterator[UUID]:
    yield uuid4()
    seal_all()


def test_an_entry_whose_transaction_commits_late_is_not_passed_over(log: UUID) -> None:
    slow = Slow(log)
    early = record(2, log)
    assert seal() == 0  # nothing that the late one could still come before
    late = slow.end()
    assert seal_all() == 3
    assert entry_ids(log) == [late, *early]


def test_without_the_horizon_it_would_be_passed_over(log: UUID) -> None:
    """The control: a reader that remembers the last entry that it saw never sees the late one."""

    def read_after(last: int) -> list[tuple[int, UUID]]:
        found = AuditEntry.objects.filter(operator_id=log, transaction_number__gt=last)
        return list(found.order_by("transaction_number").values_list("transaction_number", "id"))

    slow = Slow(log)
    record(1, log)
    seen = read_after(0)
    late = slow.end()
    seen += read_after(seen[-1][0])
    assert late not in [entry for _, entry in seen]
    assert seal_all() == 2
    assert late in entry_ids(log)


def test_a_transaction_that_is_rolled_back_holds_nothing_up(log: UUID) -> None:
    slow = Slow(log)
    record(1, log)
    assert seal() == 0
    slow.end(commit=False)
    assert seal_all() == 1


def test_while_many_write_and_commit_late_every_entry_gets_exactly_one_place(log: UUID) -> None:
    stop, made, lock = threading.Event(), list[UUID](), threading.Lock()

    def write(number: int) -> None:
        with psycopg.connect(**connecting.parameters(f"writer-{number}")) as session:
            for turn in range(25):
                own = [uuid4() for _ in range(turn % 4 + 1)]
                for one in own:
                    session.execute(
                        "INSERT INTO public.audit_auditentry (id, event_type, actor, operator_id, description)"
                        " VALUES (%s, 'test.raced', 'writer', %s, '')",
                        [one, log],
                    )
                    if (turn + number) % 3 == 0:
                        session.execute("SELECT pg_sleep(0.01)")
                if (turn + number) % 7 == 0:
                    session.rollback()
                    continue
                session.commit()
                with lock:
                    made.extend(own)

    def keep_sealing() -> None:
        while not stop.is_set():
            seal()
        connection.close()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    sealers = [threading.Thread(target=keep_sealing) for _ in range(2)]
    for one in (*sealers, *writers):
        one.start()
    for one in writers:
        one.join()
    stop.set()
    for one in sealers:
        one.join()
    seal_all()
    placed = entry_ids(log)
    assert len(made) > 150
    assert sorted(placed) == sorted(made)
    assert LogHead.objects.filter(log=log).count() > 3
    assert [one.index for one in selectors.placed_entries(log, first=0, last=10_000)] == list(range(len(made)))


def test_a_verification_beside_the_sequencer_finds_nothing_wrong(log: UUID) -> None:
    stop = threading.Event()

    def keep_going() -> None:
        while not stop.is_set():
            record(3, log)
            seal()
        connection.close()

    assert ports.own_keys is not None
    known, before = Knowledge(keys=ports.own_keys()), Checkpoint.objects.latest("number").number
    beside = threading.Thread(target=keep_going)
    beside.start()
    try:
        findings = [str(one) for _ in range(8) for one in verify(known)]
    finally:
        stop.set()
        beside.join()
    assert findings == []
    assert Checkpoint.objects.latest("number").number > before


def test_the_newest_checkpoint_goes_to_the_chain_once() -> None:
    record(1, uuid4())
    seal_all()
    given = anchor_latest()
    assert given is not None
    assert anchor_latest() is None
    checkpoint = selectors.checkpoint_of_root(given.anchor_seq)
    assert checkpoint == Checkpoint.objects.latest("number")


def test_a_database_that_was_restored_into_another_server_goes_on_without_leaving_anything_out(
    log: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = record(3, log)
    wait_for_horizon()
    assert seal_once(entries_max=2) == 2
    monkeypatch.setattr(selectors, "cluster", lambda: 4711)
    second = record(2, log)
    wait_for_horizon()
    assert [seal_once(entries_max=2), seal_once(entries_max=2)] == [2, 1]
    assert Message.decode(bytes(Checkpoint.objects.latest("number").message)).cluster == 4711
    third = record(2, log)
    seal_all()
    assert entry_ids(log) == [*first, *second, *third]


@pytest.mark.parametrize("table", ["checkpoint", "loghead", "leaf", "treenode", "checkpointroot"])
@pytest.mark.parametrize(
    "change",
    ["UPDATE public.audit_{0} SET {1} = {1}", "DELETE FROM public.audit_{0}", "TRUNCATE public.audit_{0} CASCADE"],
)
def test_seals_are_never_changed_or_removed(table: str, change: str) -> None:
    column = {"checkpoint": "key_id", "checkpointroot": "checkpoint_id"}.get(table, "log")
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(table, column))
    assert CheckpointRoot is not None
