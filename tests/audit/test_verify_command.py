"""`manage.py verify_audit --keep`: the record is held against what was kept outside; the newest state is kept too."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import transaction

from audit import services as audit
from fairness.record.messages import Checkpoint as Message
from tests.audit.horizon import seal_all

pytestmark = pytest.mark.usefixtures("committed")


def something_new() -> None:
    with transaction.atomic():
        audit.record("round.voided", description="something new")
    seal_all()


def verify(kept: Path) -> str:
    said = io.StringIO()
    call_command("verify_audit", "--keep", str(kept), stdout=said, stderr=said)
    return said.getvalue()


def test_each_run_holds_the_record_against_all_that_was_kept_and_keeps_the_newest(tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    for run in (1, 2):
        something_new()
        assert "0 findings" in verify(kept)
        assert len(kept.read_text().splitlines()) == run
    first, second = (Message.decode(bytes.fromhex(line)) for line in kept.read_text().split())
    assert second.number > first.number


def test_a_run_over_nothing_new_keeps_nothing_twice(tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    something_new()
    verify(kept)
    before = kept.read_text()
    verify(kept)
    assert kept.read_text() == before


def test_a_record_that_contradicts_what_was_kept_is_told_and_not_kept(tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    something_new()
    verify(kept)
    message = bytearray.fromhex(kept.read_text().strip())
    message[40] ^= 1  # another root than the record's
    kept.write_text(f"{message.hex()}\n")
    something_new()
    said = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", "--keep", str(kept), stdout=said, stderr=said)
    assert ended.value.code == 1
    assert "history_forked" in said.getvalue()
    assert len(kept.read_text().splitlines()) == 1
