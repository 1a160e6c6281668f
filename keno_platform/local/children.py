"""Child processes that never outlive the process that started them."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from keno_platform.local.accounts import Account, drop_to

_PR_SET_PDEATHSIG = 1


class ServerFailed(Exception):
    """A server ended, or did not answer in time; the text says which and shows the end of its log."""


def _die_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    """Linux signals a child when its parent is gone, even by kill -9; elsewhere the child would stay."""
    if sys.platform != "linux":
        return None
    libc, parent = ctypes.CDLL(None), os.getpid()

    def in_child() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, stop_signal)
        if os.getppid() != parent:
            os._exit(1)

    return in_child


def start(
    command: Sequence[str],
    *,
    output: IO[bytes] | int | None,
    errors: IO[bytes] | int | None = subprocess.STDOUT,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    account: Account | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own: Ctrl-C in the terminal reaches only who started it."""
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        env=environment,
        cwd=directory,
        start_new_session=True,
        preexec_fn=_die_with_parent(stop_signal),  # noqa: PLW1509  # two system calls, no lock
        **drop_to(account),
    )


def stop(
    child: subprocess.Popen[bytes], *, stop_signal: signal.Signals = signal.SIGTERM, patience_s: float = 20
) -> None:
    """Ask a child to end, and make it when it does not."""
    if child.poll() is not None:
        return
    child.send_signal(stop_signal)
    try:
        child.wait(patience_s)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def wait_until(
    answers: Callable[[], bool],
    *,
    what: str,
    alive: Callable[[], bool],
    log: Path | None,
    patience_s: float = 60,
) -> None:
    """
    Ask a server again and again, less and less often, until it answers.

    :raises ServerFailed: it is no longer alive, or did not answer within `patience_s` seconds.
    """
    deadline, pause_s = time.monotonic() + patience_s, 0.05
    while not answers():
        if not alive():
            raise ServerFailed(f"{what} ended while it was starting.\n{tail(log)}")
        if time.monotonic() > deadline:
            raise ServerFailed(f"{what} did not answer within {patience_s:.0f} s.\n{tail(log)}")
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.3, 0.5)


def tail(log: Path | None, *, lines: int = 30) -> str:
    """The last lines of a log, indented, or nothing when there is no log."""
    if log is None or not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 64_000))
        text = file.read().decode(errors="replace")
    return f"  The end of {log}:\n" + "\n".join(f"    {line}" for line in text.splitlines()[-lines:])
