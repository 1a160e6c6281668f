"""Reading an operator's list in any of its forms; what cannot be read is refused with its row."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciliation import operator_files
from reconciliation.operator_files import (
    ReconciliationFileInvalid,
    Row,
    from_json,
    read_csv_text,
    read_file,
    rows_of,
    to_json,
)

ONE = "01990000-0000-7000-8000-000000000006"
GOOD = {
    "transaction_id": ONE,
    "kind": "debit",
    "amount": "10.00",
    "currency": "KES",
    "status": "applied",
    "player_token": "p-1",
    "created_at": "2026-11-21T10:00:00.123Z",
}
HEADING = ",".join(GOOD)
LINE = ",".join(GOOD.values())


def read(path: Path, text: str | bytes) -> list[Row]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read_file(path))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "list"


FORMS = {
    "csv": f"{HEADING}\n{LINE}\n{LINE}\n",
    "csv with CRLF and without a last one": f"{HEADING}\r\n{LINE}\r\n{LINE}",
    "csv with a mark of its encoding": f"\ufeff{HEADING}\n{LINE}\n{LINE}\n",
    "csv with other columns in another order": f"x,{','.join(reversed(HEADING.split(',')))}\n"
    + f"1,{','.join(reversed(LINE.split(',')))}\n" * 2,
    "csv with a cell that looks like a line's end": f'{HEADING},x\n{LINE},"a\nb"\n{LINE},a\u2028b\n',
    "json array": json.dumps([GOOD, GOOD]),
    "json array over lines": json.dumps([GOOD, GOOD], indent=2),
    "json lines": json.dumps(GOOD) + "\n" + json.dumps(GOOD) + "\n",
    "json lines without a last end": json.dumps(GOOD) + "\n" + json.dumps(GOOD),
    "json object with transactions": json.dumps({"players": [{"player_token": "x"}], "transactions": [GOOD, GOOD]}),
    "json object with rows": json.dumps({"rows": [GOOD, GOOD]}, indent=1),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("chunk", [1, 7, 1 << 18])
def test_each_form_gives_the_same_rows_however_it_comes_in(
    file: Path, form: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operator_files, "CHUNK", chunk)
    found = read(file, FORMS[form])
    [expected] = rows_of([GOOD])
    assert found == [expected, expected]
    assert (expected.transaction_id, expected.minor, expected.effect) == (UUID(ONE), 1000, "applied")


@pytest.mark.parametrize("text", ["[]", "  [ ] ", f"{HEADING}\n", HEADING, '{"transactions": []}'])
def test_a_list_may_be_empty(file: Path, text: str) -> None:
    assert read(file, text) == []


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "a,b\n1,2\n", "[", "[1", '[{"a": 1}', "[nul]", "{", '{"a": 1}', "[1, 2]", '["x"]', "[[1]]"),
        f"{HEADING}\n{LINE},more\n",
        f"{HEADING},kind\n{LINE},debit\n",
        f'{HEADING}\n"{LINE}\n',
        json.dumps([GOOD])[:-1],
        json.dumps(GOOD) + "\n{",
        b"\xff\xfe" + HEADING.encode(),
        "[" * 100_000,
        '{"transactions": ' + "[" * 100_000,
    ],
)
def test_what_is_no_list_is_refused(file: Path, text: str | bytes) -> None:
    with pytest.raises(ReconciliationFileInvalid):
        read(file, text)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("transaction_id", bad) for bad in ("", "1", "x" * 36, None, 7, ONE + "0")),
        *(("kind", bad) for bad in ("", "Debit", "win", None, 6)),
        *(("status", bad) for bad in ("", "done", None)),
        *(("currency", bad) for bad in ("", "kes", "XXXX", "K", None)),
        *(("amount", bad) for bad in ("", "10.001", "-1", "1e3", "٣", "1,000", " 1", 10, 10.0, None, "9" * 16)),
        *(("effective", bad) for bad in ("--1", "+1", "1e3", "-")),
        *(("created_at", bad) for bad in ("yesterday", "2026-11-21T10:00:00", 5, "0001-01-01T00:00:00Z")),
        *(("player_token", bad) for bad in ("x" * 129, 5, "a\x00")),
    ],
)
def test_a_row_that_cannot_be_read_is_named(name: str, value: Any) -> None:
    with pytest.raises(ReconciliationFileInvalid) as caught:
        list(rows_of([GOOD, GOOD | {name: value}]))
    assert caught.value.params == {"row": 2}
    assert str(caught.value).startswith("Row 2: ")


def test_a_row_that_lacks_a_member_is_named() -> None:
    for name in operator_files.NEEDED:
        with pytest.raises(ReconciliationFileInvalid):
            list(rows_of([{key: value for key, value in GOOD.items() if key != name}]))


def test_a_list_as_big_as_memory_is_read_row_by_row(file: Path) -> None:
    file.write_text("[" + ",\n".join([json.dumps(GOOD)] * 20_000) + "]")
    told: list[int] = []
    rows = read_file(file, progress=told.append)
    next(rows)
    assert told[-1] < file.stat().st_size / 4
    assert sum(1 for _ in rows) == 19_999
    assert told[-1] == file.stat().st_size


def test_a_line_without_end_is_not_taken_into_memory(file: Path) -> None:
    for text in (f"{HEADING}\n" + "x" * 3_000_000, '[{"transaction_id": "' + "x" * 3_000_000):
        with pytest.raises(ReconciliationFileInvalid):
            read(file, text)


@given(st.text(max_size=200))
def test_no_text_at_all_brings_another_error(text: str) -> None:
    with suppress(ReconciliationFileInvalid):
        read_csv_text(text)


@given(
    st.lists(st.dictionaries(st.sampled_from([*GOOD, "effective"]), st.text(max_size=12) | st.integers() | st.none()))
)
def test_no_members_at_all_bring_another_error(members: list[dict[str, Any]]) -> None:
    with suppress(ReconciliationFileInvalid):
        list(rows_of(members))


def test_a_row_waits_in_a_part_and_comes_back_as_it_was() -> None:
    for row in rows_of([GOOD, GOOD | {"created_at": "", "status": "tombstone"}]):
        assert from_json(json.loads(json.dumps(to_json(row)))) == row


@pytest.mark.parametrize(
    ("kind", "effective", "minor", "effect"),
    [
        ("debit", "-10.00", 1000, "applied"),
        ("debit", "-20.00", 2000, "applied"),
        ("debit", "10.00", -1000, "applied"),
        ("debit", "0.00", 0, "nothing"),
        ("credit", "35.50", 3550, "applied"),
        ("credit", "-1.00", -100, "applied"),
        ("rollback", "0.00", 0, "nothing"),
        ("rollback", "10.00", 1000, "nothing"),
    ],
)
def test_what_moved_in_the_end_outweighs_amount_and_status(kind: str, effective: str, minor: int, effect: str) -> None:
    [row] = rows_of([GOOD | {"kind": kind, "effective": effective}])
    assert (row.minor, row.effect) == (minor, effect)
