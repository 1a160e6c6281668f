"""Daily files: every transaction of a finished day (UTC) once, the same bytes for ever, and nothing else."""

import base64
import csv
import hashlib
import io
import json
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from django.test import AsyncClient

from keno_platform.core import ids
from operators.models import Operator
from operators.partitions import make_partitions
from operators.services import issue_key
from operators.tenancy import tenant_context
from players.models import Player
from reconciliation import daily, services
from reconciliation.models import DailyFile
from reconciliation.operator_files import read_file
from tests.reconciliation.books import conclude, debit, movement, roll_back, staked
from tests.support.bets import backend, new_player
from wallet.models import Account

pytestmark = pytest.mark.usefixtures("committed")
COLUMNS = [
    *("transaction_id", "kind", "bet_id", "round_id", "player_token", "amount", "currency", "status"),
    *("operator_reference", "created_at", "finished_at"),
]
MOMENT = timedelta(microseconds=1)


def write(operator: Operator, player: Player, amount: int, at: datetime, *, reference: str = "") -> UUID:
    """A deposit as it would stand in the books had it been made at this time."""
    one = UUID(int=ids.uuid7_floor(at).int | ids.uuid7().int & (2**80 - 1) & ~0xF | 4)
    with tenant_context(operator), connection.cursor() as cursor:
        make_partitions(("wallet_transaction",), today=at, schema=operator.schema_name)
        account, _ = Account.objects.get_or_create(player=player)
        cursor.execute(
            "INSERT INTO wallet_transaction (id, account_id, kind, amount, balance_after, reference, created_at)"
            " VALUES (%s, %s, 4, %s, 0, %s, %s)",
            [one, account.pk, amount, reference, at],
        )
    return one


def on(day: date, *, hours: float = 0) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours)


def content(operator: Operator, day: date, form: str) -> bytes:
    known = services.daily_file(operator=operator, day=day)
    return b"".join(services.pieces_of(known, operator, form))


def table(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.decode(), newline="")))


def test_a_day_has_what_was_made_from_its_first_moment_to_its_last(transfer: Operator) -> None:
    day = date(2025, 1, 10)
    player = new_player(transfer)
    write(transfer, player, 100, on(day) - MOMENT)
    first, last = write(transfer, player, 200, on(day)), write(transfer, player, 300, on(day, hours=24) - MOMENT)
    write(transfer, player, 400, on(day, hours=24))
    rows = table(content(transfer, day, "csv"))
    assert list(rows[0]) == COLUMNS
    assert [(row["transaction_id"], row["amount"]) for row in rows] == [(str(first), "2.00"), (str(last), "3.00")]
    assert rows[0] | {"transaction_id": "", "created_at": "", "finished_at": ""} == {
        **dict.fromkeys(COLUMNS, ""),
        "kind": "deposit",
        "player_token": player.token,
        "amount": "2.00",
        "currency": "KES",
        "status": "ok",
    }
    assert rows[1]["created_at"] == rows[1]["finished_at"] == "2025-01-10T23:59:59.999Z"
    document = json.loads(content(transfer, day, "json"))
    assert document["transactions"] == rows
    assert (document["rows"], document["totals"]) == (2, {"deposit": {"count": 2, "amount": "5.00"}})
    assert (document["operator"], document["day"]) == (transfer.slug, "2025-01-10")


