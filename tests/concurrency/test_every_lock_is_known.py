"""Every place that takes a lock has a row in docs/locking.md, with a test: a control, or what stands below."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PAGE = ROOT / "docs" / "locking.md"
TAKES = re.compile(
    r"select_for_update|\bFOR (NO KEY )?(UPDATE|SHARE)\b|pg_(try_)?advisory_(xact_)?lock|\bLOCK TABLE\b", re.MULTILINE
)
NAMED = re.compile(r"`((?:[a-z_]+/)+[\w]+\.(?:py|sql))(?:::(\w+))?`")
NO_ROOMS = {"tests", "docs", "bench", "sdk", "examples", "keno_kit", "client", "play", "contracts", "ops"}


def rows() -> list[list[str]]:
    """The cells of the table of locks."""
    text = PAGE.read_text(encoding="utf-8").partition("## Every lock")[2].partition("\n## ")[0]
    found = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in text.splitlines() if "|" in line]
    return found[2:]


def files_with_locks() -> set[str]:
    rooms = [one for one in ROOT.iterdir() if (one / "__init__.py").exists() and one.name not in NO_ROOMS]
    files = [file for room in rooms for ending in ("py", "sql") for file in room.rglob(f"*.{ending}")]
    return {
        str(file.relative_to(ROOT)) for file in files if "migrations" not in file.parts and TAKES.search(_code_of(file))
    }


def _code_of(file: Path) -> str:
    """Without comments, which tell of locks that they do not take."""
    text = file.read_text(encoding="utf-8")
    mark = "#" if file.suffix == ".py" else "--"
    return "\n".join(line.partition(mark)[0] for line in text.splitlines())


def test_every_file_that_takes_a_lock_stands_in_the_table() -> None:
    known = {match[1] for row in rows() for match in NAMED.finditer(row[1])}
    assert files_with_locks() - known == set(), "say in docs/locking.md what these locks are for"
    assert known - files_with_locks() == set(), "these take no lock any more"


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_every_row_names_a_test_that_is_there(row: list[str]) -> None:
    assert len(row) == 4
    assert re.match(r"(controls?:|below)", row[3]), row[3]
    named = list(NAMED.finditer(row[3]))
    assert named, row
    for match in named:
        tree = ast.parse((ROOT / match[1]).read_text(encoding="utf-8"))
        tests = {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert match[2] is None or match[2] in tests, f"{match[1]} has no {match[2]}"
        assert any(name.startswith("test_") for name in tests)


def test_the_search_finds_locks_where_they_are() -> None:
    assert {"wallet/services/transfers.py", "rounds/sql/0002_rules.sql"} <= files_with_locks()
    assert len(files_with_locks()) > 40
