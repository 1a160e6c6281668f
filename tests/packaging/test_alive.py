"""Whether a process is well: what its probe asks, and what a worker and a beat do so that it can be answered."""

import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from keno_platform.local import children, ports
from tests.docs.snippets import ROOT

SCRIPT = ROOT / "ops" / "image" / "alive.py"


def ask(environment: Mapping[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-I", "-S", str(SCRIPT), *arguments]
    return subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)


def of_worker(file: Path) -> dict[str, str]:
    return {"KENO_PROCESS": "wallet", "KENO_HEARTBEAT": str(file)}


@contextmanager
def started(*command: str, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    process = children.start(
        [sys.executable, "-m", *command],
        output=subprocess.DEVNULL,
        environment={**os.environ, "DJANGO_SETTINGS_MODULE": "keno_platform.settings", **environment},
        directory=ROOT,
    )
    try:
        yield process
    finally:
        children.stop(process)


def wait_until_well(environment: Mapping[str, str], process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while (said := ask(environment)).returncode:
        assert process.poll() is None
        assert time.monotonic() < deadline, said.stderr
        time.sleep(0.2)


def test_a_worker_is_well_while_its_last_sign_is_young(tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    assert ask(of_worker(sign)).returncode == 1
    sign.touch()
    assert ask(of_worker(sign)).returncode == 0
    old = time.time() - 600
    os.utime(sign, (old, old))
    said = ask(of_worker(sign))
    assert (said.returncode, "600 s old" in said.stderr) == (1, True)
    assert ask(of_worker(sign), "900").returncode == 0


def test_a_process_that_was_given_no_file_is_not_well() -> None:
    said = ask({"KENO_PROCESS": "beat"})
    assert said.returncode == 1
    assert "KENO_HEARTBEAT names no file" in said.stderr


def test_the_exporter_is_well_when_its_port_is_open() -> None:
    port = ports.find_free()
    environment = {"KENO_PROCESS": "metrics", "KENO_METRICS_LISTEN": f"0.0.0.0:{port}"}
    assert ask(environment).returncode == 1
    with HTTPServer(("127.0.0.1", port), BaseHTTPRequestHandler):
        assert ask(environment).returncode == 0


@pytest.mark.parametrize(("status", "code"), [(200, 0), (400, 1), (503, 1)])
def test_the_web_is_asked_by_the_name_that_it_answers_to(status: int, code: int) -> None:
    asked = []

    class Web(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Host"]))
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    # The port is the image's own, so the script is asked as a module whose address can be another.
    with HTTPServer(("127.0.0.1", 0), Web) as web:
        answering = threading.Thread(target=web.handle_request)
        answering.start()
        asking = (
            f"import sys; sys.path.insert(0, {str(SCRIPT.parent)!r}); import alive; alive.WEB = {web.server_address!r}"
        )
        ended = subprocess.run(
            [sys.executable, "-c", f"{asking}; sys.exit(alive.main([]))"],
            env={"KENO_PROCESS": "web", "KENO_BASE_URL": "https://keno.example", "PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
        )
        answering.join()
    assert ended.returncode == code
    assert asked == [("/health/live", "keno.example")]


def test_a_worker_signs_and_tells_its_counts_on_its_port(tmp_path: Path) -> None:
    sign, port = tmp_path / "sign", ports.find_free()
    environment = {
        **of_worker(sign),
        "KENO_METRICS_DIR": str(tmp_path / "metrics"),
        "KENO_METRICS_EACH": "1",
        "KENO_METRICS_LISTEN": f"127.0.0.1:{port}",
    }
    command = ("celery", "-A", "keno_platform", "worker", "-Q", f"nobody-{port}", "--pool", "solo", "--without-gossip")
    with started(*command, **environment) as worker:
        wait_until_well(environment, worker)
        told = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()
    assert "# TYPE keno_sockets gauge" in told
    assert "keno_database_up" not in told


def test_a_beat_signs_when_it_has_handed_something_to_the_broker(tmp_path: Path) -> None:
    environment = {"KENO_PROCESS": "beat", "KENO_HEARTBEAT": str(tmp_path / "sign")}
    schedule = ("-S", "tests.packaging.quiet_beat:QuietScheduler")
    with started("celery", "-A", "keno_platform", "beat", *schedule, **environment) as beat:
        wait_until_well(environment, beat)
        first = (tmp_path / "sign").stat().st_mtime_ns
        deadline = time.monotonic() + 20
        while (tmp_path / "sign").stat().st_mtime_ns == first:
            assert time.monotonic() < deadline
            time.sleep(0.1)
