"""The web waits for an answer of the database for so long and no longer: over a real line that loses answers."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from keno_platform.database import connecting, patience
from keno_platform.database.patience import Patient, PatientAsync
from keno_platform.local import children, ports
from keno_platform.local.programs import PROJECT
from tests.support.database import parameters

pytestmark = pytest.mark.django_db
PATIENCE_S = 0.5


class Line:
    """An address of the database, and what spoils the way to it."""

    def __init__(self, port: int, mode: Path) -> None:
        self.address: dict[str, Any] = parameters() | {"host": "127.0.0.1", "port": port}
        self.mode = mode

    def connects(self) -> bool:
        try:
            with psycopg.connect(**self.address, connect_timeout=2) as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except psycopg.OperationalError:
            return False

    def lose_answers(self) -> None:
        self.mode.write_text("oneway")
        time.sleep(0.2)  # the proxy looks every 30 ms


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    monkeypatch.setattr(patience, "ANSWER_MAX_S", PATIENCE_S)
    made = Line(ports.find_free(), tmp_path / "database.mode")
    port = made.address["port"]
    command = [sys.executable, "-m", "tests.faults.proxy", str(tmp_path), f"database:{port}:{parameters()['port']}"]
    process = children.start(command, output=subprocess.DEVNULL, directory=PROJECT)
    try:
        children.wait_until(made.connects, what="proxy", alive=lambda: process.poll() is None, log=None)
        yield made
    finally:
        children.stop(process)


def test_a_line_that_lost_an_answer_is_closed_when_patience_ends(line: Line) -> None:
    with Patient.connect(**line.address, autocommit=True) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        line.lose_answers()
        began = time.monotonic()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
        assert PATIENCE_S <= time.monotonic() - began < 20
        assert connection.closed


def test_so_it_is_for_the_hot_door_alone_and_in_a_pipeline(line: Line) -> None:
    async def ask(connection: PatientAsync) -> None:
        async with connection.pipeline():
            await connection.execute("SELECT 1")
            await connection.execute("SELECT 2")

    async def lose_two() -> list[bool]:
        lines = [await PatientAsync.connect(**line.address, autocommit=True) for _ in range(2)]
        await ask(lines[0])
        line.lose_answers()
        found = await asyncio.gather(lines[0].execute("SELECT 1"), ask(lines[1]), return_exceptions=True)
        assert [isinstance(one, psycopg.OperationalError) for one in found] == [True, True], found
        return [one.closed for one in lines]

    assert asyncio.run(asyncio.wait_for(lose_two(), 20)) == [True, True]


def test_what_takes_a_while_but_comes_is_waited_for_and_an_error_closes_nothing(line: Line) -> None:
    with Patient.connect(**line.address, autocommit=True) as connection:
        assert connection.execute("SELECT pg_sleep(0.3), 7").fetchone() == ("", 7)
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SET statement_timeout = '50ms'; SELECT pg_sleep(5)")
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_psycopg_that_is_not_patient_waits_on(line: Line) -> None:
    """The control: without it the reader sits there, as long as one looks."""

    async def wait() -> None:
        connection = await psycopg.AsyncConnection[Any].connect(**line.address, autocommit=True)
        line.lose_answers()
        reading = asyncio.ensure_future(connection.execute("SELECT 1"))
        done, _ = await asyncio.wait([reading], timeout=6 * PATIENCE_S)
        assert not done
        connection.pgconn.finish()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

    asyncio.run(asyncio.wait_for(wait(), 20))


def test_a_pool_is_patient_and_a_single_connection_is_not() -> None:
    web = connecting.configured("postgresql://a@b/c", name="web", pool_size=7)
    worker = connecting.configured("postgresql://a@b/c", name="rounds", pool_size=0)
    assert web["OPTIONS"]["pool"]["connection_class"] is Patient
    assert "pool" not in worker["OPTIONS"]