def test_a_long_day_is_the_same_in_many_pieces(transfer: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    day = date(2025, 2, 10)
    player = new_player(transfer)
    made = [write(transfer, player, n, on(day, hours=n)) for n in range(1, 8)]
    monkeypatch.setattr("reconciliation.transactions.facts_after.__kwdefaults__", {"limit": 3})
    pieces = list(daily.write_csv(transfer, day))
    assert len(pieces) == 4
    assert [row["transaction_id"] for row in table(b"".join(pieces))] == [str(one) for one in made]


def test_a_day_without_transactions_has_a_heading_and_no_row(transfer: Operator) -> None:
    day = date(2025, 3, 10)
    assert content(transfer, day, "csv").decode() == ",".join(COLUMNS) + "\r\n"
    assert json.loads(content(transfer, day, "json"))["transactions"] == []


def test_a_cell_that_a_spreadsheet_would_run_is_text(transfer: Operator) -> None:
    day = date(2025, 4, 10)
    for place, bad in enumerate(("=1+1", "@x", "+a", "-b", "\t=1", "＝1")):
        write(transfer, new_player(transfer), 100, on(day, hours=place), reference=bad)
    shown = [row["operator_reference"] for row in table(content(transfer, day, "csv"))]
    assert shown == ["'=1+1", "'@x", "'+a", "'-b", "'\t=1", "'＝1"]
    assert [row["operator_reference"] for row in json.loads(content(transfer, day, "json"))["transactions"]] == [
        one[1:] for one in shown
    ]


def test_today_is_not_finished_and_tomorrow_is_not_either(transfer: Operator) -> None:
    today = datetime.now(UTC).date()
    for day in (today, today + timedelta(days=1)):
        with pytest.raises(daily.DayNotFinished):
            services.daily_file(operator=transfer, day=day)
        assert backend(transfer).get(f"reconciliation/days/{day}.csv").json()["code"] == "day_not_finished"
    assert not DailyFile.objects.filter(operator=transfer, day__gte=today).exists()


def test_a_file_that_would_be_another_today_is_not_sent(transfer: Operator) -> None:
    day = date(2025, 5, 10)
    player = new_player(transfer)
    write(transfer, player, 100, on(day))
    known = services.daily_file(operator=transfer, day=day)
    with pytest.raises(ProgrammingError), transaction.atomic():
        DailyFile.objects.filter(pk=known.pk).update(rows=2)
    write(transfer, player, 200, on(day, hours=1))  # what must never happen
    with pytest.raises(services.DailyFileChanged):
        list(services.pieces_of(known, transfer, "csv"))


def test_on_the_seamless_wallet_a_debit_stands_as_it_was_when_it_is_rolled_back_later(
    seamless: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daily, "require_finished", lambda *_: None)
    monkeypatch.setattr("reconciliation.selectors.find_daily_file", lambda *_: None)
    _, [bet] = staked(seamless, 1000)
    debit(seamless, new_player(seamless), 700, state="refused")
    today = datetime.now(UTC).date()
    before = table(b"".join(daily.write_csv(seamless, today)))
    roll_back(seamless, bet)
    conclude(seamless, movement(bet, 8))
    after = table(b"".join(daily.write_csv(seamless, today)))
    assert after[: len(before)] == before
    own = {row["transaction_id"]: row for row in after}
    assert own[str(movement(bet, 6))] | {"created_at": "", "finished_at": ""} == {
        **dict.fromkeys(COLUMNS, ""),
        "transaction_id": str(movement(bet, 6)),
        "kind": "debit",
        "bet_id": str(bet),
        "round_id": "1",
        "player_token": own[str(movement(bet, 6))]["player_token"],
        "amount": "10.00",
        "currency": "KES",
        "status": "ok",
        "operator_reference": "op-1",
    }
    assert own[str(movement(bet, 8))]["status"] == "ok"
    assert {row["kind"] for row in after if row["status"] == "refused"} == {"debit"}


async def test_the_api_sends_the_file_with_its_length_and_digest(transfer: Operator) -> None:
    day = date(2025, 6, 10)

    def prepare() -> str:
        write(transfer, new_player(transfer), 100, on(day))
        return issue_key(operator=transfer, label="test", actor="test")[1]

    headers = {"Authorization": f"Bearer {await sync_to_async(prepare)()}"}
    told = (await AsyncClient().get(f"/api/v1/reconciliation/days/{day}", headers=headers)).json()
    assert (told["rows"], told["totals"]) == (1, {"deposit": {"count": 1, "amount": "1.00"}})
    for form, kind in (("csv", "text/csv; charset=utf-8"), ("json", "application/json")):
        answer = await AsyncClient().get(f"/api/v1/reconciliation/days/{day}.{form}", headers=headers)
        sent = b"".join([piece async for piece in answer.streaming_content])
        digest = hashlib.sha256(sent)
        assert answer["Content-Type"] == kind
        assert answer["Content-Length"] == str(len(sent)) == str(told[f"{form}_bytes"])
        assert answer["Repr-Digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
        assert told[f"{form}_sha256"] == digest.hexdigest()
        assert answer["Content-Disposition"] == f'attachment; filename="{transfer.slug}-{day}.{form}"'
        assert answer["X-Row-Count"] == "1"


@pytest.mark.parametrize("day", ["2025-02-30", "20250110", "2025-1-1", "x", "1999-12-31", "9999-12-31", "2025-W01-1"])
@pytest.mark.parametrize("form", ["", ".csv", ".json"])
def test_what_is_no_day_is_refused(transfer: Operator, day: str, form: str) -> None:
    answer = backend(transfer).get(f"reconciliation/days/{day}{form}")
    assert (answer.status_code, answer.json()["code"]) == (422, "parameter_invalid")


class TestTheCommand:
    def test_it_writes_every_operators_files_whole_with_their_sums(
        self, transfer: Operator, seamless: Operator, tmp_path: Path
    ) -> None:
        day = date(2025, 7, 10)
        write(transfer, new_player(transfer), 100, on(day))
        told = io.StringIO()
        call_command("daily_files", "--day", str(day), "--output", str(tmp_path), stdout=told)
        assert {transfer.slug, seamless.slug, "alpha", "beta"} <= {one.name for one in tmp_path.iterdir()}
        name = f"{transfer.slug}-{day}"
        assert f"{name}: 1 transactions" in told.getvalue()
        directory = tmp_path / transfer.slug
        assert sorted(one.name for one in directory.iterdir()) == [
            *(f"{name}.csv", f"{name}.json", f"{name}.sha256", f"{name}.summary.json")
        ]
        checked = subprocess.run(["sha256sum", "--check", f"{name}.sha256"], cwd=directory, check=False)
        assert checked.returncode == 0
        assert json.loads((directory / f"{name}.summary.json").read_text())["rows"] == 1
        # What we write is a list that we can read.
        [row] = list(read_file(directory / f"{name}.csv"))
        assert (row.kind, row.effect, row.minor) == ("deposit", "applied", 100)
        [again] = list(read_file(directory / f"{name}.json"))
        assert again == row

    def test_a_file_that_fails_half_way_is_not_there(
        self, transfer: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        day = date(2025, 8, 10)
        write(transfer, new_player(transfer), 100, on(day))
        services.daily_file(operator=transfer, day=day)
        write(transfer, new_player(transfer), 100, on(day, hours=1))
        with pytest.raises(services.DailyFileChanged):
            call_command("daily_files", "--day", str(day), "--operator", transfer.slug, "--output", str(tmp_path))
        assert list((tmp_path / transfer.slug).iterdir()) == []

    @pytest.mark.parametrize(
        "wrong", [["--operator", "nobody"], ["--day", "2025-02-30"], ["--day", str(datetime.now(UTC).date())]]
    )
    def test_wrong_use_is_told_by_its_exit_code(self, tmp_path: Path, wrong: list[str], transfer: Operator) -> None:
        with pytest.raises(CommandError) as caught:
            call_command("daily_files", "--output", str(tmp_path), *wrong, stdout=io.StringIO())
        assert caught.value.returncode == 2


def test_another_operators_day_holds_nothing_of_ours(transfer: Operator, seamless: Operator) -> None:
    day = date(2025, 9, 10)
    player = new_player(transfer)
    write(transfer, player, 100, on(day))
    assert player.token.encode() in content(transfer, day, "csv")
    for form in ("csv", "json"):
        assert player.token.encode() not in content(seamless, day, form)
