"""A recorded call is soon in the table, delays nobody, and is missed loudly when it cannot be kept."""

import asyncio
import logging
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection

from calls import recorder
from calls.models import Call
from calls.recorder import Recorder
from calls.services import keep_days
from calls.store import Store
from keno_platform.core.ids import uuid7_floor
from keno_platform.database.connecting import parameters
from operators.partitions import DAYS_AHEAD
from tests.calls.conftest import make_entry

pytestmark = pytest.mark.usefixtures("committed")
OPERATOR = uuid4()


class Switch:
    """A database's address that can be wrong for a while."""

    def __init__(self) -> None:
        self.away = False
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.closed_port = one.getsockname()[1]

    def __call__(self) -> dict[str, Any]:
        return parameters("calls") | ({"port": self.closed_port} if self.away else {})


@pytest.fixture
def switch() -> Switch:
    return Switch()


@pytest.fixture
def own(switch: Switch) -> Iterator[Recorder]:
    """A recorder whose database can be away, with room for ten entries."""
    one = Recorder(Store(switch), entries_max=10)
    yield one
    switch.away = False
    one.close()


def test_a_call_is_in_the_table_within_half_a_second() -> None:
    entry = make_entry(operator_id=OPERATOR)
    recorder.wait_until_written()
    recorder.record(entry)
    deadline = time.monotonic() + 0.5
    while not Call.objects.filter(request_id=entry.request_id).exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_every_part_of_a_call_is_kept(written: Callable[[str], Call]) -> None:
    bet, when = uuid4(), datetime(2026, 11, 21, 10, 0, 0, 123456, tzinfo=UTC)
    entry = make_entry(
        operator_id=OPERATOR,
        path=f"/api/v1/bets/{bet}?x=1",
        status=404,
        duration_ms=12.3456,
        started_at=when,
        ids=("REF-1",),
        request=b'{"round_id": 77, "player_token": "p-1", "nested": [{"transaction_id": "t-1"}]}',
        response=b'{"code": "not_found", "status": 404}',
        error="no",
        headers=(("Idempotency-Key", "key-1"), ("Authorization", "Bearer x"), ("Cookie", "y")),
    )
    recorder.record(entry)
    call = written(entry.request_id)
    assert (call.direction, call.operator_id, call.method, call.status) == ("in", OPERATOR, "POST", 404)
    assert (call.path, call.endpoint) == (f"/api/v1/bets/{bet}?x=1", "/api/v1/bets/{id}")
    assert (call.code, call.error, call.duration_us, call.started_at) == ("not_found", "no", 12346, when)
    assert (call.request, call.request_bytes) == (entry.request.decode(), len(entry.request))
    assert set(call.ids) == {"REF-1", str(bet), "77", "p-1", "t-1", "key-1", entry.request_id}
    assert call.headers == {"Idempotency-Key": "key-1"}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"status": 200, "response": b"{}"}, ""),
        ({"status": 409, "response": b'{"code": "insufficient_funds"}'}, "insufficient_funds"),
        ({"status": 200, "response": b'{"status": "refused", "code": "player_blocked"}'}, "player_blocked"),
        ({"status": 200, "response": b'{"code": "keno-10s"}'}, ""),
        ({"status": 500, "response": b"<html>"}, "http_500"),
        ({"status": 500, "response": b'{"code": 7}'}, "http_500"),
        ({"status": None, "response": b"", "code": "timeout"}, "timeout"),
        ({"status": None, "response": b""}, "no_answer"),
        ({"status": 200, "error": "wrong echo"}, "error"),
    ],
)
def test_what_went_wrong_has_one_word(changed: dict[str, Any], code: str, written: Callable[[str], Call]) -> None:
    entry = make_entry(direction="out", **changed)
    recorder.record(entry)
    assert written(entry.request_id).code == code


@pytest.mark.parametrize(
    "body", [b"\x00\x01\x02", b'"\\ud800"', "\u0000é".encode(), b"\xff", b"", b"{", b'{"id": null, "x_id": true}']
)
def test_whatever_a_stranger_sends_is_logged(body: bytes, written: Callable[[str], Call]) -> None:
    entry = make_entry(request=body, response=body, path="/api/v1/\x00\ud800?q=%00", error="\x00", key_hint="\udfff")
    recorder.record(entry)
    assert written(entry.request_id).request_bytes == len(body)


