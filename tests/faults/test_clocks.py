"""Clocks that are set while a process runs: the tool itself, and beats, which must not fall silent."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from keno_platform.local import children, valkey
from keno_platform.local.home import Home
from keno_platform.local.programs import PROJECT
from keno_platform.local.testing import temporary_home
from tests.faults.skew import Clocks

HOUR_S = 3600.0
OURS, CELERYS = "keno_platform.beat:SteadyScheduler", "celery.beat:Scheduler"
TELLS = "import time\nfor _ in range(400):\n    print(time.time() - time.monotonic(), flush=True)\n    time.sleep(0.05)"


@pytest.fixture
def clocks(tmp_path: Path) -> Clocks:
    made = Clocks(tmp_path)
    if not made.can_be_set:
        pytest.skip("no C compiler: clocks of single processes cannot be set here")
    return made


@pytest.fixture
def broker() -> Iterator["redis.Redis"]:
    """One of its own: a beat must not wake anybody else's workers."""
    with (
        temporary_home() as directory,
        valkey.running(home=Home(directory).valkey, durable=False) as server,
        redis.Redis.from_url(server.url) as client,
    ):
        yield client


def test_a_clock_that_is_set_jumps_and_no_other_clock_does(clocks: Clocks, tmp_path: Path) -> None:
    log = tmp_path / "told"
    environment = {**os.environ, **clocks.environment("one")}
    with log.open("wb") as output:
        process = children.start([sys.executable, "-c", TELLS], output=output, environment=environment)
    try:
        before = _last(log)
        clocks.set("one", HOUR_S)
        assert _until(lambda: _last(log) - before > HOUR_S - 5)
        clocks.set("one", 0)
        assert _until(lambda: abs(_last(log) - before) < 5)
    finally:
        children.stop(process)


def test_a_beat_goes_on_when_its_clock_is_set_back_by_an_hour(clocks: Clocks, broker: "redis.Redis") -> None:
    with _beat(clocks, broker, OURS):
        assert _until(lambda: _ticks(broker) > 0)
        clocks.set("beat", -HOUR_S)
        broker.flushall()
        assert _until(lambda: _ticks(broker) >= 3)
        clocks.set("beat", HOUR_S)
        broker.flushall()
        assert _until(lambda: _ticks(broker) >= 3)


def test_celerys_own_beat_would_fall_silent(clocks: Clocks, broker: "redis.Redis") -> None:
    """The control: without the scheduler of ours the same clock stops it."""
    with _beat(clocks, broker, CELERYS):
        assert _until(lambda: _ticks(broker) > 0)
        clocks.set("beat", -HOUR_S)
        time.sleep(1.5)  # what it had already counted down
        broker.flushall()
        assert not _until(lambda: _ticks(broker) > 0, within_s=4)


@contextlib.contextmanager
def _beat(clocks: Clocks, broker: "redis.Redis", scheduler: str) -> Iterator[None]:
    where = broker.connection_pool.connection_kwargs
    environment = {
        **os.environ,
        **clocks.environment("beat"),
        "REDIS_URL": f"redis://{where['host']}:{where['port']}/0",
        "DJANGO_SETTINGS_MODULE": "keno_platform.settings",
    }
    command = [sys.executable, "-m", "celery", "-A", "keno_platform", "beat", "-S", scheduler]
    with Path(os.devnull).open("wb") as output:
        process = children.start(command, output=output, environment=environment, directory=PROJECT)
    try:
        yield
    finally:
        children.stop(process)


def _ticks(broker: "redis.Redis") -> int:
    return int(broker.llen("rounds"))  # type: ignore[arg-type]  # never asynchronous here


def _last(log: Path) -> float:
    assert _until(lambda: b"\n" in log.read_bytes())
    return float(log.read_text().rpartition("\n")[0].splitlines()[-1])


def _until(seen: object, *, within_s: float = 25) -> bool:
    assert callable(seen)
    end = time.monotonic() + within_s
    while not seen():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
