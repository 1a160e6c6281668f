"""When sealing stalls, staff hear of it, with what holds it up; and nothing else stops for it."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from django.db import connection, transaction
from django.test import Client

from audit import services as audit
from audit.services.sealing import QUIET_MS
from audit.standing import Holder, Sealing, sealing
from configuration import catalogue as configured
from configuration.registry import Setting
from tests.audit.horizon import seal_all
from tests.support.database import parameters

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture(autouse=True)
def _sealed(committed: None) -> None:
    with transaction.atomic():
        audit.record("round.voided", description="something to seal, whoever runs first")
    seal_all()


@pytest.fixture
def writer() -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """A session that has written something and does not end its transaction."""
    with psycopg.connect(**parameters(), application_name="a slow writer") as session:
        session.execute("CREATE TEMPORARY TABLE held (x int); INSERT INTO held VALUES (1)")
        yield session
        session.rollback()


def test_where_everything_is_sealed_nothing_is_wrong() -> None:
    state = sealing()
    assert (state.waiting, state.trouble(after_s=60)) == (0, "")
    assert state.checkpoint_s is not None
    assert state.checkpoint_s < 60


def test_entries_that_wait_too_long_are_trouble_and_sealing_ends_it() -> None:
    with transaction.atomic():
        for n in range(3):
            audit.record("round.voided", description=str(n), operator_id=uuid4())
    state = sealing()
    assert state.waiting == 3
    assert state.trouble(after_s=600) == ""
    assert state.trouble(after_s=0).startswith(
        "3 entries are not sealed, the oldest for 0 s: is there beat, and a worker"
    )
    seal_all()
    assert sealing().waiting == 0


def test_a_transaction_that_holds_sealing_up_is_named(writer: "psycopg.Connection[tuple[object, ...]]") -> None:
    with transaction.atomic():
        audit.record("round.voided", description="after the slow one")
    from audit.services.sealing import seal

    assert seal() == 0
    state = sealing()
    assert state.waiting == 1
    assert f"process {writer.info.backend_pid} (a slow writer) has had one open" in state.trouble(after_s=0)
    writer.rollback()
    seal_all()
    assert sealing().trouble(after_s=60) == ""


def test_no_checkpoint_for_long_is_trouble_although_nothing_waits() -> None:
    quiet = QUIET_MS / 1000
    old = Sealing(waiting=0, oldest_s=0, checkpoint_s=quiet + 61, holder=None)
    assert old.trouble(after_s=60).startswith("the newest checkpoint is 121 s old")
    assert Sealing(waiting=0, oldest_s=0, checkpoint_s=quiet + 59, holder=None).trouble(after_s=60) == ""
    assert Sealing(waiting=0, oldest_s=0, checkpoint_s=None, holder=None).trouble(after_s=60) == ""


def test_a_holder_without_a_name_is_told_as_one() -> None:
    told = str(Holder(process=7, application="", seconds=75.4))
    assert told == "process 7 (unnamed) has had one open for 75 s"


def test_readiness_tells_of_it_and_takes_no_process_out_of_service(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Client().get("/health/ready").json()["notices"]["record"] == "ok"
    at_once = Setting(key="tests.record_stalled", type=int, default=0, description="none")
    monkeypatch.setattr(configured, "SEALING_STALLED_SECONDS", at_once)
    with transaction.atomic():
        audit.record("round.voided", description="not sealed yet")
    shown = Client().get("/health/ready").json()
    assert "1 entries are not sealed" in shown["notices"]["record"]
    assert "record" not in shown["parts"]


def test_it_is_found_without_reading_the_whole_record() -> None:
    """Only what came after the newest checkpoint is looked at, by the index of transactions."""
    from audit.standing import _WAITING

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        asked = {"transaction": 1 << 60, "entry": str(uuid4()), "max": 10}
        cursor.execute(f"EXPLAIN {_WAITING}", asked)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "audit_by_transaction" in plan