def test_a_batch_is_found_by_each_of_its_thousand_bets(written: Callable[[str], Call]) -> None:
    ids = [str(uuid4()) for _ in range(1000)]
    body = ("[" + ",".join(f'{{"bet": {{"id": "{one}"}}}}' for one in ids) + "]").encode()
    entry = make_entry(response=body)
    recorder.record(entry)
    assert set(ids) <= set(written(entry.request_id).ids)


def test_a_uuid_is_found_in_either_case(written: Callable[[str], Call]) -> None:
    one = uuid4()
    entry = make_entry(request=f'{{"transaction_id": "{str(one).upper()}"}}'.encode())
    recorder.record(entry)
    assert str(one) in written(entry.request_id).ids


def test_recording_takes_microseconds_and_is_safe_from_threads_and_event_loops(written: Callable[[str], Call]) -> None:
    mark = uuid4().hex

    async def many() -> None:
        for number in range(50):
            recorder.record(make_entry(request_id=f"{mark}-loop-{number}"))

    def some(name: str) -> None:
        for number in range(50):
            recorder.record(make_entry(request_id=f"{mark}-{name}-{number}"))

    threads = [threading.Thread(target=some, args=(f"t{one}",)) for one in range(4)]
    for one in threads:
        one.start()
    asyncio.run(many())
    for one in threads:
        one.join()
    assert recorder.wait_until_written()
    assert Call.objects.filter(request_id__startswith=mark).count() == 250
    entries = [make_entry() for _ in range(200)]
    took = []
    for entry in entries:
        began = time.perf_counter()
        recorder.record(entry)
        took.append(time.perf_counter() - began)
    assert sorted(took)[100] < 50e-6


def test_while_the_database_is_away_calls_wait_and_are_written_when_it_is_back(own: Recorder, switch: Switch) -> None:
    switch.away = True
    entries = [make_entry() for _ in range(8)]
    for entry in entries:
        own.record(entry)
    assert not own.wait_until_written(0.6)
    switch.away = False
    assert own.wait_until_written()
    assert Call.objects.filter(request_id__in=[one.request_id for one in entries]).count() == 8
    assert own.dropped == 0


def test_what_does_not_fit_is_counted_and_told(own: Recorder, switch: Switch, caplog: pytest.LogCaptureFixture) -> None:
    switch.away = True
    for _ in range(25):
        own.record(make_entry())
    assert own.dropped == 15
    with caplog.at_level(logging.ERROR):
        own.wait_until_written(0.6)
    assert "the request log cannot be written: 10 calls wait, 15 are lost" in caplog.text
    switch.away = False
    with caplog.at_level(logging.ERROR):
        assert own.wait_until_written()
        own.close()
    assert "the request log lost 15 calls" in caplog.text


def test_a_buffer_is_bounded_in_bytes_too(switch: Switch) -> None:
    switch.away = True
    one = Recorder(Store(switch), bytes_max=1000)
    one.record(make_entry(request=b"x" * 900, response=b""))
    one.record(make_entry(request=b"x" * 900, response=b""))
    assert one.dropped == 1
    switch.away = False
    assert one.wait_until_written()
    one.record(make_entry(request=b"x" * 900, response=b""))
    assert one.dropped == 1
    one.close()


