"""The commands as an operator's engineer types them, in a folder where the platform is not."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import keno_kit
from keno_kit.conformance.report import hash_of
from keno_kit.conformance.scenarios import SCENARIOS
from keno_platform.local import children, ports

READY_WITHIN_S = 20


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the kit and nothing else of this project."""
    folder = tmp_path_factory.mktemp("alone")
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(keno_kit.__file__).parent, folder / "keno_kit", ignore=ignore)
    return folder


def kit(alone: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "keno_kit", *arguments],
        cwd=alone,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "PYTHON"))}


@pytest.fixture(scope="module")
def wallet(alone: Path) -> Iterator[str]:
    assert kit(alone, "keys", "keys").returncode == 0
    port = ports.find_free()
    command = [sys.executable, "-m", "keno_kit", "wallet", "--port", str(port), "--keys", "keys/keys.json"]
    log = (alone / "log").open("wb")
    process = children.start(command, output=log, environment=_environment(), directory=alone)
    try:
        _wait(f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}"
    finally:
        children.stop(process)
        log.close()


def _wait(address: str) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            httpx.get(address, timeout=5)
            return
        except httpx.TransportError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def test_a_run_that_passes_ends_with_0_and_writes_its_reports(alone: Path, wallet: str) -> None:
    ran = kit(
        alone, "conformance", "--wallet", wallet, "--key", "keys/key.json", "--json", "r.json", "--html", "r.html"
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "The wallet conforms." in ran.stdout
    report = json.loads((alone / "r.json").read_text())
    assert report["conforms"] is True
    assert [one["name"] for one in report["scenarios"]] == [one.name for one in SCENARIOS]
    assert report["sha256"] == hash_of(report)
    assert report["sha256"] != hash_of({**report, "conforms": False})
    page = (alone / "r.html").read_text()
    assert "The wallet conforms" in page
    assert report["sha256"] in page
    assert "<script" not in page
    assert "http://" not in page.replace(wallet, "").replace(wallet.rpartition("/")[2], "")


def test_a_run_that_fails_ends_with_1_and_tells_the_rule_the_call_and_where_to_read(alone: Path, wallet: str) -> None:
    _switch(wallet, {"fault": "rollback-pays-twice"})
    try:
        ran = kit(
            alone, "conformance", "--wallet", wallet, "--key", "keys/key.json", "--json", "f.json", "--html", "f.html"
        )
    finally:
        _switch(wallet, {"fault": None})
    assert ran.returncode == 1
    for said in (
        "FAILED",
        "a-second-rollback-pays-nothing",
        "rule:",
        "sent:",
        "answer:",
        "docs/wallet-api.md#rollbacks",
    ):
        assert said in ran.stdout
    report = json.loads((alone / "f.json").read_text())
    [failed] = [one for one in report["scenarios"] if one["state"] == "failed"]
    assert failed["text"]
    assert {one["call"] for one in failed["exchanges"]} == {"balance", "debit", "rollback"}
    assert failed["exchanges"][0]["request"]["headers"]["signature"]
    assert failed["text"] in (alone / "f.html").read_text()
    private = json.loads((alone / "keys" / "key.json").read_text())["private_key"]
    assert private not in (alone / "f.json").read_text()


def _switch(wallet: str, wanted: dict[str, object]) -> None:
    assert httpx.post(f"{wallet}/faults", json=wanted, timeout=5).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--player", "nobody-1"], "Name a test player"),
        (["--amount", "1000.00"], "Give it money"),
        (["--amount", "1.0"], "exactly 2 decimals"),
        (["--only", "nonsense"], "there is no scenario nonsense"),
        (["--currency", "EUR"], "--currency"),
    ],
)
def test_a_run_that_cannot_be_made_ends_with_2_and_says_why(
    alone: Path, wallet: str, arguments: list[str], said: str
) -> None:
    ran = kit(alone, "conformance", "--wallet", wallet, "--key", "keys/key.json", *arguments)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_key_that_the_wallet_does_not_know_ends_with_2(alone: Path, wallet: str) -> None:
    kit(alone, "keys", "others")
    ran = kit(alone, "conformance", "--wallet", wallet, "--key", "others/key.json")
    assert ran.returncode == 2
    assert "public key" in ran.stderr


def test_one_scenario_can_be_run_by_its_name(alone: Path, wallet: str) -> None:
    ran = kit(alone, "conformance", "--wallet", wallet, "--key", "keys/key.json", "--only", "balance-is-told")
    assert ran.returncode == 0
    assert "1 passed, 0 failed" in ran.stdout


def test_keys_are_never_overwritten_and_the_private_one_is_the_owners_alone(alone: Path) -> None:
    assert kit(alone, "keys", "mine").returncode == 0
    assert (alone / "mine" / "key.json").stat().st_mode & 0o777 == 0o600
    again = kit(alone, "keys", "mine")
    assert again.returncode == 2
    assert "exists" in again.stderr


@pytest.mark.parametrize(
    "arguments",
    [["wallet"], ["wallet", "--unsigned", "--fault", "nonsense"], ["wallet", "--unsigned", "--balance", "1"]],
)
def test_a_wallet_that_is_asked_for_wrongly_does_not_start(alone: Path, arguments: list[str]) -> None:
    ran = kit(alone, *arguments)
    assert ran.returncode == 2
    assert ran.stderr.startswith("python -m keno_kit: ")


def test_the_kit_needs_nothing_of_the_platform(alone: Path) -> None:
    probe = (
        "import sys, keno_kit.cli\n"
        "ours = {name.partition('.')[0] for name, one in sys.modules.items() if getattr(one, '__file__', None)"
        " and 'site-packages' in (one.__file__ or '')}\n"
        "print(*sorted(name for name in ours - {'aiohttp', 'cryptography', 'msgspec'} if name[0] != '_'))\n"
        "assert not {'django', 'keno_platform', 'rest_framework', 'psycopg', 'redis'} & set(sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", probe], cwd=alone, env=_environment(), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    brought_by_aiohttp = {
        "aiohappyeyeballs",
        "aiosignal",
        "attr",
        "backports",
        "frozenlist",
        "idna",
        "multidict",
        "propcache",
        "yarl",
    }
    assert set(ran.stdout.split()) <= brought_by_aiohttp | {"typing_extensions", "cffi", "brotli"}
