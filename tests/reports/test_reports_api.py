"""The API on reports: an operator's own, the provider's about any; files with their hash; the regulator's feed."""

import base64
import hashlib
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.management import call_command

from audit.models import AuditEntry
from audit.services import sealing
from operators.models import Operator
from operators.services import issue_key
from reports import feed
from reports.catalogue import REPORTS
from reports.management.commands.regulator_feed import line_of
from reports.models import FeedMark
from reports.tasks import make_reports
from tests.reports.played import new_operator
from tests.support.api import call
from tests.support.bets import backend

pytestmark = pytest.mark.usefixtures("committed")
ASK = {"report": "liability", "format": "json"}


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, settings: Any) -> None:
    settings.REPORTS_DIR = tmp_path / "reports"


@pytest.fixture(scope="module")
def operator(django_db_setup: None, django_db_blocker: Any) -> Operator:
    with django_db_blocker.unblock():
        return new_operator("api")


@pytest.fixture
def provider(committed: None) -> str:
    return issue_key(operator=None, label="tests", actor="tests")[1]


def ask(credential: str, method: str, path: str, body: Any = None) -> Any:
    return call(method, path, credential=credential, body=body)


def content(answer: Any) -> bytes:
    async def collect() -> bytes:
        return b"".join([piece async for piece in answer])

    return async_to_sync(collect)() if answer.streaming else bytes(answer.content)


def test_the_list_of_reports_says_their_columns_in_any_language(operator: Operator) -> None:
    key = backend(operator).secret
    listed = json.loads(ask(key, "GET", "reports?language=am").content)
    assert [one["report"] for one in listed] == list(REPORTS)
    assert next(one for one in listed if one["report"] == "bet_log")["title"] == "የውርርዶች መዝገብ"
    assert ask(key, "GET", "reports?language=xx").json()["code"] == "parameter_invalid"


def test_a_report_is_asked_for_followed_and_fetched_with_its_hash(operator: Operator) -> None:
    key = backend(operator).secret
    asked = ask(key, "POST", "reports/runs", ASK)
    assert asked.status_code == 202
    path = f"reports/runs/{asked.json()['id']}"
    assert asked.json()["status"] == "asked"
    assert ask(key, "GET", f"{path}/file").json()["code"] == "report_pending"
    make_reports()
    run = ask(key, "GET", path).json()
    assert (run["status"], run["query"]["operator"]) == ("done", operator.slug)
    file = ask(key, "GET", f"{path}/file")
    whole = content(file)
    assert hashlib.sha256(whole).hexdigest() == run["sha256"]
    assert file["Repr-Digest"] == f"sha-256=:{base64.b64encode(bytes.fromhex(run['sha256'])).decode()}:"
    assert int(file["Content-Length"]) == len(whole) == run["bytes"]
    assert ask(key, "GET", "reports/runs?limit=1").json()["results"][0]["id"] == run["id"]


def test_another_operators_reports_do_not_exist_and_nobody_asks_about_another(
    operator: Operator, operator_b: Operator
) -> None:
    own, other = backend(operator).secret, backend(operator_b).secret
    run = ask(own, "POST", "reports/runs", ASK).json()
    for path in (f"reports/runs/{run['id']}", f"reports/runs/{run['id']}/file"):
        assert ask(other, "GET", path).json()["code"] == "not_found"
    assert run["id"] not in {one["id"] for one in ask(other, "GET", "reports/runs").json()["results"]}
    refused = ask(own, "POST", "reports/runs", ASK | {"operator": operator_b.slug})
    assert refused.json()["code"] == "parameter_invalid"
    make_reports()


def test_the_provider_asks_about_any_operator_or_all(operator: Operator, provider: str) -> None:
    one = ask(provider, "POST", "reports/runs", ASK | {"operator": operator.slug}).json()
    every = ask(provider, "POST", "reports/runs", ASK).json()
    make_reports()
    slugs = {}
    for run in (one, every):
        rows = json.loads(content(ask(provider, "GET", f"reports/runs/{run['id']}/file")))["rows"]
        slugs[run["id"]] = {row["operator"] for row in rows}
    assert slugs[one["id"]] == {operator.slug}
    assert slugs[every["id"]] > {operator.slug, "alpha", "beta"}
    assert ask(provider, "POST", "reports/runs", ASK | {"operator": "nobody"}).json()["code"] == "not_found"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("reports/nothing.csv?period=2026-01", "report_unknown"),
        ("reports/bet-log.csv", "report_period_invalid"),
        ("reports/bet-log.csv?period=2026-13", "malformed_request"),
        ("reports/bet-log.csv?period=2026-01&from=2026-01-01T00:00:00Z", "report_period_invalid"),
        ("reports/bet-log.csv?from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z", "report_period_invalid"),
        ("reports/bet-log.csv?period=2026-01&by=day", "parameter_invalid"),
        ("reports/game-performance.json?period=2026-01&by=week", "parameter_invalid"),
        ("reports/large-wins.json?period=2026-01&at_least=1.001", "currency_exponent"),
        ("reports/player-statement.pdf?period=2026-01", "parameter_invalid"),
        ("reports/bet-log.pdf?period=2026-01&language=xx", "parameter_invalid"),
    ],
)
def test_what_makes_no_report_is_a_problem(operator: Operator, path: str, code: str) -> None:
    answer = ask(backend(operator).secret, "GET", path)
    assert (answer["Content-Type"], answer.json()["code"]) == ("application/problem+json", code)