def test_a_connection_that_was_cut_is_opened_again(own: Recorder) -> None:
    own.record(make_entry())
    assert own.wait_until_written()
    [pid] = [own._store._connection.info.backend_pid] if own._store._connection else [0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    entry = make_entry()
    own.record(entry)
    assert own.wait_until_written()
    assert Call.objects.filter(request_id=entry.request_id).exists()


def test_closing_writes_what_is_left_and_a_later_call_starts_anew(own: Recorder) -> None:
    first, second = make_entry(), make_entry()
    own.record(first)
    own.close()
    assert Call.objects.filter(request_id=first.request_id).exists()
    own.record(second)
    own.close()
    assert Call.objects.filter(request_id=second.request_id).exists()


def test_closing_without_a_database_ends_soon_and_tells_what_was_lost(
    own: Recorder, switch: Switch, caplog: pytest.LogCaptureFixture
) -> None:
    switch.away = True
    own.record(make_entry())
    began = time.monotonic()
    with caplog.at_level(logging.ERROR):
        own.close()
    assert time.monotonic() - began < recorder.CLOSE_S
    assert "lost 1 calls" in caplog.text


PROGRAM = """
import django; django.setup()
from django.db import connections
connections.settings["default"]["NAME"] = {name!r}
from calls import recorder
from tests.calls.conftest import make_entry
recorder.record(make_entry(request_id={first!r}))
{then}
"""
FORK = """
import os
child = os.fork()
recorder.record(make_entry(request_id={second!r} + ("-child" if child == 0 else "-parent")))
recorder.close()
if child == 0: os._exit(0)
os.waitpid(child, 0)
"""


def run_program(then: str = "") -> str:
    first = f"program-{uuid4()}"
    text = PROGRAM.format(name=connection.settings_dict["NAME"], first=first, then=then)
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "keno_platform.settings"}
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", text],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return first


def test_a_process_that_ends_has_written_its_last_call() -> None:
    assert Call.objects.filter(request_id=run_program()).count() == 1


def test_parent_and_child_of_a_fork_each_write_their_own_calls_once() -> None:
    second = f"fork-{uuid4()}"
    first = run_program(FORK.format(second=second))
    assert Call.objects.filter(request_id=first).count() == 1
    found = Call.objects.filter(request_id__startswith=second).values_list("request_id", flat=True)
    assert sorted(found) == [f"{second}-child", f"{second}-parent"]


class TestDays:
    def test_a_day_without_a_partition_gets_one_when_it_is_needed(self, own: Recorder) -> None:
        today = f"calls_call_{datetime.now(UTC):%Y%m%d}"
        with connection.cursor() as cursor:
            cursor.execute(f'ALTER TABLE public.calls_call DETACH PARTITION public."{today}"')
            cursor.execute(f'ALTER TABLE public."{today}" RENAME TO "{today}_before"')
        try:
            entry = make_entry()
            own.record(entry)
            assert own.wait_until_written()
            assert Call.objects.filter(request_id=entry.request_id).exists()
        finally:
            with connection.cursor() as cursor:
                cursor.execute(f'DROP TABLE public."{today}_before"')

    def test_the_coming_days_stand_ready(self) -> None:
        keep_days()
        now = datetime.now(UTC)
        for ahead in range(-1, DAYS_AHEAD + 1):
            assert f"calls_call_{now + timedelta(days=ahead):%Y%m%d}" in tables()

    def test_days_are_dropped_when_they_are_older_than_thirty(self) -> None:
        now = datetime.now(UTC)
        kept, old = (f"calls_call_{now - timedelta(days=back):%Y%m%d}" for back in (30, 31))
        for back, name in ((30, kept), (31, old)):
            low, high = (uuid7_floor(midnight(now - timedelta(days=one))) for one in (back, back - 1))
            with connection.cursor() as cursor:
                cursor.execute(
                    f"CREATE TABLE public.{name} PARTITION OF public.calls_call FOR VALUES FROM ('{low}') TO ('{high}')"
                )
        assert keep_days() == [old]
        assert kept in tables()
        assert old not in tables()

    def test_a_table_of_another_name_is_never_dropped(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE public.calls_call_20000101_kept ()")
        try:
            assert keep_days() == []
        finally:
            with connection.cursor() as cursor:
                cursor.execute("DROP TABLE public.calls_call_20000101_kept")

    def test_the_search_by_any_id_uses_the_index(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET enable_seqscan = off")
            cursor.execute("EXPLAIN SELECT 1 FROM public.calls_call WHERE ids @> ARRAY['x']")
            plan = " ".join(row[0] for row in cursor.fetchall())
            cursor.execute("RESET enable_seqscan")
        assert re.search(r"Index Scan on calls_call_\d+_ids_idx", plan)


def midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def tables() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {name for [name] in cursor.fetchall()}
