"""The seal of a report's file: any change of a byte is found, in each format, and so is a stranger's signature."""

import json
import random
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command

from operators.models import Operator
from reports import seals
from reports.query import Query, period_of
from reports.seals import SealBroken
from reports.writing import making
from rounds.custody import signing_keys
from tests.reports.played import write

FORMS = ("csv", "json", "pdf")


def keys() -> dict[str, bytes]:
    return {key.key_id: key.public_key for key in signing_keys()}


@pytest.fixture
def file_of(committed: None, operator_a: Operator, tmp_path: Path) -> Callable[[str], Path]:
    """A sealed report in a format."""

    def make(form: str) -> Path:
        since, until = period_of("2026-01")
        path = tmp_path / f"report.{form}"
        write("liability", Query(since=since, until=until, operator=operator_a.slug), form, path)
        return path

    return make


@pytest.mark.parametrize("form", FORMS)
def test_no_byte_of_a_file_can_be_changed_without_breaking_its_seal(form: str, file_of: Callable[[str], Path]) -> None:
    path = file_of(form)
    whole = path.read_bytes()
    assert seals.check_file(path, keys()).key_id in keys()
    chance = random.Random(form)
    for at in [0, len(whole) - 1, *(chance.randrange(len(whole)) for _ in range(150))]:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << chance.randrange(8))]) + whole[at + 1 :])
        with pytest.raises(SealBroken):
            seals.check_file(path, keys())
    for cut in (whole[:-1], whole + b"\n", whole[1:], whole + whole, whole[: len(whole) // 2]):
        path.write_bytes(cut)
        with pytest.raises(SealBroken):
            seals.check_file(path, keys())


@pytest.mark.parametrize("form", FORMS)
def test_a_seal_that_somebody_else_has_made_is_not_the_houses(
    form: str, file_of: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger, house = Ed25519PrivateKey.generate(), next(iter(keys()))

    def sign(sha256: bytes) -> seals.Seal:
        return seals.Seal(key_id=house, sha256=sha256, signature=stranger.sign(seals.message_of(sha256)))

    monkeypatch.setattr(making, "sign", sign)
    with pytest.raises(SealBroken, match="signature"):
        seals.check_file(file_of(form), keys())


def test_a_file_of_yesterday_is_whole_after_the_key_was_rotated_and_a_key_in_the_table_alone_counts_for_nothing(
    file_of: Callable[[str], Path],
) -> None:
    path, out = file_of("csv"), StringIO()
    call_command("verify_report", str(path), stdout=out)
    assert "sealed by" in out.getvalue()
    published = {"keys": [{"key_id": "0" * 16, "public_key": "00" * 32}]}
    path.with_suffix(".keys").write_text(json.dumps(published))
    with pytest.raises(CommandError, match="1 of 1 files"):
        call_command("verify_report", str(path), keys=path.with_suffix(".keys"), stderr=StringIO())


def test_what_is_no_report_is_told_apart_from_a_broken_one(tmp_path: Path) -> None:
    for name, content in (("a.csv", b"a,b\r\n"), ("b.json", b"{}"), ("c.pdf", b"%PDF-1.7\nstartxref\n"), ("d", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(SealBroken, match="no seal"):
            seals.check_file(tmp_path / name, {})
