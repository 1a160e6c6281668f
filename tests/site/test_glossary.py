"""The glossary's words are those of the code: what it rules out is the name of nothing."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.snippets import ROOT

_ROW = re.compile(r"^\| (?P<term>[^|]+) \| (?P<meaning>[^|]+) \|(?P<never>[^|]*)\|$", re.M)
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
ROWS = [row for row in _ROW.finditer(GLOSSARY) if row["term"] not in ("term", "---")]
RULED_OUT = {word.strip() for row in ROWS for word in row["never"].split(",") if word.strip()}
EXCEPTIONS = {
    "large_wager_from",
    "wager_recorded_from",  # from which stake a large wager is recorded
}
NOT_OURS = {"tests", "build", "docs"}


def modules() -> list[Path]:
    rooms = (path for path in sorted(ROOT.iterdir()) if path.is_dir() and not path.name.startswith("."))
    found = (path for room in rooms if room.name not in NOT_OURS for path in room.rglob("*.py"))
    return [path for path in found if "migrations" not in path.parts and "node_modules" not in path.parts]


def names_in(source: str) -> Iterator[str]:
    """Everything that a module gives a name to, or calls by its name."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                yield name


def ruled_out_in(source: str) -> set[str]:
    names = {name for name in names_in(source) if name not in EXCEPTIONS}
    words = {name: {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)} for name in names}
    return {name for name, parts in words.items() if parts & RULED_OUT and "large_wager" not in name.lower()}


def test_each_term_stands_once_and_has_a_meaning() -> None:
    terms = [row["term"].strip() for row in ROWS]
    assert len(terms) > 40
    assert len(terms) == len(set(terms))
    assert all(row["meaning"].strip() for row in ROWS)


def test_no_term_is_ruled_out_for_another() -> None:
    terms = {word.strip() for row in ROWS for word in row["term"].split(",")}
    assert len(RULED_OUT) > 8
    assert terms & RULED_OUT == set()


@pytest.mark.parametrize("room", sorted({path.relative_to(ROOT).parts[0] for path in modules()}))
def test_no_name_in_the_code_uses_a_word_that_the_glossary_rules_out(room: str) -> None:
    own = [path for path in modules() if path.relative_to(ROOT).parts[0] == room]
    found = {str(path.relative_to(ROOT)): ruled_out_in(path.read_text(encoding="utf-8")) for path in own}
    assert {path: names for path, names in found.items() if names} == {}


def test_a_word_that_is_ruled_out_is_found_in_any_name() -> None:
    assert ruled_out_in("def pay_customer(): ...") == {"pay_customer"}
    assert ruled_out_in("class MerchantAdmin: ...") == {"MerchantAdmin"}
    assert ruled_out_in("settle(wager=1)") == {"wager"}
    assert ruled_out_in("large_wager_from = 1") == set()
