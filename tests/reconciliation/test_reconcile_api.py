"""Reconciling over the API and by the command: the same answers, in parts or at once, and never another's."""

import io
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from keno_platform.core import ids
from operators.models import Operator
from reconciliation import services
from reconciliation.models import Difference, Part, ReconciliationRun
from rounds.selectors import database_now
from tests.reconciliation.books import movement, row, staked
from tests.support.api import call
from tests.support.bets import Backend, backend

pytestmark = pytest.mark.usefixtures("committed")
Listed = list[dict[str, str]]


@pytest.fixture
def caller(seamless: Operator) -> Backend:
    return backend(seamless)


@pytest.fixture
def since(committed: None) -> str:
    return database_now().isoformat()


def put(caller: Backend, path: str, body: Any, *, csv: bool = False) -> Any:
    kind = "text/csv" if csv else "application/json"
    return call("PUT", path, credential=caller.secret, body=body, content_type=kind)


def as_csv(listed: Listed) -> bytes:
    return "\n".join([",".join(listed[0]), *(",".join(one.values()) for one in listed)]).encode()


def test_a_short_list_is_compared_in_one_call(seamless: Operator, caller: Backend, since: str) -> None:
    _, [kept, lost] = staked(seamless, 1000, 2000)
    stranger = movement(ids.bet_id(), 6)
    listed = [row(movement(kept, 6), "debit", "10.00"), row(stranger, "debit", "7.00")]
    answer = caller.post("reconciliation", {"from": since, "rows": listed, "file_name": "books.csv"})
    assert answer.status_code == 201, answer.content
    run = answer.json()
    assert {name: run[name] for name in ("status", "rows", "matched", "missing_here", "missing_there")} == {
        "status": "finished",
        "rows": 2,
        "matched": 1,
        "missing_here": 1,
        "missing_there": 1,
    }
    assert (run["differences"], run["in_doubt"], run["file_name"]) == (2, 0, "books.csv")
    assert (run["total_here"], run["total_there"], run["currency"]) == ("30.00", "17.00", "KES")
    assert caller.get(f"reconciliation/{run['id']}").json() == run
    assert caller.get("reconciliation").json()["results"][0] == run
    found = caller.get(f"reconciliation/{run['id']}/differences").json()["results"]
    assert {(one["result"], one["transaction_id"], one["amount_here"], one["amount_there"]) for one in found} == {
        ("missing_here", str(stranger), None, "7.00"),
        ("missing_there", str(movement(lost, 6)), "20.00", None),
    }
    only = caller.get(f"reconciliation/{run['id']}/differences?result=missing_there").json()["results"]
    assert [one["bet_id"] for one in only] == [str(lost)]
    assert not Part.objects.filter(run_id=run["id"]).exists()


def test_a_long_list_comes_in_parts_each_of_which_may_come_twice(
    seamless: Operator, caller: Backend, since: str
) -> None:
    _, bets = staked(seamless, 1000, 2000, 3000)
    amounts = ("10.00", "20.00", "30.00")
    listed = [row(movement(bet, 6), "debit", amount) for bet, amount in zip(bets, amounts, strict=True)]
    run = caller.post("reconciliation", {"from": since}).json()
    assert run["status"] == "collecting"
    parts = f"reconciliation/{run['id']}/parts"
    assert put(caller, f"{parts}/1", {"rows": listed[:2]}).json() == {"part": 1, "rows": 2}
    assert put(caller, f"{parts}/2", as_csv(listed[2:]), csv=True).json() == {"part": 2, "rows": 1}
    assert put(caller, f"{parts}/1", {"rows": listed[:2]}).status_code == 200  # the same again, after a lost answer
    done = caller.post(f"reconciliation/{run['id']}/compare", {})
    assert done.status_code == 200, done.content
    assert (done.json()["rows"], done.json()["matched"], done.json()["differences"]) == (3, 3, 0)
    for again in (
        put(caller, f"{parts}/3", {"rows": listed}),
        caller.post(f"reconciliation/{run['id']}/compare", {}),
    ):
        assert (again.status_code, again.json()["code"]) == (409, "reconciliation_finished")


def test_a_run_over_the_api_has_an_end(caller: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "API_ROWS_MAX", 3)
    run = caller.post("reconciliation", {}).json()
    two = {"rows": [row(movement(ids.bet_id(), 6), "debit", "1.00") for _ in range(2)]}
    assert put(caller, f"reconciliation/{run['id']}/parts/1", two).status_code == 200
    refused = put(caller, f"reconciliation/{run['id']}/parts/2", two)
    assert refused.json()["code"] == "reconciliation_too_long"
    assert put(caller, f"reconciliation/{run['id']}/parts/1", two).status_code == 200  # in its own place


BAD_BODIES: list[tuple[Any, str]] = [
    ({"rows": [{}]}, "reconciliation_file_invalid"),
    ({"rows": [{"transaction_id": "1"}]}, "reconciliation_file_invalid"),
    ({"rows": ["x"]}, "parameter_invalid"),
    ({"rows": 5}, "parameter_invalid"),
    ({"from": "yesterday"}, "malformed_request"),
    ({"from": "2026-01-02T00:00:00Z", "to": "2026-01-02T00:00:00Z"}, "reconciliation_period_invalid"),
    ({"file_name": "x" * 201}, "parameter_invalid"),
    ({"file_name": 5}, "parameter_invalid"),
    ({"unknown": 1}, "parameter_invalid"),
]


@pytest.mark.parametrize(("body", "code"), BAD_BODIES)
def test_what_cannot_be_compared_is_refused_and_leaves_no_run(
    seamless: Operator, caller: Backend, body: Any, code: str
) -> None:
    before = ReconciliationRun.objects.filter(operator=seamless).count()
    assert caller.post("reconciliation", body).json()["code"] == code
    assert ReconciliationRun.objects.filter(operator=seamless).count() == before


