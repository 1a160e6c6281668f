"""Staff ask for reports, watch them being made, fetch the files; they schedule them and agree on shares."""

from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from access.models import StaffSession
from approvals.models import Request, State
from audit.models import AuditEntry
from keno_platform.core import clock
from operators.models import Operator
from reports.catalogue import REPORTS
from reports.catalogue.statement import half_up, percent_of
from reports.models import ReportRun, ReportSchedule, ReportState, RevenueTerm
from reports.query import Query
from reports.shares import RevenueShareInvalid, set_share
from reports.tasks import make_reports
from reports.terms import share_on, terms_of
from tests.admin.conftest import colleague, desk, superuser
from tests.admin.desk import Desk, list_address, page_address, told
from tests.reports.played import Played, json_of, new_operator, play, write

__all__ = ["colleague", "desk", "superuser"]
pytestmark = pytest.mark.usefixtures("committed")
ADD = "add/"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, settings: Any) -> None:
    settings.REPORTS_DIR = tmp_path / "reports"


@pytest.fixture(scope="module")
def played(django_db_setup: None, django_db_blocker: Any) -> Played:
    with django_db_blocker.unblock():
        return play(new_operator("paged"))


def ask(desk: Desk, **answers: str) -> Any:
    whole = {"report": "liability", "operator": "", "by": "period", "form": "csv", "language": "en"} | answers
    return desk.take(list_address(ReportRun) + ADD, **whole)


def test_a_report_is_asked_for_made_and_fetched_and_the_page_watches_until_it_is_done(
    desk: Desk, operator_a: Operator
) -> None:
    answer = ask(desk, operator=operator_a.slug)
    run = ReportRun.objects.latest("pk")
    assert answer["Location"] == page_address(run)
    waiting = desk.get(page_address(run))
    assert (waiting.status_code, waiting["Refresh"]) == (200, "2")
    assert waiting.context["actions_detail"] == []
    make_reports()
    done = desk.get(page_address(run))
    assert "Refresh" not in done
    [download] = done.context["actions_detail"]
    file = desk.get(download["path"])
    assert file["Content-Disposition"].startswith(f'attachment; filename="liability-{operator_a.slug}-')
    entry = AuditEntry.objects.filter(event_type="report.downloaded").latest("pk")
    assert (entry.actor, entry.after["run"]) == (f"staff:{desk.user.get_username()}", str(run.pk))
    assert desk.get(list_address(ReportRun)).status_code == 200


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"report": "bet_log"}, "report_period_invalid"),
        ({"report": "bet_log", "period": "2026"}, "malformed_request"),
        ({"report": "player_statement", "period": "2026-01"}, "parameter_invalid"),
        ({"report": "bet_log", "period": "2026-01", "at_least": "5"}, "parameter_invalid"),
    ],
)
def test_what_cannot_be_made_is_said_and_the_page_stays(desk: Desk, answers: dict[str, str], code: str) -> None:
    before = ReportRun.objects.count()
    answer = ask(desk, **answers)
    assert answer.status_code == 200
    assert f"({code})" in told(answer)
    assert ReportRun.objects.count() == before


def test_a_file_that_is_not_there_yet_is_not_fetched(desk: Desk) -> None:
    ask(desk)
    run = ReportRun.objects.latest("pk")
    assert told(desk.get(page_address(run, "download"))) == "There is no file."
    make_reports()
    run.refresh_from_db()
    assert run.state == ReportState.DONE


def test_a_schedule_is_made_and_ended(desk: Desk, operator_a: Operator) -> None:
    answers = {"report": "operator_statement", "operator": operator_a.slug, "by": "month", "form": "pdf"}
    desk.take(list_address(ReportSchedule) + ADD, **answers, language="fr", every="month")
    schedule = ReportSchedule.objects.latest("pk")
    assert (schedule.operator_id, schedule.query) == (operator_a.pk, {"operator": operator_a.slug, "by": "month"})
    assert desk.get(page_address(schedule)).status_code == 200
    desk.take(page_address(schedule, "end"))
    schedule.refresh_from_db()
    assert schedule.ended_at is not None


