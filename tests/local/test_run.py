"""`make run` as an engineer meets it: from an empty directory to rounds, through crashes, to a clean end."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import psutil
import pytest

from keno_platform.local import children, leftovers, ports
from tests.support.installation import Front, installation, pid_of


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    with installation() as running:
        yield running


def test_the_demo_describes_what_scripts_need(front: Front) -> None:
    demo = json.loads(front.home.demo.read_text())
    assert demo["base_url"] == f"http://localhost:{front.port}"
    modes = [each["wallet_mode"] for each in demo["operators"]]
    assert modes == ["transfer", "transfer", "transfer", "seamless"]
    assert len({each["currency"] for each in demo["operators"][:3]}) == 3
    assert demo["sandbox"]["wallet_mode"] == "seamless"


def test_every_address_that_is_printed_answers(front: Front) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{front.port}") as client:
        for host, path in re.findall(rf"http://([a-z.]+):{front.port}(/[a-z0-9/]*)", front.printed):
            if path != "/api/v1/bets":
                answer = client.get(path, headers={"Host": f"{host}:{front.port}"})
                assert answer.status_code in (200, 302), (host, path, answer.text)


def test_the_line_that_is_printed_places_a_bet(front: Front) -> None:
    front.wait_for(r"^curl ")
    line = next(line for line in front.printed.splitlines() if line.startswith("curl "))
    bet = _send_until_betting_is_open(line.replace("localhost", "127.0.0.1"))
    assert (bet["status"], bet["player_token"]) == ("pending", "demo-1")


def _send_until_betting_is_open(line: str) -> dict[str, Any]:
    arguments = shlex.split(line)
    headers = dict(arguments[i + 1].split(": ", 1) for i, each in enumerate(arguments) if each == "-H")
    headers["Idempotency-Key"] = "a-bet-that-was-printed"
    deadline = time.monotonic() + 30
    while True:
        answer = httpx.post(arguments[2], headers=headers, content=arguments[arguments.index("-d") + 1])
        if answer.status_code == 201 or time.monotonic() > deadline:
            assert answer.status_code == 201, answer.text
            placed: dict[str, Any] = answer.json()
            return placed
        time.sleep(0.5)


@pytest.mark.parametrize("name", ["rounds", "settlement", "beat", "web", "valkey", "postgres", "chain"])
def test_rounds_go_on_within_seconds_of_a_crash(front: Front, name: str) -> None:
    killed = pid_of(front, name)
    os.kill(killed, signal.SIGKILL)
    children.wait_until(
        lambda: pid_of(front, name) not in (0, killed),
        what=name,
        alive=lambda: True,
        log=None,
        patience_s=5,
    )
    # A round of ten seconds that was open at the crash, its seven seconds of bets, and fifteen to recover.
    front.wait_for_next_round(patience_s=35)


def test_commands_reach_the_servers_of_the_run(front: Front) -> None:
    command = [sys.executable, "-m", "keno_platform.local", "--home", str(front.home.path), "manage"]
    checked = subprocess.run([*command, "check_invariants"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert " 0 broken" in checked.stdout


def test_a_second_start_leaves_a_living_run_alone_even_without_its_lock(front: Front) -> None:
    (front.home.path / "run.lock").unlink()
    command = [sys.executable, "-m", "keno_platform.local", "--home", str(front.home.path)]
    refused = subprocess.run(
        [*command, "run", "--port", str(ports.find_free())], capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert f"kill {front.process.pid}" in refused.stderr
    front.wait_for_next_round(patience_s=35)


def test_ctrl_c_stops_everything_and_the_next_start_keeps_the_data(front: Front) -> None:
    before = json.loads(front.home.demo.read_text())
    started = psutil.Process(front.process.pid).children(recursive=True)
    assert front.stop() == 0
    assert "Stopped." in front.printed
    assert not any(each.is_running() for each in started)
    assert leftovers.find(front.home) == []

    again = Front(front.home)
    try:
        again.wait_for(r"^Ready after", patience_s=60)
        again.wait_for_next_round(patience_s=30)
        after = json.loads(front.home.demo.read_text())
        assert [each["api_key"] for each in after["operators"]] == [each["api_key"] for each in before["operators"]]
    finally:
        assert again.stop() == 0
