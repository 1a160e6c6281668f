"""An entry has one text, whoever computes it."""

from dataclasses import asdict

import pytest

from fairness.errors import DocumentMalformed
from fairness.merkle import leaf_hash
from fairness.record.entries import Entry
from fairness.rules import canonical_json

ONE = Entry(
    id="0199aa00-0000-7000-8000-000000000001",
    created_at="2026-11-21T10:00:00.000001Z",
    transaction="4711",
    event_type="round.voided",
    actor="staff:አበበ",
    address=None,
    operator_id=None,
    round_id="7",
    bet_id=None,
    description='a "word" \\ and\na line',
    before=None,
    after='{"a": 1.50}',
)


def test_its_text_is_the_canonical_one() -> None:
    assert ONE.encode() == canonical_json(asdict(ONE))
    assert ONE.hash == leaf_hash(canonical_json(asdict(ONE)))


def test_it_is_read_back_from_its_members() -> None:
    assert Entry.read(asdict(ONE), "entry") == ONE


@pytest.mark.parametrize("change", [{"actor": None}, {"actor": 1}, {"more": "x"}, {"after": {"a": 1}}])
def test_what_has_another_form_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(DocumentMalformed):
        Entry.read(asdict(ONE) | change, "entry")
