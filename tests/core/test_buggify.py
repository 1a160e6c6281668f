"""Faults on purpose: where the plan says and nowhere else, the same each time, and never where others are served."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from keno_platform.core import buggify
from keno_platform.local.programs import PROJECT

POINT = re.compile(r'buggify\.(?:here|soon)\(\s*"([a-z._]+)"\s*\)')
DIES = "from keno_platform.core import buggify; from pathlib import Path; buggify.arm(Path({!r}), process='p', \
in_production=False); buggify.here('edge'); print('alive')"


@pytest.fixture
def plan(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "plan.json"
    buggify.arm(path, process="web", in_production=False)
    yield path
    buggify.disarm()


def write(path: Path, seed: int = 7, **points: dict[str, object]) -> None:
    """A plan that differs from the last one in its time too, and that is looked at at once."""
    path.write_text(json.dumps({"seed": seed, "points": points}))
    buggify.arm(path, process="web", in_production=False)


def stumbled(visits: int) -> list[int]:
    """At which of so many visits this process stumbles."""
    found = []
    for visit in range(visits):
        try:
            buggify.here("edge")
        except buggify.Stumbled:
            found.append(visit)
    return found


def test_nothing_happens_without_a_plan_or_at_points_that_it_does_not_name(plan: Path) -> None:
    assert stumbled(50) == []
    write(plan, other={"act": "fail"})
    assert stumbled(50) == []
    buggify.disarm()
    assert stumbled(50) == []


def test_the_same_seed_stumbles_at_the_same_visits_and_another_at_others(plan: Path) -> None:
    write(plan, edge={"act": "fail", "share": 0.2})
    first = stumbled(500)
    write(plan, edge={"act": "fail", "share": 0.2})
    assert stumbled(500) == first
    assert 60 < len(first) < 140
    write(plan, seed=8, edge={"act": "fail", "share": 0.2})
    assert stumbled(500) != first


def test_a_plan_is_followed_from_the_moment_it_is_written_until_it_is_gone(plan: Path) -> None:
    assert stumbled(3) == []
    plan.write_text(json.dumps({"points": {"edge": {"act": "fail"}}}))
    assert _within(2, lambda: stumbled(1) == [0])
    plan.unlink()
    assert _within(2, lambda: stumbled(1) == [])


def test_a_pause_in_an_event_loop_holds_up_its_caller_alone(plan: Path) -> None:
    write(plan, edge={"act": "pause", "seconds": 0.3})

    async def story() -> int:
        turns, waiting = 0, asyncio.ensure_future(buggify.soon("edge"))
        while not waiting.done():
            turns += 1
            await asyncio.sleep(0.01)
        return turns

    assert asyncio.run(story()) > 5


def test_to_die_is_to_be_killed_in_the_middle_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({"points": {"edge": {"act": "die"}}}))
    done = subprocess.run([sys.executable, "-c", DIES.format(str(path))], capture_output=True, cwd=PROJECT, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, b"")


def test_production_cannot_be_made_to_stumble(tmp_path: Path) -> None:
    with pytest.raises(buggify.NotHere):
        buggify.arm(tmp_path / "plan.json", process="web", in_production=True)


def test_production_does_not_start_with_a_plan_even_if_it_accepts_the_risk(tmp_path: Path) -> None:
    told = _start(KENO_FAULTS_ON_PURPOSE=str(tmp_path / "plan.json"), KENO_BASE_URL="https://keno.example.com")
    assert "faults-on-purpose" in told
    accepted = "faults-on-purpose,open-database,weak-seal-key"
    told = _start(
        KENO_FAULTS_ON_PURPOSE=str(tmp_path / "plan.json"),
        KENO_BASE_URL="https://keno.example.com",
        KENO_ACCEPTED_RISKS=accepted,
    )
    assert "NotHere" in told


def points_of_the_code() -> set[str]:
    """Every point that there is."""
    rooms = ("bets", "rounds", "wallet", "webhooks", "anchors", "keno_platform")
    return {one for room in rooms for file in (PROJECT / room).rglob("*.py") for one in POINT.findall(file.read_text())}


def test_every_point_stands_in_the_documents() -> None:
    table = (PROJECT / "docs" / "chaos.md").read_text().partition("## Points")[2].partition("\n## ")[0]
    assert points_of_the_code() == set(re.findall(r"^\| `([a-z._]+)`", table, re.MULTILINE))


def _start(**environment: str) -> str:
    """What a process of the platform says that is started with these variables."""
    done = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "keno_platform.settings", **environment},
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode
    return done.stderr


def _within(seconds: float, seen: object) -> bool:
    assert callable(seen)
    end = time.monotonic() + seconds
    while not seen():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
