"""The table of docs/security.md: every requirement of levels 1 and 2 stands in it once, with a test that there is."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.docs.snippets import ROOT

PAGE = Path(ROOT, "docs", "security.md")
STANDARD = Path(__file__).with_name("asvs.txt")
_ID = re.compile(r"\d+\.\d+\.\d+")
_ROW = re.compile(r"^\| ([\d., *]+) \| (.+?) \|(?: `([^`]+)` \|)?$", re.MULTILINE)


def rows() -> list[tuple[tuple[str, ...], str]]:
    """(requirements, test) of each row; the test is empty in the tables of what is not met and does not apply."""
    part = PAGE.read_text(encoding="utf-8").partition("\n## OWASP")[2]
    return [(tuple(found[0].split(", ")), found[2]) for found in _ROW.findall(part)]


def standard() -> list[str]:
    return _ID.findall(STANDARD.read_text(encoding="utf-8"))


def told() -> Iterator[str]:
    """Every requirement that the page tells of; `10.*` is all of chapter 10."""
    for numbers, _ in rows():
        for number in numbers:
            chapter = number.removesuffix("*") if number.endswith("*") else ""
            yield from (one for one in standard() if one.startswith(chapter)) if chapter else (number,)


@cache
def collected_in(file: str) -> frozenset[str]:
    """The tests that pytest collects of a file, as `Class::test` or `test`."""
    tree = ast.parse(Path(ROOT, "tests", file).read_text(encoding="utf-8"))
    found = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            found |= {f"{node.name}::{one}" for one in _functions(node.body)}
    return frozenset(found | set(_functions(tree.body)))


def _functions(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.name


def test_every_requirement_of_both_levels_stands_on_the_page_once() -> None:
    counted = Counter(told())
    assert sorted(set(standard()) - set(counted)) == []
    assert sorted(set(counted) - set(standard())) == []
    assert {one: times for one, times in counted.items() if times > 1} == {}


def test_every_test_that_the_page_names_is_one_that_is_collected() -> None:
    missing = []
    for _, named in rows():
        file, _, test = named.partition("::")
        if named and (not Path(ROOT, "tests", file).name.startswith("test_") or test not in collected_in(file)):
            missing.append(named)
    assert missing == []


def test_most_requirements_are_shown_by_a_test_of_their_own_kind() -> None:
    """A page on which one test stood for everything would prove nothing."""
    shown = [named for _, named in rows() if named]
    assert len(shown) >= 100
    assert max(Counter(shown).values()) <= 2


def test_no_proof_is_left_out_of_the_default_run() -> None:
    for _, named in rows():
        if named:
            text = Path(ROOT, "tests", named.partition("::")[0]).read_text(encoding="utf-8")
            assert "pytest.mark.proof" not in text.partition("\ndef ")[0], named