@pytest.mark.parametrize(
    ("form", "kind"), [("csv", "text/csv; charset=utf-8"), ("json", "application/json"), ("pdf", "application/pdf")]
)
def test_a_short_report_comes_at_once_and_is_on_record(operator: Operator, form: str, kind: str) -> None:
    answer = ask(backend(operator).secret, "GET", f"reports/game-performance.{form}?period=2026-01&language=ar")
    assert (answer.status_code, answer["Content-Type"]) == (200, kind)
    assert b"keno-report-1" in answer.content
    entry = AuditEntry.objects.filter(event_type="report.downloaded", operator_id=operator.pk).latest("pk")
    assert (entry.actor, entry.after["query"]["operator"]) == (f"operator {operator.slug}", operator.slug)


def test_a_report_of_more_rows_than_an_answer_may_have_is_refused(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.runs.direct.ROWS_MAX", 6)
    answer = ask(backend(operator).secret, "GET", "reports/liability.csv")
    assert (answer.status_code, answer.json()["code"]) == (413, "report_too_long")


def test_schedules_are_made_listed_and_ended_by_their_operator_alone(operator: Operator, operator_b: Operator) -> None:
    own, other = backend(operator).secret, backend(operator_b).secret
    body = {"report": "operator_statement", "every": "month", "format": "pdf", "language": "sw"}
    made = ask(own, "POST", "reports/schedules", body)
    assert made.status_code == 201
    path = f"reports/schedules/{made.json()['id']}"
    assert ask(own, "GET", "reports/schedules").json()["results"][0]["query"]["operator"] == operator.slug
    assert ask(other, "DELETE", path).json()["code"] == "not_found"
    assert ask(own, "DELETE", path).status_code == 204
    assert ask(own, "GET", "reports/schedules").json()["results"] == []
    assert ask(own, "POST", "reports/schedules", body | {"every": "year"}).json()["code"] == "parameter_invalid"


@pytest.fixture
def sealed(operator: Operator) -> int:
    """The number of the newest entry of the feed."""
    sealing.seal()
    feed.advance()
    return feed.last_number()


def test_the_feed_numbers_every_sealed_entry_once_and_numbers_stay(
    sealed: int, provider: str, operator: Operator
) -> None:
    before = read_all(provider)
    assert [one["sequence"] for one in before] == list(range(1, sealed + 1))
    assert len({(one["log"], one["index"]) for one in before}) == sealed
    issue_key(operator=operator, label="later", actor="tests")
    sealing.seal()
    after = read_all(provider)
    assert after[: len(before)] == before
    assert [one["sequence"] for one in after] == list(range(1, len(after) + 1))
    assert any(one["entry"]["event_type"] == "operator.key_issued" for one in after[len(before) :])
    by_log: dict[str, list[int]] = {}
    for one in after:
        by_log.setdefault(one["log"], []).append(one["index"])
    assert all(indexes == list(range(len(indexes))) for indexes in by_log.values())


def read_all(provider: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    after = 0
    while found := ask(provider, "GET", f"regulator/feed?after={after}&limit=97").json()["results"]:
        entries += found
        after = found[-1]["sequence"]
    return entries


def test_the_feed_is_the_providers_and_takes_numbers_only(operator: Operator, provider: str) -> None:
    assert ask(backend(operator).secret, "GET", "regulator/feed").json()["code"] == "caller_not_allowed"
    for query in ("limit=0", "limit=1001", "after=-1", "after=x"):
        assert ask(provider, "GET", f"regulator/feed?{query}").json()["code"] == "parameter_invalid"


def test_the_feeds_file_only_grows_and_mends_a_line_that_was_cut(sealed: int, tmp_path: Path) -> None:
    path = tmp_path / "feed.ndjson"
    call_command("regulator_feed", str(path), stdout=StringIO())
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    assert [json.loads(line)["sequence"] for line in lines][:sealed] == list(range(1, sealed + 1))
    assert lines[:5] == list(map(line_of, feed.read(after=0, limit=5)))
    path.write_bytes(whole[:-9])
    call_command("regulator_feed", str(path), stdout=StringIO())
    assert path.read_bytes()[: len(whole)] == whole


def test_marks_of_the_feed_follow_each_other(sealed: int) -> None:
    next_first = 1
    for mark in FeedMark.objects.order_by("checkpoint"):
        assert mark.first == next_first
        next_first += mark.entries
    assert next_first == sealed + 1
