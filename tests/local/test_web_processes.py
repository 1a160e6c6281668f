"""Several web processes on one port."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from django.db import connection

from keno_platform.local import children, ports
from keno_platform.local.programs import PROJECT
from keno_platform.local.web import listen

CALLS = 60


@contextmanager
def _web(directory: Path, name: str, port: int) -> "Iterator[subprocess.Popen[bytes]]":
    environment = os.environ | {
        "DATABASE_URL": f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{connection.settings_dict['NAME']}",
        "KENO_BASE_URL": f"http://127.0.0.1:{port}",
        "KENO_DB_POOL_SIZE": "5",
        "KENO_LOG_LEVEL": "INFO",
    }
    log = directory / f"{name}.log"
    with log.open("wb") as output:
        process = children.start(
            [sys.executable, "-m", "keno_platform.local.web", str(port)],
            output=output,
            environment=environment,
            directory=PROJECT,
        )
        try:
            children.wait_until(
                lambda: "Application startup complete" in log.read_text(),
                what=name,
                alive=lambda: process.poll() is None,
                log=log,
            )
            yield process
        finally:
            children.stop(process)


def _answers(port: int) -> bool:
    """On a connection of its own, so the kernel chooses a process anew."""
    return httpx.get(f"http://127.0.0.1:{port}/health/live", timeout=10).status_code == 200


@pytest.mark.usefixtures("committed")
def test_two_processes_serve_one_port_and_one_that_is_killed_takes_nothing_with_it(tmp_path: Path) -> None:
    port = ports.find_free()
    with ExitStack() as stack:
        first = stack.enter_context(_web(tmp_path, "first", port))
        second = stack.enter_context(_web(tmp_path, "second", port))
        assert all(_answers(port) for _ in range(CALLS))

        first.kill()
        first.wait()
        assert all(_answers(port) for _ in range(CALLS)), "what is left serves everything"
        again = stack.enter_context(_web(tmp_path, "again", port))
        second.send_signal(signal.SIGTERM)
        assert second.wait(20) in (0, -signal.SIGTERM)
        assert "Application shutdown complete" in (tmp_path / "second.log").read_text(), "its end was an orderly one"
        assert all(_answers(port) for _ in range(CALLS))
        assert again.poll() is None


def test_the_kernel_gives_both_of_two_sockets_their_share() -> None:
    port = ports.find_free()
    with listen("127.0.0.1", port) as one, listen("127.0.0.1", port) as other, ExitStack() as stack:
        for each in (one, other):
            each.listen(128)
            each.setblocking(False)
        for _ in range(CALLS):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
        shares = [_accepted(each) for each in (one, other)]
    assert sum(shares) == CALLS
    assert min(shares) > 0, f"all connections went to one of them: {shares}"


def _accepted(listening: socket.socket) -> int:
    count, deadline = 0, time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            listening.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1
    return count


def test_a_port_that_a_stranger_holds_is_not_shared() -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen(1)
        with pytest.raises(OSError, match="cannot be shared"):
            listen("127.0.0.1", stranger.getsockname()[1])
