"""Reports of the lottery: the same figures in CSV, JSON and PDF, equal to what the books say, and harmless to open."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from audit.models import AuditEntry
from banker import selectors
from banker.models import Member, Settlement
from banker.reports.accounts import account_report
from banker.reports.phases import phase_report, risk_report, statements_report
from banker.reports.shapes import Report, Sort, facts, table
from banker.reports.words import Words
from banker.reports.writing import to_csv, to_json, to_pdf
from banker.services.phases import PhaseNotInStatus
from banker.services.results import settle_phase
from banker.services.slips import cancel_slip
from keno_platform.core import clock, strict_json
from keno_platform.http.parsing import ParameterInvalid
from operators.models import Operator
from operators.services import issue_key
from operators.tenancy import tenant_context
from tests.support import lottery
from tests.support.members import Api, new_admin, new_collector

pytestmark = pytest.mark.usefixtures("committed")
LANGUAGES = [code for code, _ in settings.LANGUAGES]
DAY = timedelta(days=1)


def parsed(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def read_json(report: Report, operator: Operator) -> Any:
    return strict_json.decode(to_json(report, operator, made_at=clock.now()))


def money(operator: Operator, rows: list[dict[str, str]], name: str) -> int:
    return sum(int(row[name].replace(".", "")) for row in rows)


def test_a_phase_report_has_the_settlement_the_corrections_and_what_is_left_after_them(operator_a: Operator) -> None:
    phase = lottery.history(operator_a)
    with tenant_context(operator_a):
        report = read_json(phase_report(phase), operator_a)
        settlement = Settlement.objects.get(phase=phase)
    assert report["facts"] | {"starts_at": "", "ends_at": "", "settled_at": ""} == {
        "phase": phase.name, "starts_at": "", "ends_at": "", "settled_at": "", "winning_number": "124",
        "multiplier": 80, "slips": 2, "bets": 3, "winners": 1, "total_in": "20.00", "total_out": "800.00",
        "net_profit": "-780.00", "commission": "3.00", "total_out_now": "80.00", "net_profit_now": "-60.00",
    }  # fmt: skip
    assert report["prizes"] == [{"prize": "straight", "winners": 1, "paid": "800.00"}]
    [correction] = report["corrections"]
    assert {name: correction[name] for name in correction if name != "time"} == {
        "number_before": "123", "number_after": "124", "reversed": "800.00", "paid": "80.00", "reason": "=misread",
    }  # fmt: skip
    assert settlement.total_out == 800_00, "the settlement itself is never changed"


def test_statements_come_to_the_settlement_and_count_corrections(operator_a: Operator) -> None:
    phase = lottery.history(operator_a)
    with tenant_context(operator_a):
        report, settlement = statements_report(phase), Settlement.objects.get(phase=phase)
    rows = parsed(to_csv(report, operator_a))
    assert [money(operator_a, rows, name) for name in ("total_in", "total_out", "commission")] == [
        settlement.total_in, settlement.total_out, settlement.commission_total,
    ]  # fmt: skip
    seller = next(row for row in rows if row["slips"] == "2")
    assert (seller["corrected"], seller["due"]) == ("-720.00", "-62.00")
    agent = next(row for row in rows if row["slips"] == "0")
    assert (agent["commission"], agent["commission_rate"], agent["due"]) == ("1.00", "1500", "-1.00")
    assert read_json(report, operator_a)["statements"] == [
        {**row, "slips": int(row["slips"]), "commission_rate": int(row["commission_rate"])} for row in rows
    ]


def test_a_phase_that_is_not_settled_has_no_report(operator_a: Operator) -> None:
    phase = lottery.draft(operator_a)
    with tenant_context(operator_a):
        for report in (phase_report, statements_report):
            with pytest.raises(PhaseNotInStatus):
                report(phase)
        assert parsed(to_csv(risk_report(phase), operator_a)) == []


def test_the_risk_table_has_every_number_and_comes_to_what_is_staked(operator_a: Operator) -> None:
    carl = lottery.collector(operator_a, credit=10_000_00)
    with lottery.open_phase(operator_a, global_limit=500_00) as phase:
        lottery.place(operator_a, carl, phase, "1** 2; 123=10.50")
        lottery.limit(operator_a, phase, "777", 0)
        with tenant_context(operator_a):
            report = risk_report(phase)
    rows = parsed(to_csv(report, operator_a))
    assert len(rows) == 1000
    assert rows[123] == {
        "number": "123", "total": "12.50", "bets": "2", "potential_payout": "1000.00", "limit": "500.00",
        "room": "487.50",
    }  # fmt: skip
    assert (rows[777]["limit"], rows[777]["room"]) == ("0.00", "0.00")
    assert money(operator_a, rows, "total") == 210_50 == report.facts.rows[0][-1]
    assert report.tables[0].total == (None, 210_50, 101, None, None, None)


def test_an_account_statement_is_a_chain_of_balances_from_first_to_last(operator_a: Operator) -> None:
    began = clock.now() - timedelta(seconds=5)
    admins = [lottery.admin(operator_a) for _ in range(2)]
    carl = lottery.collector(operator_a, credit=1000_00, commission=10_00)
    with lottery.open_phase(operator_a) as phase:
        first = lottery.place(operator_a, carl, phase, "123 1").slip
        lottery.place(operator_a, carl, phase, "123 2")
        gone = lottery.place(operator_a, carl, phase, "124 3").slip
        cancel_slip(operator=operator_a, slip_id=gone.pk, actor="tests")
    lottery.agree(operator_a, phase, "123", admins)
    settle_phase(operator=operator_a, phase_id=phase.pk)
    lottery.correct(operator_a, phase, "124", admins)
    lottery.give(operator_a, carl, -100_00)
    report = account(operator_a, carl, began, clock.now() + DAY)
    rows = parsed(to_csv(report, operator_a))
    assert [row["kind"].removeprefix("kind_") for row in rows] == [
        "credit_given", "slip", "slip", "slip", "slip_refund", "prize", "prize", "commission", "reversal", "reversal",
        "credit_taken",
    ]  # fmt: skip
    balance = 0
    for row in rows:
        balance += int(row["amount"].replace(".", ""))
        assert row["balance_after"] == operator_a.money(balance)
    assert balance == lottery.balance(operator_a, carl)
    assert rows[1]["slip"] == str(first.pk)
    assert {row["phase"] for row in rows[1:10]} == {phase.name}
    assert (rows[0]["phase"], rows[0]["slip"], rows[7]["slip"]) == ("", "", "")
    facts_of = read_json(report, operator_a)["facts"]
    assert (facts_of["balance_before"], facts_of["balance_after"]) == ("0.00", operator_a.money(balance))
    later = account(operator_a, carl, clock.now(), clock.now() + DAY)
    assert read_json(later, operator_a)["facts"]["balance_before"] == operator_a.money(balance)
    assert parsed(to_csv(later, operator_a)) == []


def account(operator: Operator, member: Member, since: Any, until: Any) -> Report:
    with tenant_context(operator):
        return account_report(member, since=since, until=until)


def test_an_account_statement_of_no_time_is_refused(operator_a: Operator) -> None:
    carl, now = lottery.collector(operator_a), clock.now()
    with pytest.raises(ParameterInvalid):
        account(operator_a, carl, now, now)


def test_a_text_that_a_spreadsheet_would_run_is_inert_in_csv_and_whole_in_json(operator_a: Operator) -> None:
    evil = ["=1+1", "+1", "-1", "@x", "\tx", "＝1", 'a"b,c', "plain"]
    rows: list[Any] = [{"reason": text, "amount": -5_00} for text in evil]
    made = table("corrections", {"reason": Sort.WORD, "amount": Sort.MONEY}, rows)
    head = facts(phase=(Sort.WORD, "=cmd()"))
    report = Report(name="phase_report", file="x", facts=head, tables=(made,), main="corrections")
    cells = parsed(to_csv(report, operator_a))
    assert [row["reason"] for row in cells] == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "'＝1", 'a"b,c', "plain"]
    assert {row["amount"] for row in cells} == {"-5.00"}, "an amount below zero stays a number"
    assert [row["reason"] for row in read_json(report, operator_a)["corrections"]] == evil


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_report_is_printed_in_every_language_with_and_without_rows(operator_a: Operator, language: str) -> None:
    words, moment = Words(operator=operator_a, language=language), clock.now()
    settled = lottery.history(operator_a)
    with tenant_context(operator_a):
        empty = risk_report(lottery.draft(operator_a))
        made = [phase_report(settled), statements_report(settled), empty]
    for report in made:
        pdf = to_pdf(report, words, made_at=moment)
        assert pdf.startswith(b"%PDF-")
        assert pdf == to_pdf(report, words, made_at=moment)


@pytest.fixture
def backend(committed: None, operator_a: Operator) -> Api:
    return Api(issue_key(operator=operator_a, label="tests", actor="tests")[1])


def test_who_may_take_which_report_and_that_it_is_on_record(backend: Api, operator_a: Operator) -> None:
    ann = new_admin(backend)
    carl, carl_id = new_collector(backend, credit="100.00")
    phase = lottery.history(operator_a)
    own, period = f"phases/{phase.pk}", "from=2026-01-01T00:00:00Z&to=2100-01-01T00:00:00Z"
    for form in ("csv", "json", "pdf"):
        for reader in (ann, backend):
            for path in (f"{own}/report", f"{own}/statements", f"{own}/risk", f"members/{carl_id}/account"):
                query = f"?{period}" if path.endswith("account") else ""
                assert reader.call("GET", f"{path}.{form}{query}")[0] == 200, (path, form)
        for path in (f"{own}/report", f"{own}/risk", f"members/{carl_id}/account"):
            assert carl.refused("GET", f"{path}.{form}") == (403, "caller_not_allowed"), path
        assert carl.call("GET", f"me/account.{form}?{period}")[0] == 200
        assert backend.refused("GET", f"me/account.{form}?{period}") == (403, "caller_not_allowed")
    assert parsed(carl.get(f"{own}/statements.csv")) == [], "another's statements are not there"
    assert carl.refused("GET", "me/account.csv") == (422, "parameter_invalid")
    told = AuditEntry.objects.filter(event_type="lottery.exported", description__startswith=f"phase-{phase.pk}")
    assert sorted(one.description for one in told) == sorted(
        f"phase-{phase.pk}.{form} was taken" for form in ("csv", "json", "pdf") for _ in range(2)
    )


def test_movements_are_read_page_by_page_by_oneself_and_by_admins(backend: Api, operator_a: Operator) -> None:
    ann = new_admin(backend)
    carl, carl_id = new_collector(backend, credit="100.00")
    dora, _ = new_collector(backend, credit="1.00")
    with lottery.open_phase(operator_a) as phase:
        ask = {"phase_id": str(phase.pk), "text": "123 5", "total": "5.00"}
        slips = [carl.post("slips", ask)["slip_id"] for _ in range(3)]
    found, path = [], "me/movements?limit=2"
    while path:
        page = carl.get(path)
        found += page["results"]
        path = page["next"] and page["next"].partition("/banker/")[2]
    assert [(one["kind"], one["amount"], one["slip_id"], one["phase"]) for one in found] == [
        *(("slip", "-5.00", slip, phase.name) for slip in reversed(slips)),
        ("credit_given", "100.00", None, None),
    ]
    assert found[0]["balance_after"] == "85.00"
    assert ann.get(f"members/{carl_id}/movements")["results"] == found
    assert dora.refused("GET", f"members/{carl_id}/movements") == (403, "caller_not_allowed")
    assert len(dora.get("me/movements")["results"]) == 1


def test_slips_that_have_won_are_found_with_what_they_won_after_corrections(backend: Api, operator_a: Operator) -> None:
    phase = lottery.history(operator_a)
    with tenant_context(operator_a):
        [seller] = {slip.member_id for slip in selectors.slips().filter(phase=phase)}
    listed = backend.get(f"slips?phase_id={phase.pk}&winning=true")["results"]
    assert [one["won"] for one in listed] == ["80.00"], "the slip on 123 had won 800.00, and was corrected to nothing"
    every = backend.get(f"slips?phase_id={phase.pk}&member_id={seller}")["results"]
    assert sorted(one["won"] for one in every) == ["0.00", "80.00"]
    assert backend.get(f"slips/{listed[0]['slip_id']}")["won"] == "80.00"


def test_a_report_names_its_file_and_is_kept_by_nobody_on_the_way(operator_a: Operator) -> None:
    from django.test import Client

    phase = lottery.draft(operator_a)
    key = issue_key(operator=operator_a, label="tests", actor="tests")[1]
    answer = Client().get(f"/api/v1/banker/phases/{phase.pk}/risk.csv", headers={"Authorization": f"Bearer {key}"})
    assert answer["Content-Disposition"] == f'attachment; filename="risk-{phase.pk}.csv"'
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
