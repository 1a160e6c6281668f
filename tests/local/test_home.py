"""What an installation remembers, and who may use it."""

import json
import re
import signal
import socket
import stat
import subprocess
import sys

import pytest

from keno_platform.local import ports
from keno_platform.local.home import Home, HomeInUse

HOLD = """
import sys, time
from pathlib import Path
from keno_platform.local.home import Home
with Home(Path(sys.argv[1])).held():
    print("held", flush=True)
    time.sleep(600)
"""


def test_secrets_are_made_once_and_are_private(home: Home) -> None:
    made = home.read_secrets()
    assert home.read_secrets() == made
    assert len(bytes.fromhex(made["KENO_SEAL_KEY"])) == 32
    assert stat.S_IMODE((home.path / "secrets.json").stat().st_mode) == 0o600


def test_a_home_from_before_there_was_a_chain_gets_a_key_and_keeps_its_secrets(home: Home) -> None:
    older = {"KENO_SECRET_KEY": "signs", "KENO_SEAL_KEY": "00" * 32}
    (home.path / "secrets.json").write_text(json.dumps(older))
    made = home.read_secrets()
    assert made | older == made == home.read_secrets()
    assert re.fullmatch(r"0x[0-9a-f]{64}", made["KENO_CHAIN_KEY"])
    assert stat.S_IMODE((home.path / "secrets.json").stat().st_mode) == 0o600


def test_a_servers_port_stays_the_same_while_it_is_free(home: Home) -> None:
    port = home.choose_port("postgres")
    assert home.choose_port("postgres") == port
    assert port < 32_768
    with socket.create_server(("127.0.0.1", port)):
        assert not ports.is_free(port)
        assert home.choose_port("postgres") != port


def test_a_second_run_is_refused_while_the_first_lives(home: Home) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(home.path)], stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with pytest.raises(HomeInUse, match=f"kill {first.pid}$"), home.held():
            pass
        first.send_signal(signal.SIGKILL)
        first.wait()
        with home.held():
            pass


def test_a_taken_web_port_ends_the_run_with_what_to_do(home: Home) -> None:
    with socket.create_server(("127.0.0.1", ports.find_free())) as taken:
        port = taken.getsockname()[1]
        command = [
            sys.executable,
            "-m",
            "keno_platform.local",
            "--home",
            str(home.path),
            "run",
            "--port",
            str(port),
        ]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert f"Port {port} is taken" in ended.stderr
    assert f"make run PORT={port + 1}" in ended.stderr


def test_status_of_nothing_says_so(home: Home) -> None:
    command = [sys.executable, "-m", "keno_platform.local", "--home", str(home.path), "status"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "Nothing runs here. Start it with `make run`.\n")


def test_a_command_can_borrow_servers() -> None:
    code = "import os, redis; print(redis.Redis.from_url(os.environ['REDIS_URL']).ping())"
    command = [sys.executable, "-m", "keno_platform.local", "with-servers", "--", sys.executable, "-c", code]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "True\n")
