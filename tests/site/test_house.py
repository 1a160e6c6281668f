"""How a change is made: what CONTRIBUTING names is there, every room has owners, hooks are our own locked tools."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.docs.snippets import ROOT

GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
OWNERS = (ROOT / ".github" / "CODEOWNERS").read_text(encoding="utf-8")
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
SECTIONS = dict(zip(*[iter(re.split(r"^## (.+)$", GUIDE, flags=re.M)[1:])] * 2, strict=True))
NOT_ROOMS = {"build", "datasets", "exports", "staticfiles", "node_modules", "__pycache__"}


def named_in(text: str) -> list[str]:
    """Files and folders of the project in backticks."""
    return [name for name in re.findall(r"`([\w.-]+/[\w./*-]*)`", text) if " " not in name]


def rooms() -> list[str]:
    """Everything at the top that is kept."""
    there = (path for path in ROOT.iterdir() if path.is_dir() and path.name not in NOT_ROOMS)
    return sorted(path.name for path in there if not path.name.startswith("."))


@pytest.mark.parametrize(
    "kind", ["a game rule", "a report", "a language", "an operator call", "a refusal", "a table", "an alert"]
)
def test_each_kind_of_addition_has_steps_that_name_files_which_exist(kind: str) -> None:
    steps = SECTIONS[f"Add {kind}"]
    named = named_in(steps)
    assert re.search(r"^1\. ", steps, re.M)
    assert len(named) >= 2
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_file_that_the_guide_names_exists() -> None:
    assert [name for name in named_in(GUIDE) if not (ROOT / name).exists()] == []


def lines_of_owners() -> dict[str, list[str]]:
    lines = (line.split() for line in OWNERS.splitlines() if line.strip() and not line.startswith("#"))
    return {pattern: owners for pattern, *owners in lines}


def test_every_room_has_owners_of_its_own() -> None:
    owned = {pattern.strip("/").partition("/")[0] for pattern in lines_of_owners()}
    assert [room for room in rooms() if room not in owned] == []


def test_every_line_of_owners_fits_something_and_names_somebody() -> None:
    lines = lines_of_owners()
    assert [pattern for pattern in lines if pattern != "*" and not (ROOT / pattern.strip("/")).exists()] == []
    assert [owners for owners in lines.values() if not owners or not all(one.startswith("@") for one in owners)] == []


def test_hooks_fetch_nothing_and_run_tools_of_the_lock_file() -> None:
    assert {one["repo"] for one in HOOKS["repos"]} == {"local"}
    locked = (ROOT / "requirements" / "dev.lock").read_text(encoding="utf-8")
    tools = {"ruff": "ruff", "lint-imports": "import-linter", "yamllint": "yamllint", "python": ""}
    for hook in HOOKS["repos"][0]["hooks"]:
        if hook["language"] == "pygrep":
            continue
        program = Path(hook["entry"].split()[0])
        assert hook["language"] == "system"
        assert program.parent == Path(".venv/bin")
        assert re.search(rf"^{re.escape(tools[program.name])}==", locked, re.M) or program.name == "python"


def test_the_hooks_file_is_one_that_pre_commit_takes() -> None:
    command = [str(Path(sys.executable).parent / "pre-commit"), "validate-config", ".pre-commit-config.yaml"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_hook_for_commands_finds_a_block_without_a_mark(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Text.\n\n```sh\nls\n```\n")
    ended = subprocess.run(
        [sys.executable, "-m", "tests.docs.marks", str(page)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "`ls` has neither" in ended.stderr
