"""The page for whoever is on call knows every alarm, and what it says of gas is what was measured."""

import re
from pathlib import Path

from anchors.models import AlarmCode

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "anchoring.md").read_text(encoding="utf-8")


def test_every_alarm_has_a_line_that_says_what_to_do() -> None:
    lines = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", PAGE, re.M))
    assert set(AlarmCode.values) == set(lines)
    assert all(len(text) > 10 for text in lines.values())


def test_the_gas_on_the_page_is_the_gas_in_the_tests() -> None:
    measured = (ROOT / "tests" / "anchors" / "test_contract.py").read_text(encoding="utf-8")
    for figure in ("69,748", "35,548"):
        assert figure in PAGE
        assert figure.replace(",", "_") in measured


def test_the_picture_can_be_read_by_those_who_cannot_see_it() -> None:
    drawing = (ROOT / "docs" / "pictures" / "life-of-a-transaction.svg").read_text(encoding="utf-8")
    assert 'role="img"' in drawing
    assert "<title" in drawing
    assert "<desc" in drawing
    assert 'fill="#fbfcfd"' in drawing
