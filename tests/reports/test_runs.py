"""Reports that are made in the background: asked for, made once, kept for a while, never lost."""

import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now

from audit.models import AuditEntry
from configuration import catalogue as configured
from keno_platform.http.parsing import ParameterInvalid
from operators.models import Operator
from reports import seals
from reports.catalogue import ReportUnknown
from reports.models import ReportRun, ReportState
from reports.query import Query, period_of
from reports.runs import Ask, ReportExpired, ReportFailed, TooManyReports, ask_for, making, open_file, schedules
from reports.runs.asking import WAITING_MAX
from reports.runs.downloads import ReportPending
from reports.runs.heartbeat import ReportTaken
from reports.runs.keeping import expire_due
from reports.tasks import make_reports
from rounds.custody import signing_keys
from tests.reports.played import new_operator

SINCE, UNTIL = period_of("2026-01")
pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, settings: Any) -> Path:
    settings.REPORTS_DIR = tmp_path / "reports"
    return tmp_path / "reports"


@pytest.fixture(autouse=True)
def nothing_waits(committed: None) -> Iterator[None]:
    """What other tests have asked for and not made does not wait here."""
    making.make_waiting(until=time.monotonic() + 60)
    yield
    making.make_waiting(until=time.monotonic() + 60)


@pytest.fixture(scope="module")
def operator(django_db_setup: None, django_db_blocker: Any) -> Operator:
    with django_db_blocker.unblock():
        return new_operator("run")


def ask(operator: Operator, **changed: Any) -> Ask:
    query = Query(since=SINCE, until=UNTIL, operator=operator.slug)
    return Ask(**{"report": "liability", "query": query, "form": "csv", "language": "en"} | changed)


def asked(operator: Operator, **changed: Any) -> ReportRun:
    return ask_for(ask=ask(operator, **changed), actor="tests")


def made(run: ReportRun) -> ReportRun:
    make_reports()
    run.refresh_from_db()
    return run


def on_record(run: ReportRun) -> list[str]:
    entries = AuditEntry.objects.filter(event_type__startswith="report.", after__run=str(run.pk))
    return list(entries.order_by("pk").values_list("event_type", flat=True))


@pytest.mark.parametrize("form", ["csv", "json", "pdf"])
def test_a_report_is_made_sealed_and_handed_out_and_each_step_is_on_record(
    operator: Operator, form: str, directory: Path
) -> None:
    run = made(asked(operator, form=form))
    assert (run.state, run.rows) == (ReportState.DONE, 7)
    path = open_file(run=run, actor="tests")
    assert path.parent == directory
    assert path.stat().st_size == run.file_bytes
    assert seals.check_file(path, {key.key_id: key.public_key for key in signing_keys()})
    assert on_record(run) == ["report.asked", "report.made", "report.downloaded"]
    assert oct(directory.stat().st_mode & 0o777) == "0o700"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"report": "nothing"}, ReportUnknown),
        ({"form": "xlsx"}, ParameterInvalid),
        ({"language": "xx"}, ParameterInvalid),
        ({"report": "player_statement"}, ParameterInvalid),
        ({"report": "bet_log", "query": Query(since=SINCE, until=UNTIL, by="day")}, ParameterInvalid),
        ({"report": "player_statement", "query": Query(since=SINCE, until=UNTIL, player="x")}, ParameterInvalid),
        ({"report": "large_wins", "query": Query(since=SINCE, until=UNTIL, game="g", player="x")}, ParameterInvalid),
    ],
)
def test_what_cannot_be_made_is_refused_at_once_and_nothing_waits(
    operator: Operator, changed: dict[str, Any], error: type[Exception]
) -> None:
    before = ReportRun.objects.count()
    with pytest.raises(error):
        asked(operator, **changed)
    assert ReportRun.objects.count() == before


def test_a_report_that_is_refused_while_it_is_made_says_why(operator: Operator) -> None:
    query = Query(since=SINCE, until=UNTIL, operator=operator.slug, player="nobody")
    run = made(asked(operator, report="player_statement", query=query))
    assert (run.state, run.error) == (ReportState.FAILED, "Not found. There is no such player.")
    with pytest.raises(ReportFailed):
        open_file(run=run, actor="tests")