def test_a_revenue_share_is_agreed_on_by_two_and_a_statement_uses_it(
    desk: Desk, colleague: Desk, played: Played, tmp_path: Path
) -> None:
    whole, slug = played.query(), played.operator.slug
    assert _share(whole, tmp_path / "before.json") == ("0.00", "0.00", "90.00")
    answer = desk.take(
        list_address(RevenueTerm) + ADD, operator=slug, percent="12.55", since="2026-01-01", reason="The contract"
    )
    assert RevenueTerm.objects.filter(operator=played.operator).count() == 0
    page = desk.get(answer["Location"]).content.decode()
    assert "12.55 %" in page
    assert "none was agreed" in page
    assert "11.30" in page  # what it comes to, of the 90.00 of this month
    colleague.approve_newest(confirmation=slug)
    assert _share(whole, tmp_path / "after.json") == ("12.55", "11.30", "78.70")  # 11.295, rounded half up
    assert desk.get(list_address(RevenueTerm)).status_code == 200
    assert desk.get(page_address(RevenueTerm.objects.latest("pk"))).status_code == 200
    assert desk.get(list_address(ReportSchedule)).status_code == 200
    entry = AuditEntry.objects.filter(event_type="revenue_share.agreed").latest("pk")
    assert (entry.before, entry.after["basis_points"]) == ({"basis_points": 0}, 1255)
    assert entry.actor == f"staff:{colleague.user.get_username()}"


def test_a_share_that_was_asked_for_fails_when_another_one_was_agreed_meanwhile(
    desk: Desk, colleague: Desk, operator_a: Operator
) -> None:
    today = clock.now().date()
    terms = {"operator": operator_a.slug, "since": today.isoformat()}
    desk.take(list_address(RevenueTerm) + ADD, **terms, percent="10", reason="The contract")
    asked = Request.objects.latest("pk")
    set_share(operator=operator_a, basis_points=700, since=today, today=today, actor="tests")
    colleague.approve_newest(confirmation=operator_a.slug)
    asked.refresh_from_db()
    assert asked.state == State.FAILED
    assert share_on(terms_of(operator_a), today) == 700
    again = desk.take(list_address(RevenueTerm) + ADD, **terms, percent="7", reason="Once more")
    assert "(revenue_share_invalid)" in told(again)  # it holds already: there is nothing to ask


@pytest.mark.parametrize(("report", "is_asked"), [("limits_and_exclusions", True), ("liability", False)])
def test_who_fetches_a_file_about_people_shows_that_they_are_still_themselves(
    desk: Desk, report: str, is_asked: bool
) -> None:
    assert REPORTS[report].is_personal == is_asked
    ask(desk, report=report, **({"period": "2026-11"} if is_asked else {}))
    make_reports()
    run = ReportRun.objects.latest("pk")
    address = page_address(run, "download")
    StaffSession.objects.filter(user=desk.user).update(confirmed_at=clock.now() - timedelta(minutes=6))
    before = AuditEntry.objects.filter(event_type="report.downloaded").count()
    answer = desk.get(address)
    assert (answer.status_code == 302) == is_asked
    if is_asked:
        assert answer["Location"] == f"/admin/confirm/?next={quote(address, safe='')}"
        assert AuditEntry.objects.filter(event_type="report.downloaded").count() == before
        StaffSession.objects.filter(user=desk.user).update(confirmed_at=clock.now())
        assert desk.get(address).status_code == 200


def test_reports_about_people_are_told_from_those_about_sums() -> None:
    about_sums = {code for code, report in REPORTS.items() if not report.is_personal}
    assert about_sums == {"game_performance", "liability", "operator_statement", "round_log", "void_statistics"}


def _share(query: Query, path: Path) -> tuple[str, str, str]:
    write("operator_statement", query, "json", path)
    [row] = json_of(path)["rows"]
    return row["share_percent"], row["share"], row["left_to_operator"]


def test_a_share_holds_from_its_day_on_and_never_changes_a_month_that_is_over(operator_b: Operator) -> None:
    today = date(2026, 11, 22)

    def agree(basis_points: int, since: date) -> None:
        set_share(operator=operator_b, basis_points=basis_points, since=since, today=today, actor="tests")

    agree(1000, date(2026, 1, 1))
    agree(2000, date(2026, 11, 15))
    agree(1500, date(2026, 11, 15))
    terms = terms_of(operator_b)
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 11, 14), date(2026, 11, 15)]
    assert [share_on(terms, day) for day in days] == [0, 1000, 1000, 1500]
    for basis_points, since in ((1000, date(2026, 10, 31)), (10_001, today), (-1, today)):
        with pytest.raises(RevenueShareInvalid):
            agree(basis_points, since)


def test_a_share_is_rounded_half_away_from_zero() -> None:
    values = [Fraction(5, 2), Fraction(-5, 2), Fraction(1, 3), Fraction(0), Fraction(249, 100)]
    assert [half_up(value) for value in values] == [3, -3, 0, 0, 2]
    assert [percent_of(value) for value in (0, 5, 1250, 10_000)] == ["0.00", "0.05", "12.50", "100.00"]
