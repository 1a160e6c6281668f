"""The proxy does to a line what its mode says, and nothing without one."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from keno_platform.local import children, ports
from keno_platform.local.programs import PROJECT
from tests.faults import proxy


@dataclass
class Spoiled:
    """A server that answers every line with itself in capitals, and the proxy before it."""

    port: int
    file: Path
    heard: list[bytes]

    def mode(self, text: str) -> None:
        self.file.write_text(text)
        told = self.file.with_suffix(proxy.TOLD)
        children.wait_until(
            lambda: told.exists() and told.read_text() == text, what="mode", alive=lambda: True, log=None
        )

    def line(self) -> socket.socket:
        """One that the proxy carries: a first word went through it."""
        made = self.new_line()
        assert ask(made, b"first") == b"FIRST"
        self.heard.clear()
        return made

    def new_line(self) -> socket.socket:
        """One that the proxy may not have seen yet."""
        made = socket.create_connection(("127.0.0.1", self.port), timeout=5.0)
        made.settimeout(1.0)
        return made


@pytest.fixture
def spoiled(tmp_path: Path) -> Iterator[Spoiled]:
    listen, heard = ports.find_free(), list[bytes]()
    with _server(heard) as target:
        command = [sys.executable, "-m", "tests.faults.proxy", str(tmp_path), f"x:{listen}:{target}"]
        process = children.start(command, output=subprocess.DEVNULL, directory=PROJECT)
        try:
            children.wait_until(lambda: _connects(listen), what="proxy", alive=lambda: process.poll() is None, log=None)
            yield Spoiled(listen, tmp_path / "x.mode", heard)
        finally:
            children.stop(process)


def ask(line: socket.socket, word: bytes = b"hello") -> bytes:
    """What comes back; nothing when it takes longer than a second, or the line ends."""
    try:
        line.sendall(word)
        return line.recv(1 << 20)
    except TimeoutError:
        return b""


def test_without_a_mode_lines_are_what_they_were(spoiled: Spoiled) -> None:
    with spoiled.line() as line:
        assert ask(line) == b"HELLO"
        assert ask(line, b"a" * 60_000)


def test_a_slow_line_is_late_and_complete(spoiled: Spoiled) -> None:
    with spoiled.line() as line:
        spoiled.mode("latency 0.2")
        began = time.monotonic()
        assert ask(line) == b"HELLO"
        assert time.monotonic() - began > 0.35


def test_a_silent_line_goes_on_where_it_was(spoiled: Spoiled) -> None:
    with spoiled.line() as line:
        spoiled.mode("blackhole")
        assert ask(line) == b""
        assert spoiled.heard == []
        spoiled.mode("pass")
        assert line.recv(100) == b"HELLO"


def test_what_is_lost_was_heard_and_its_asker_is_reset(spoiled: Spoiled) -> None:
    with spoiled.line() as line:
        spoiled.mode("lost 1")
        with pytest.raises(ConnectionResetError):
            ask(line)
        assert spoiled.heard == [b"hello"]


def test_one_way_is_heard_and_not_answered(spoiled: Spoiled) -> None:
    with spoiled.line() as line:
        spoiled.mode("oneway")
        assert ask(line) == b""
        assert spoiled.heard == [b"hello"]


def test_a_cut_comes_in_the_middle_of_a_word(spoiled: Spoiled) -> None:
    with spoiled.line() as line:
        spoiled.mode("cut 8")
        with suppress(ConnectionResetError):
            assert ask(line) != b"HELLO"
        assert spoiled.heard == [b"hello"]


def test_refused_are_new_lines_and_reset_are_all(spoiled: Spoiled) -> None:
    with spoiled.line() as line:
        spoiled.mode("refuse")
        assert ask(line) == b"HELLO"
        with pytest.raises(ConnectionResetError):
            send_on_a_new(spoiled)
        spoiled.mode("reset")
        with pytest.raises(ConnectionResetError):
            ask(line)


def send_on_a_new(spoiled: Spoiled) -> None:
    """It is reset at once, or at its first word."""
    with spoiled.new_line() as line:
        time.sleep(0.1)
        line.sendall(b"hello")


@contextmanager
def _server(heard: list[bytes]) -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", ports.find_free()))
        server.listen()
        server.settimeout(0.1)
        stopped = threading.Event()
        thread = threading.Thread(target=_serve, args=[server, heard, stopped])
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            stopped.set()
            thread.join()


def _serve(server: socket.socket, heard: list[bytes], stopped: threading.Event) -> None:
    lines: list[socket.socket] = []
    while not stopped.is_set():
        with suppress(TimeoutError):
            lines.append(server.accept()[0])
            lines[-1].settimeout(0.02)
        for line in lines:
            with suppress(TimeoutError, OSError):
                if word := line.recv(1 << 17):
                    heard.append(word)
                    line.sendall(word.upper())
        server.settimeout(0.02)
    for line in lines:
        line.close()


def _connects(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