def test_of_two_workers_one_makes_a_report_and_its_file_is_written_once(operator: Operator, directory: Path) -> None:
    runs = [asked(operator) for _ in range(6)]
    threads = [threading.Thread(target=_work) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    for run in runs:
        run.refresh_from_db()
        assert (run.state, run.attempts) == (ReportState.DONE, 1)
    assert len(list(directory.iterdir())) == len(runs)


def _work() -> None:
    try:
        making.make_waiting(until=time.monotonic() + 30)
    finally:
        connection.close()


def test_what_a_dead_worker_left_is_made_by_another_and_after_three_times_it_has_failed(operator: Operator) -> None:
    run = asked(operator)
    for attempt in (1, 2, 3):
        taken = making._take()
        assert taken is not None
        assert taken.attempts == attempt
        assert making.give_back_lost() == 0
        ReportRun.objects.filter(pk=run.pk).update(seen_at=Now() - timedelta(minutes=3))
        assert making.give_back_lost() == (attempt < 3)
    run.refresh_from_db()
    assert run.state == ReportState.FAILED


def test_a_worker_that_was_silent_for_too_long_does_not_overwrite_what_another_has_made(
    operator: Operator, directory: Path
) -> None:
    asked(operator)
    slow = making._take()
    assert slow is not None
    ReportRun.objects.filter(pk=slow.pk).update(seen_at=Now() - timedelta(minutes=3))
    run = made(ReportRun.objects.get(pk=slow.pk))
    assert (run.state, run.attempts) == (ReportState.DONE, 2)
    part = directory / "part"
    part.write_bytes(b"something else")
    with pytest.raises(ReportTaken):
        making._put_in_place(slow, part, making.Made(rows=0, totals=[], rows_sha256=b"\0" * 32))
    run.refresh_from_db()
    assert open_file(run=run, actor="tests").stat().st_size == run.file_bytes


def test_a_heartbeat_says_how_far_a_report_is_and_notices_that_it_was_given_away(operator: Operator) -> None:
    asked(operator)
    run = making._take()
    assert run is not None
    with making.Heartbeat(run.pk, run.attempts) as heart:
        heart.tell(123)
        end = time.monotonic() + 20
        while ReportRun.objects.get(pk=run.pk).rows != 123:
            assert time.monotonic() < end
            time.sleep(0.05)
        ReportRun.objects.filter(pk=run.pk).update(state=ReportState.ASKED)
        while not heart._lost:
            assert time.monotonic() < end
            time.sleep(0.05)
        with pytest.raises(ReportTaken):
            heart.tell(124)


def test_no_more_than_ten_of_an_operators_reports_wait(operator: Operator, operator_b: Operator) -> None:
    for _ in range(WAITING_MAX):
        asked(operator)
    with pytest.raises(TooManyReports):
        asked(operator)
    asked(operator_b)


def test_a_file_is_let_go_when_its_time_is_over_and_what_it_was_stays(operator: Operator, directory: Path) -> None:
    run = made(asked(operator))
    days = configured.REPORT_RETENTION_DAYS.default
    assert run.expires_at is not None
    assert run.finished_at is not None
    assert run.expires_at - run.finished_at == timedelta(days=days)
    assert expire_due() == 0
    ReportRun.objects.filter(pk=run.pk).update(expires_at=Now())
    left = directory / f".{run.pk}.9"
    left.write_bytes(b"x")
    os.utime(left, (0, 0))
    assert expire_due() == 1
    run.refresh_from_db()
    assert (run.state, run.file, list(directory.iterdir())) == (ReportState.EXPIRED, "", [])
    assert run.file_sha256
    assert on_record(run)[-1] == "report.expired"
    with pytest.raises(ReportExpired):
        open_file(run=run, actor="tests")


def test_a_report_that_is_not_done_has_no_file(operator: Operator) -> None:
    with pytest.raises(ReportPending):
        open_file(run=asked(operator), actor="tests")


def test_the_database_keeps_what_a_report_was_whoever_writes(operator: Operator) -> None:
    run = made(asked(operator))
    own = ReportRun.objects.filter(pk=run.pk)
    for change in (
        {"rows": 1}, {"file_sha256": b"\0" * 32}, {"totals": [1]}, {"actor": "x"}, {"state": ReportState.ASKED},
        {"query": {}}, {"report": "bet_log"},
    ):  # fmt: skip
        with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
            own.update(**change)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        own.delete()


@pytest.mark.parametrize(
    ("every", "now", "period"),
    [
        ("day", "2026-11-22T00:15:00", ("2026-11-21", "2026-11-22")),
        ("day", "2026-11-22T00:14:59", ("2026-11-20", "2026-11-21")),
        ("month", "2026-12-01T00:15:00", ("2026-11-01", "2026-12-01")),
        ("month", "2026-12-01T00:14:59", ("2026-10-01", "2026-11-01")),
        ("month", "2027-01-31T12:00:00", ("2026-12-01", "2027-01-01")),
    ],
)
def test_a_schedule_is_about_the_last_period_that_is_over(every: str, now: str, period: tuple[str, str]) -> None:
    found = schedules.last_period(every, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert tuple(f"{one:%Y-%m-%d}" for one in found) == period


def test_a_scheduled_report_is_asked_for_once_a_period_until_the_schedule_ends(operator: Operator) -> None:
    schedule = schedules.make_schedule(ask=ask(operator), every="day", actor="tests")
    schedule.refresh_from_db()
    tomorrow = schedule.created_at + timedelta(days=1)
    at = tomorrow.replace(hour=0, minute=20, second=0)
    asked = ReportRun.objects.filter(schedule=schedule)  # schedules of other tests may be due at the same time
    schedules.ask_due(now=schedule.created_at)
    assert not asked.exists()
    assert schedules.ask_due(now=at) >= 1
    schedules.ask_due(now=at)
    assert asked.get().query["from"] == f"{schedule.created_at:%Y-%m-%d}T00:00:00.000Z"
    schedules.end_schedule(schedule=schedule, actor="tests")
    schedules.ask_due(now=at + timedelta(days=1))
    assert asked.count() == 1
