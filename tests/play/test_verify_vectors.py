"""The page's library says of every vector what the Python verifier says: run by Node, through the same modules."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "play" / "static" / "verify" / "kps1"
VECTORS = ROOT / "fairness" / "vectors"


def told_by_node(runner: str, vectors: Path) -> list[dict[str, Any]]:
    """What came out for each vector: group, name, what is expected, what it was."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node 20 or newer (Debian: apt-get install nodejs)")
    command = [node, f"tests/node/{runner}", f"{MODULES.as_uri()}/", str(vectors)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def wrong(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in told if one["expect"] != one["got"]]


def count(told: list[dict[str, Any]], group: str) -> int:
    return sum(one["group"] == group for one in told)


def test_the_vectors_of_the_protocol_come_out_alike() -> None:
    vectors = json.loads((VECTORS / "kps1.json").read_text())
    told = told_by_node("kps1.mjs", VECTORS / "kps1.json")
    assert wrong(told) == []
    for group in ("draws", "beacons", "beacon_rounds", "rules", "paytables", "malformed", "rounds"):
        assert count(told, group) == len(vectors[group]) > 0, group
    assert count(told, "messages") >= len(vectors["messages"])
    assert count(told, "trees") > sum(len(tree["paths"]) for tree in vectors["trees"])


def test_every_document_and_every_lie_comes_out_alike() -> None:
    vectors = json.loads((VECTORS / "documents.json").read_text())
    told = told_by_node("documents.mjs", VECTORS / "documents.json")
    assert wrong(told) == []
    for group in ("cases", "mutations", "days"):
        assert count(told, group) == len(vectors[group]) > 0, group
    names = {one["expect"]["expect"] for one in told if one["group"] in ("cases", "mutations")}
    assert len(names) > 40, "the vectors have become poorer"


def test_a_vector_that_is_expected_to_come_out_otherwise_is_noticed(tmp_path: Path) -> None:
    vectors = json.loads((VECTORS / "kps1.json").read_text())
    vectors["draws"][0]["numbers"][-1] ^= 1
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(vectors))
    assert [one["group"] for one in wrong(told_by_node("kps1.mjs", changed))] == ["draws"]
