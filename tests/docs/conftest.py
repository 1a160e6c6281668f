"""A live installation for the documents: the session's servers, and processes of its own."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from keno_platform.local import children, ethereum, ports
from tests.docs.snippets import ROOT

BROKER_DATABASE = 5
"""Of the session's Valkey, whose database 0 belongs to the other tests."""
READY_WITHIN_S = 240
CHAIN_KEY = "0x" + "17" * 32
"""Of an account that has money on the node of these tests only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """A running server with the demo, and a directory that looks to a snippet like the project's folder."""

    directory: Path
    base_url: str

    @property
    def demo(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.directory / ".keno" / "demo.json").read_text())
        return loaded


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    directory = tmp_path_factory.mktemp("project")
    port = ports.find_free()
    _furnish(directory)
    node = ethereum.prepare(home=directory / ".keno" / "chain", port=ports.find_free(), key=CHAIN_KEY)
    environment = _environment(port, chain=node.url)
    demo = directory / ".keno" / "demo.json"
    driver = [sys.executable, str(ROOT / "tests" / "docs" / "platform_driver.py"), str(demo)]
    web = [sys.executable, "-m", "uvicorn", "keno_platform.asgi:application", "--port", str(port), "--no-access-log"]
    log = directory / "log"
    with (
        log.open("wb") as output,
        _running(node.command(), environment, output) as chain,
        _running(driver, environment, output) as driving,
        _running(web, environment, output) as serving,
    ):

        def alive() -> bool:
            return all(process.poll() is None for process in (chain, driving, serving))

        _wait(demo.exists, what="the demo", alive=alive, log=log)
        _wait(lambda: _is_ready(port), what="the web", alive=alive, log=log)
        yield Installation(directory=directory, base_url=f"http://localhost:{port}")


def _furnish(directory: Path) -> None:
    """What the documents take for granted in the folder where their commands are typed."""
    (directory / ".keno").mkdir()
    (directory / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    (directory / "manage.py").symlink_to(ROOT / "manage.py")
    server = os.environ["DATABASE_URL"].rpartition("/")[0].rpartition(":")[2]
    broker = os.environ["REDIS_URL"].rpartition("/")[0].rpartition(":")[2]
    (directory / ".keno" / "ports.json").write_text(json.dumps({"postgres": int(server), "valkey": int(broker)}))
    secrets = {name: os.environ[name] for name in ("KENO_SECRET_KEY", "KENO_SEAL_KEY")}
    (directory / ".keno" / "secrets.json").write_text(json.dumps(secrets))


def _environment(port: int, *, chain: str) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "keno_platform.settings",
        "PYTHONPATH": str(ROOT),
        "REDIS_URL": os.environ["REDIS_URL"].rpartition("/")[0] + f"/{BROKER_DATABASE}",
        "KENO_BASE_URL": f"http://localhost:{port}",
        "KENO_DEMO": "1",
        "KENO_DB_POOL_SIZE": "10",
        "KENO_EPOCH_SECONDS": "600",
        "KENO_EPOCH_LEAD_SECONDS": "120",
        "KENO_FIRST_ROUND_SECONDS": "8",
        "KENO_ANCHORING_SECONDS": "2",
        "KENO_RESULTS_SECONDS": "5",
        "KENO_CHAIN_URL": chain,
        "KENO_CHAIN_KEY": CHAIN_KEY,
        "KENO_CHAIN_DEPLOY": "1",
        "KENO_CHAIN_CONFIRMATIONS": "1",
    }


@contextmanager
def _running(command: list[str], environment: dict[str, str], log: IO[bytes]) -> Iterator["subprocess.Popen[bytes]"]:
    process = children.start(command, output=log, environment=environment, directory=ROOT)
    try:
        yield process
    finally:
        children.stop(process)


def _wait(answers: Any, *, what: str, alive: Any, log: Path) -> None:
    children.wait_until(answers, what=what, alive=alive, log=log, patience_s=READY_WITHIN_S)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
