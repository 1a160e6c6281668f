"""A real web process for this folder, two operators with one of everything, and what the log must not hold."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.acceptance.worlds import World
from tests.hostile.people import made
from tests.hostile.server import Server
from tests.support.fixtures import standing_game, standing_rounds
from tests.support.web import web_process

__all__ = ["standing_game", "standing_rounds"]
MEMORY_MORE_MAX = 320 * 1024 * 1024
"""A process that has printed and answered everything once has some 200 MB more than one that has just begun."""
LINE = re.compile(r"^(?=\d{4}-\d\d-\d\d )", re.M)
EXCUSED = "QueryCanceled"
"""A statement that a test has cancelled."""
UNLIMITED = ",".join(
    f"{name}=off"
    for name in (
        *("operator_bets", "operator_calls", "player_bets", "player_calls"),
        *("address_calls", "address_entries", "address_guesses", "address_sockets"),
    )
)
"""What is tried here is what comes after the limits."""


@pytest.fixture(scope="session")
def worlds(django_db_setup: None, django_db_blocker: Any) -> tuple[World, World]:
    """Operators of this folder's own: what is done to them here may change how they are set up."""
    with django_db_blocker.unblock():
        return made("mamba", currency="KES"), made("taipan", currency="XOF")


@pytest.fixture(scope="session")
def running(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A web process without rate limits."""
    directory = tmp_path_factory.mktemp("hostile")
    with django_db_blocker.unblock(), web_process(directory, KENO_LIMITS=UNLIMITED, KENO_LOG_LEVEL="INFO") as web:
        yield Server(address=web.address, log=directory / "web.log", process=psutil.Process(web.process.pid))


@pytest.fixture
def server(running: Server) -> Iterator[Server]:
    """The web process: after the test it is alive, has told of no fault of its own, and is not much larger."""
    before, begins = running.process.memory_info().rss, running.log.stat().st_size
    yield running
    assert running.process.is_running(), "the web process has ended"
    told = running.log.read_bytes()[begins:].decode(errors="replace")
    if keep := os.environ.get("HOSTILE_LOG"):
        Path(keep).write_text(told)
    assert [line for line in LINE.split(told) if "Traceback" in line and EXCUSED not in line][:3] == []
    grown = running.process.memory_info().rss - before
    assert grown < MEMORY_MORE_MAX, f"{grown / 2**20:.0f} MB more"
