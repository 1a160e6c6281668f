"""Reports' totals are the books': what `check_invariants` sums up, and what happens when a table says otherwise."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from audit import services as audit
from audit.services import sealing
from operators.tenancy import tenant_context
from reports import feed
from reports.models import ReportRun, ReportState
from reports.own_invariants import INVARIANTS
from reports.query import Query
from reports.runs import Ask, ask_for
from reports.tasks import make_reports
from tests.approvals.people import as_superuser
from tests.reports.played import Played, json_of, new_operator, play, write

BOOKS, RECORD = INVARIANTS
pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture(scope="module")
def played(django_db_setup: None, django_db_blocker: Any) -> Played:
    with django_db_blocker.unblock():
        return play(new_operator("booked"))


def offenders(played: Played) -> list[str]:
    with tenant_context(played.operator), connection.cursor() as cursor:
        cursor.execute(BOOKS.violations)
        return [row[0] for row in cursor.fetchall()]


def sums(played: Played) -> dict[str, int]:
    """What moved in the operator's books, in minor units."""
    with tenant_context(played.operator), connection.cursor() as cursor:
        cursor.execute("SELECT kind, sum(amount)::bigint FROM wallet_transaction GROUP BY 1")
        found = dict(cursor.fetchall())
    return {"stakes": -found[1], "payouts": found[2], "refunds": found[3], "balance": sum(found.values())}


def test_reports_totals_are_the_sums_of_what_moved(played: Played, tmp_path: Path) -> None:
    moved, money = sums(played), played.operator.money
    assert offenders(played) == []
    totals = {}
    for report in ("game_performance", "operator_statement", "bet_log", "void_statistics"):
        [totals[report]] = write(report, played.query(), "json", tmp_path / f"{report}.json").totals
    statement, performance, log = totals["operator_statement"], totals["game_performance"], totals["bet_log"]
    assert log["stake"] == money(moved["stakes"])
    assert log["won"] == statement["payouts"] == performance["payouts"] == money(moved["payouts"])
    assert log["returned"] == statement["refunds"] == money(moved["refunds"])
    assert statement["stakes"] == performance["stakes"] == money(moved["stakes"] - moved["refunds"])
    assert totals["void_statistics"]["voided"] == performance["voided"]
    write("liability", played.query(), "json", tmp_path / "a.json")
    balances = {row["line"]: row["amount"] for row in json_of(tmp_path / "a.json")["rows"]}["balances"]
    assert balances == money(moved["balance"])


def test_a_month_is_the_sum_of_its_days(played: Played, tmp_path: Path) -> None:
    for report in ("game_performance", "operator_statement", "void_statistics"):
        made = [
            write(report, played.query(by=by), "csv", tmp_path / f"{report}.{by}") for by in ("day", "month", "period")
        ]
        sums = [[{k: v for k, v in one.items() if k != "rows"} for one in own.totals] for own in made]
        assert sums[0] == sums[1] == sums[2]


@pytest.mark.parametrize(
    ("table", "change", "what"),
    [
        ("bets_settlement", "UPDATE bets_settlement SET stakes = stakes + 1 WHERE round_id = %s", "stakes"),
        ("bets_settlement", "UPDATE bets_settlement SET payouts = payouts + 1 WHERE round_id = %s", "payouts"),
        ("bets_cancellation", "DELETE FROM bets_cancellation WHERE round_id = %s", "refunds"),
    ],
)
def test_a_row_that_was_changed_past_the_guards_is_found(played: Played, table: str, change: str, what: str) -> None:
    class Undo(Exception):
        pass

    def tamper() -> None:
        with tenant_context(played.operator), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(change, [played.drawn.pk])
            assert any(one.startswith(what) for one in offenders(played))
            raise Undo

    with pytest.raises(Undo):
        tamper()
    assert offenders(played) == []


def test_nothing_is_reported_twice_where_two_periods_meet(
    played: Played, unique: Callable[[str], str], tmp_path: Path
) -> None:
    whole = played.query()
    middle = played.bets[40].created_at
    parts = [
        Query(since=whole.since, until=middle, operator=whole.operator),
        Query(since=middle, until=whole.until, operator=whole.operator),
    ]
    rows = [write("bet_log", part, "csv", tmp_path / unique("part")).rows for part in parts]
    assert sum(rows) == write("bet_log", whole, "csv", tmp_path / "whole").rows == 82


@pytest.fixture
def run(played: Played, tmp_path: Path, settings: Any) -> ReportRun:
    """A report that was made."""
    settings.REPORTS_DIR = tmp_path / "reports"
    wanted = Ask(report="liability", query=played.query(), form="csv", language="en")
    run = ask_for(ask=wanted, actor="tests")
    make_reports()
    run.refresh_from_db()
    assert run.state == ReportState.DONE
    return run


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE {runs} SET file_sha256 = decode(repeat('00', 32), 'hex') WHERE id = %(run)s", "{run}"),
        ("UPDATE {runs} SET rows_sha256 = decode(repeat('00', 32), 'hex') WHERE id = %(run)s", "{run}"),
        ("UPDATE {runs} SET rows = rows + 1 WHERE id = %(run)s", "{run}"),
        ("UPDATE {runs} SET finished_at = finished_at - interval '2 hours' WHERE id = %(run)s", "{run}"),
        ("DELETE FROM {record} WHERE event_type = 'report.made' AND after ->> 'run' = %(run)s::text", "{run}"),
        (
            "UPDATE {record} SET after = after || '{{\"sha256\": \"00\"}}' WHERE after ->> 'run' = %(run)s::text",
            "{run}",
        ),
        (
            "UPDATE {runs} SET state = 'running', seen_at = now() - interval '1 hour' WHERE id = %(run)s",
            "{run} is running and silent",
        ),
        ("UPDATE {runs} SET state = 'asked', created_at = now() - interval '2 days' WHERE id = %(run)s", "{run} waits"),
    ],
)
def test_a_report_that_was_changed_past_the_guards_or_is_not_on_record_is_found(
    run: ReportRun, change: str, found: str
) -> None:
    tables = {"runs": "public.reports_reportrun", "record": "public.audit_auditentry"}
    with as_superuser() as cursor:
        assert not any(str(run.pk) in one for one in _found(cursor))
        cursor.execute(change.format(**tables), {"run": run.pk})
        assert cursor.rowcount >= 1
        assert found.format(run=run.pk) in _found(cursor)


def test_a_number_of_the_feed_that_was_taken_out_is_found() -> None:
    for n in range(3):
        audit.record("setting.changed", description=f"a mark in the feed {n}")
        sealing.seal()
    feed.advance()
    with as_superuser() as cursor:
        assert not any(one.startswith("feed") for one in _found(cursor))
        cursor.execute(
            "DELETE FROM public.reports_feedmark WHERE checkpoint = ("
            " SELECT checkpoint FROM public.reports_feedmark ORDER BY checkpoint DESC OFFSET 1 LIMIT 1)"
        )
        assert [one for one in _found(cursor) if one.startswith("feed at ")] != []


def _found(cursor: Any) -> list[str]:
    cursor.execute(RECORD.violations)
    return [row[0] for row in cursor.fetchall()]
