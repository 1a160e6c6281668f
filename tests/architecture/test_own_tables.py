"""A room's tables are touched by the room alone: others call its selectors and services."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    *("operators", "players", "wallet", "rounds", "bets", "banker"),
    *("audit", "anchors", "localization", "reports", "play"),
    *("calls", "webhooks", "reconciliation", "flags", "access", "approvals", "configuration", "desk"),
)
OUTSIDE = (*ROOMS, "keno_platform")


def modules() -> list[Path]:
    return [
        path
        for room in OUTSIDE
        for path in sorted((ROOT / room).rglob("*.py"))
        if "migrations" not in path.parts and "admin" not in path.parts and path.name != "admin.py"
    ]


def foreign_tables(path: Path, source: str) -> list[str]:
    """Every `Model.objects` in this module where the model was imported from another room."""
    room = path.relative_to(ROOT).parts[0]
    tree = ast.parse(source)
    foreign = {
        alias.asname or alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.endswith(".models")
        for alias in node.names
        if node.module.partition(".")[0] in ROOMS and node.module.partition(".")[0] != room
    }
    return [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.value.id}.objects of {foreign[node.value.id]}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "objects"
        if isinstance(node.value, ast.Name) and node.value.id in foreign
    ]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_queries_another_rooms_models(path: Path) -> None:
    assert foreign_tables(path, path.read_text(encoding="utf-8")) == []


def test_the_rule_sees_a_breach() -> None:
    source = "from wallet.models import Account\nAccount.objects.filter(balance=0)\n"
    assert foreign_tables(ROOT / "bets" / "services" / "placement.py", source) != []
