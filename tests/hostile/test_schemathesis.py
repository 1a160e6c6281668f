"""
Schemathesis over our OpenAPI document, on a real web process, with two operators' credentials: all its phases, and its
check that neither reads what the other has.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.worlds import World
from tests.hostile.server import Server

pytestmark = pytest.mark.usefixtures("committed")
ROOT = Path(__file__).resolve().parents[2]
CHECKS = "not_a_server_error,object_level_authorization,nobody_elses_data,refusals_are_problems"
LEFT_OUT = ("create_operator", "bets_evidence")
"""One makes a schema, which takes seconds; the other streams as long as there is something."""


def furnish(directory: Path, worlds: tuple[World, World]) -> dict[str, str]:
    """Its configuration, and the environment that its checks read."""
    users = [
        {"name": one.operator.slug, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {one.key}"}]}
        for one in worlds
    ]
    (directory / "auth.json").write_text(json.dumps({"auth": users}))
    (directory / "schemathesis.toml").write_text(
        f'hooks = "tests.hostile.schemathesis_checks"\n[auth.wfc]\npath = "{directory}/auth.json"\n'
        f"peers = {json.dumps([one['name'] for one in users])}\n"
    )
    marks = {f"Bearer {own.key}": other.marks for own, other in (worlds, worlds[::-1])}
    return {"HOSTILE_MARKS": json.dumps(marks), "PYTHONPATH": str(ROOT)}


def run(server: Server, worlds: tuple[World, World], directory: Path, *options: str) -> str:
    """What it prints, when it has found nothing."""
    left_out = [part for name in LEFT_OUT for part in ("--exclude-operation-id", name)]
    command = [str(Path(sys.executable).with_name("st")), "--config-file", str(directory / "schemathesis.toml"), "run"]
    command += [f"{server.address}/api/v1/schema", "--checks", CHECKS, "--generation-database", "none", "--no-color"]
    command += ["--warnings", "off", "--suppress-health-check", "all", "--request-timeout", "60", *left_out, *options]
    ended = subprocess.run(
        command,
        cwd=directory,
        env=os.environ | furnish(directory, worlds),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-3000:]
    return ended.stdout


def cases_of(told: str) -> int:
    found = re.search(r"([\d,]+) generated", told)
    assert found is not None, told[-2000:]
    return int(found[1].replace(",", ""))


def test_a_short_run_finds_nothing(server: Server, worlds: tuple[World, World], tmp_path: Path) -> None:
    told = run(server, worlds, tmp_path, "--phases", "fuzzing", "--max-examples", "1", "--seed", "9", "--no-shrink")
    assert cases_of(told) >= 100, told
    print(told[-600:])


@pytest.mark.proof
def test_nor_does_a_long_run_of_all_phases(server: Server, worlds: tuple[World, World], tmp_path: Path) -> None:
    examples = os.environ.get("EXAMPLES", "20")
    told = run(server, worlds, tmp_path, "--max-examples", examples, "--seed", os.environ.get("HOSTILE_SEED", "9"))
    print(told[-2500:])
    assert cases_of(told) > 5_000
