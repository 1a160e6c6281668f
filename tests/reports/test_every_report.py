"""Every report in every format, over play whose books are known: the same rows, the same sums, sealed."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit.services import sealing
from keno_platform.core.errors import NotFound
from reports import seals
from reports.catalogue import REPORTS
from reports.writing.page import texts_in
from rounds.custody import signing_keys
from tests.reports.played import Played, csv_of, json_of, new_operator, play, write

CODES = sorted(REPORTS)
MONEY = {"stakes": "800.00", "payouts": "710.00", "ggr": "90.00", "voided": "5.00", "cancelled": "7.00"}


@pytest.fixture(scope="module")
def played(django_db_setup: None, django_db_blocker: Any) -> Played:
    with django_db_blocker.unblock():
        made = play(new_operator("reported"))
        sealing.seal()
        return made


def query_of(code: str, played: Played) -> Any:
    return played.query(player=played.player.token) if code == "player_statement" else played.query()


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("code", CODES)
def test_csv_json_and_pdf_of_a_query_hold_the_same_rows_and_are_sealed(
    code: str, played: Played, tmp_path: Path
) -> None:
    query = query_of(code, played)
    paths = {form: tmp_path / f"report.{form}" for form in ("csv", "json", "pdf")}
    made = {form: write(code, query, form, path) for form, path in paths.items()}
    assert len({one.rows_sha256 for one in made.values()}) == 1
    assert made["csv"].totals == made["json"].totals

    rows, after = csv_of(paths["csv"])
    document = json_of(paths["json"])
    assert len(rows) == int(after["#rows"][0]) == document["count"] == len(document["rows"])
    assert json.loads(after["#query"][0]) == document["query"] == query.as_json()
    assert after["#rows_sha256"] == [document["rows_sha256"]]
    assert [list(row) for row in document["rows"]] == [[one.name for one in REPORTS[code].all_columns]] * len(rows)
    keys = {key.key_id: key.public_key for key in signing_keys()}
    assert {form: seals.check_file(path, keys).key_id for form, path in paths.items()} == dict.fromkeys(
        paths, next(iter(keys))
    )


@pytest.mark.usefixtures("committed")
def test_game_performance_is_what_was_played_beside_what_the_paytable_promises(played: Played, tmp_path: Path) -> None:
    made = write("game_performance", played.query(), "json", tmp_path / "a.json")
    [row] = json_of(tmp_path / "a.json")["rows"]
    assert {name: row[name] for name in MONEY} == MONEY
    assert (row["rounds"], row["bets"], row["winners"]) == (1, 80, 20)
    # Every number was bet on, so the payout is certain: 20 of 80 win 3.55 times, which is the paytable's own return.
    assert row["rtp_theory"] == row["rtp"] == "0.887500"
    assert row["expected_payouts"] == "710.00"
    assert float(row["rtp_low"]) < 0.8875 < float(row["rtp_high"])
    assert row["rtp_within"] == "inside"
    [total] = made.totals
    assert total == {
        "currency": "KES", "rows": 1, "rounds": 1, "bets": 80, "winners": 20, "expected_payouts": "710.00",
        "rtp_theory": "0.887500", "rtp": "0.887500", **MONEY,
    }  # fmt: skip


@pytest.mark.usefixtures("committed")
def test_the_bet_log_has_every_bet_with_what_became_of_it(played: Played, tmp_path: Path) -> None:
    [total] = write("bet_log", played.query(), "csv", tmp_path / "a.csv").totals
    rows, _ = csv_of(tmp_path / "a.csv")
    by_status: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        by_status.setdefault(row["status"], []).append(row)
    assert {status: len(found) for status, found in by_status.items()} == {"won": 20, "lost": 60, "rolled_back": 2}
    assert {row["won"] for row in by_status["won"]} == {"35.50"}
    assert sorted(row["returned"] for row in by_status["rolled_back"]) == ["5.00", "7.00"]
    assert {int(row["numbers"]) for row in by_status["won"]} == set(played.drawn.numbers_drawn or ())
    assert [row["bet_id"] for row in rows] == sorted(row["bet_id"] for row in rows)
    assert (total["stake"], total["won"], total["returned"]) == ("812.00", "710.00", "12.00")


@pytest.mark.usefixtures("committed")
def test_a_players_token_that_a_spreadsheet_would_run_is_text_in_csv_and_itself_in_json(
    played: Played, tmp_path: Path
) -> None:
    for form in ("csv", "json"):
        write("bet_log", played.query(player=played.player.token), form, tmp_path / f"a.{form}")
    rows, _ = csv_of(tmp_path / "a.csv")
    assert {row["player"] for row in rows} == {"'" + played.player.token}
    assert {row["player"] for row in json_of(tmp_path / "a.json")["rows"]} == {played.player.token}


@pytest.mark.usefixtures("committed")
def test_a_players_statement_goes_from_one_balance_to_the_other(played: Played, tmp_path: Path) -> None:
    query = played.query(player=played.player.token)
    made = write("player_statement", query, "json", tmp_path / "a.json")
    document = json_of(tmp_path / "a.json")
    [facts] = document["facts"]
    assert facts["opening"] == "0.00 KES"
    assert facts["closing"] == document["rows"][-1]["balance_after"] + " KES" == "9910.00 KES"
    assert made.totals[0]["amount"] == "9910.00"
    kinds = [row["kind"] for row in document["rows"]]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"deposit": 1, "stake": 82, "payout": 20, "refund": 2}


@pytest.mark.usefixtures("committed")
def test_the_round_log_has_seeds_of_revealed_rounds_and_the_reason_of_void_ones(played: Played, tmp_path: Path) -> None:
    write("round_log", played.query(game=played.game), "json", tmp_path / "a.json")
    drawn, void = json_of(tmp_path / "a.json")["rows"]
    assert drawn["server_seed_hash"] == bytes(played.drawn.server_seed_hash).hex()
    assert drawn["server_seed"] == bytes(played.drawn.server_seed or b"").hex() != ""
    assert drawn["numbers"] == played.drawn.numbers_drawn
    assert (drawn["bets"], drawn["stakes"], drawn["payouts"]) == (80, "800.00", "710.00")
    assert (void["status"], void["void_reason"], void["numbers"]) == ("void", "a test", None)


@pytest.mark.usefixtures("committed")
def test_void_statistics_tell_void_rounds_from_cancelled_bets(played: Played, tmp_path: Path) -> None:
    write("void_statistics", played.query(by="day"), "json", tmp_path / "a.json")
    [row] = json_of(tmp_path / "a.json")["rows"]
    assert (row["rounds_ended"], row["rounds_void"], row["void_share"]) == (2, 1, "0.500000")
    assert (row["voided"], row["cancelled"], row["void_causes"]) == ("5.00", "7.00", "staff:1")


@pytest.mark.usefixtures("committed")
def test_large_wins_are_those_from_the_threshold_on(played: Played, tmp_path: Path) -> None:
    for least, count in (("35.50", 20), ("35.51", 0)):
        made = write("large_wins", played.query(at_least=least), "json", tmp_path / f"{least}.json")
        assert made.rows == count
    assert json_of(tmp_path / "35.51.json")["facts"][0]["at_least"] == "35.51 KES"


@pytest.mark.usefixtures("committed")
def test_significant_events_have_the_void_round_though_the_house_voided_it(played: Played, tmp_path: Path) -> None:
    write("significant_events", played.query(), "json", tmp_path / "a.json")
    events = [(row["event"], row["round_id"]) for row in json_of(tmp_path / "a.json")["rows"]]
    assert ("round.voided", str(played.void.pk)) in events


@pytest.mark.usefixtures("committed")
def test_the_liability_report_has_every_line_also_where_it_is_zero(played: Played, tmp_path: Path) -> None:
    write("liability", played.query(), "json", tmp_path / "a.json")
    lines = {row["line"]: row["amount"] for row in json_of(tmp_path / "a.json")["rows"]}
    assert lines.pop("balances") == "9910.00"
    assert set(lines.values()) == {"0.00"}
    assert len(lines) == 6


@pytest.mark.usefixtures("committed")
def test_every_entry_of_an_extract_of_the_record_proves_itself_to_the_stand_alone_verifier(
    played: Played, tmp_path: Path
) -> None:
    write("audit_extract", played.query(), "json", tmp_path / "a.json")
    document = json_of(tmp_path / "a.json")
    rows = document["rows"]
    state = json.loads(document["facts"][0]["log_state"])
    assert [row["index"] for row in rows] == list(range(rows[0]["index"], rows[-1]["index"] + 1))
    members = (
        *("id", "created_at", "transaction", "event_type", "actor", "address", "operator_id", "round_id", "bet_id"),
        *("description", "before", "after"),
    )
    for row in rows:
        entry = {name: row["entry_id" if name == "id" else name] for name in members}
        place = {"index": row["index"], "size": state["size"], "path": row["path"].split()}
        (tmp_path / "entry.json").write_text(json.dumps({**state, "entry": entry, "place": place}))
        command = [sys.executable, "-m", "fairness", "record", str(tmp_path / "entry.json")]
        if row is rows[0]:
            checked = subprocess.run(command, capture_output=True, text=True, check=False)
            assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("form", ["csv", "json", "pdf"])
def test_a_period_without_play_says_so(played: Played, tmp_path: Path, form: str) -> None:
    quiet = played.query().__class__(
        since=played.since.replace(year=2020), until=played.since.replace(year=2021), operator=played.operator.slug
    )
    made = write("game_performance", quiet, form, tmp_path / f"a.{form}")
    assert (made.rows, made.totals) == (0, [])
    if form == "csv":
        assert csv_of(tmp_path / "a.csv")[1]["#note"] == ["no activity in this period"]
    if form == "json":
        assert json_of(tmp_path / "a.json")["rows"] == []


@pytest.mark.usefixtures("committed")
def test_a_report_on_all_operators_has_a_total_for_each_currency(
    played: Played, operator_b: Any, tmp_path: Path, unique: Callable[[str], str]
) -> None:
    query = played.query().__class__(since=played.since, until=played.query().until)
    write("liability", query, "json", tmp_path / "a.json")
    currencies = {row["operator"]: row["currency"] for row in json_of(tmp_path / "a.json")["rows"]}
    assert currencies[played.operator.slug] == "KES"
    assert currencies[operator_b.slug] == "XOF"


@pytest.mark.usefixtures("committed")
def test_a_statement_of_nobody_is_refused(played: Played, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        write("player_statement", played.query(player="nobody"), "csv", tmp_path / "a.csv")


@pytest.mark.parametrize("code", CODES)
def test_every_report_column_and_fact_has_its_text(code: str) -> None:
    report, texts = REPORTS[code], texts_in("en")
    keys = {report.title_key, report.about_key, *(one.text_key for one in report.all_columns)}
    assert keys - texts.keys() == set()
    assert report.columns[0].name != "operator"