@pytest.mark.parametrize("part", ["0", "10001"])
def test_a_part_has_a_number_within_bounds(caller: Backend, part: str) -> None:
    run = caller.post("reconciliation", {}).json()
    assert put(caller, f"reconciliation/{run['id']}/parts/{part}", {"rows": []}).json()["code"] == "parameter_invalid"


@pytest.mark.parametrize("body", [b"", b"\xff", b"a,b\n1,2", b"transaction_id\nx"])
def test_a_part_that_is_no_csv_is_refused(caller: Backend, body: bytes) -> None:
    run = caller.post("reconciliation", {}).json()
    answer = put(caller, f"reconciliation/{run['id']}/parts/1", body, csv=True)
    assert answer.status_code in (400, 422), answer.content


def test_a_body_beyond_the_cap_is_too_large(caller: Backend) -> None:
    run = caller.post("reconciliation", {}).json()
    path = f"reconciliation/{run['id']}/parts/1"
    for body, csv in ((b"x" * 600_000, True), (b'{"rows": [' + b" " * 600_000 + b"]}", False)):
        answer = put(caller, path, body, csv=csv)
        assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")


def test_another_operators_run_is_not_found_like_one_that_nobody_has(
    seamless: Operator, transfer: Operator, caller: Backend
) -> None:
    run = caller.post("reconciliation", {"rows": []}).json()["id"]
    other = backend(transfer)
    for path in ("reconciliation/{}", "reconciliation/{}/differences"):
        answers = [other.get(path.format(one)) for one in (run, uuid4())]
        assert [answer.status_code for answer in answers] == [404, 404]
    assert other.post(f"reconciliation/{run}/compare", {}).status_code == 404
    assert put(other, f"reconciliation/{run}/parts/1", {"rows": []}).status_code == 404
    assert run not in other.get("reconciliation").content.decode()


class TestTheCommand:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        return tmp_path / "books.csv"

    def reconcile(self, operator: Operator, file: Path, *options: str) -> tuple[int, str]:
        """The exit code, and what it printed."""
        told = io.StringIO()
        try:
            call_command(
                "reconcile", "--operator", operator.slug, "--file", str(file), *options, stdout=told, stderr=told
            )
        except SystemExit as left:
            return int(left.code or 0), told.getvalue()
        except CommandError as error:
            return error.returncode, str(error)
        return 0, told.getvalue()

    def test_equal_books_end_with_0_and_others_with_1(self, seamless: Operator, file: Path, since: str) -> None:
        _, [kept, lost] = staked(seamless, 1000, 2000)
        listed = [row(movement(kept, 6), "debit", "10.00"), row(movement(lost, 6), "debit", "20.00")]
        file.write_bytes(as_csv(listed))
        code, told = self.reconcile(seamless, file, "--from", since)
        assert code == 0, told
        assert "equal" in told
        file.write_bytes(as_csv(listed[:1]))
        code, told = self.reconcile(seamless, file, "--from", since)
        assert code == 1
        assert str(movement(lost, 6)) in told
        assert "missing there" in told
        assert "1 differences" in told
        run = ReconciliationRun.objects.filter(operator=seamless).latest("pk")
        assert (run.source, run.file_name, run.missing_there) == ("command", "books.csv", 1)
        assert run.actor.startswith("command:")

    def test_a_journal_in_json_is_read_too(self, seamless: Operator, file: Path, since: str) -> None:
        _, [twice] = staked(seamless, 1000)
        one = row(movement(twice, 6), "debit", "10.00", status="ok", effective="-20.00")
        file.write_text(json.dumps({"players": [], "transactions": [one]}))
        code, told = self.reconcile(seamless, file, "--from", since)
        assert code == 1
        assert "different_amount" in told
        assert "20.00 there" in told

    @pytest.mark.parametrize("options", [[], ["--from", "x"], ["--from", "2026-01-01T00:00:00"]])
    def test_wrong_use_ends_with_2(self, seamless: Operator, file: Path, options: list[str]) -> None:
        file.write_text("no list\n")
        assert self.reconcile(seamless, file, *options)[0] == 2
        assert self.reconcile(seamless, file.with_name("not there"), *options)[0] == 2

    def test_an_unknown_operator_ends_with_2(self, file: Path) -> None:
        file.write_text("[]")
        with pytest.raises(CommandError) as caught:
            call_command("reconcile", "--operator", "nobody", "--file", str(file))
        assert caught.value.returncode == 2

    def test_a_file_that_breaks_off_leaves_no_run(self, seamless: Operator, file: Path, since: str) -> None:
        good = row(movement(ids.bet_id(), 6), "debit", "10.00")
        file.write_bytes(as_csv([good] * 50 + [good | {"amount": "ten"}]))
        before = ReconciliationRun.objects.filter(operator=seamless).count()
        code, told = self.reconcile(seamless, file)
        assert code == 2
        assert "Row 51" in told
        assert ReconciliationRun.objects.filter(operator=seamless).count() == before


def test_only_so_many_differences_are_kept_and_all_are_counted(
    seamless: Operator, monkeypatch: pytest.MonkeyPatch, since: str, caller: Backend
) -> None:
    monkeypatch.setattr("reconciliation.comparison.FOUND_MAX", 2)
    listed = [row(movement(ids.bet_id(), 6), "debit", "1.00") for _ in range(5)]
    run = caller.post("reconciliation", {"from": since, "rows": listed}).json()
    assert run["missing_here"] == 5
    assert Difference.objects.filter(run_id=run["id"]).count() == 2
