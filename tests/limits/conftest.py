"""The fixtures of this folder: limits of a test's own, and a Redis that a test may stop."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis

from keno_platform.limits import asking, guesses, rates
from keno_platform.limits.demands import Demand
from keno_platform.limits.rates import Rate
from keno_platform.limits.reaching import Reach
from keno_platform.local import children, ports, valkey
from keno_platform.local.valkey import ValkeyServer
from tests.support.fixtures import standing_game, standing_rounds

__all__ = ["standing_game", "standing_rounds"]


@pytest.fixture
def allow(settings: Any) -> Callable[[str], None]:
    """The installation's limits from now on: `allow("player_bets=1/3")`."""

    def set_to(text: str) -> None:
        settings.LIMITS = rates.read_limits(text)

    return set_to


@pytest.fixture
def address() -> str:
    """A client's address that no other test uses."""
    number = uuid4().int
    return f"198.{18 + number % 2}.{number // 2 % 256}.{number // 512 % 254 + 1}"


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process remembers of Redis and of guessers is each test's own."""
    monkeypatch.setattr(asking, "reach", Reach())
    monkeypatch.setattr(guesses.guesses, "_waiting", {})


@dataclass
class Stoppable:
    """A Valkey of a test's own."""

    home: Path
    server: ValkeyServer = field(init=False)
    _process: Any = None

    def __post_init__(self) -> None:
        self.server = valkey.prepare(home=self.home, port=ports.find_free(), durable=False)

    def start(self) -> None:
        with (self.home / "log").open("ab") as output:
            self._process = children.start(self.server.command(), output=output, stop_signal=valkey.STOP_SIGNAL)
        children.wait_until(lambda: valkey.answers(self.server), what="Valkey", alive=lambda: True, log=None)

    def kill(self) -> None:
        """At once, with whatever it was doing."""
        self._process.kill()
        self._process.wait(10)

    def freeze(self) -> None:
        """It takes connections and answers nothing."""
        self._process.send_signal(19)

    def thaw(self) -> None:
        self._process.send_signal(18)

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.thaw()
            children.stop(self._process, stop_signal=valkey.STOP_SIGNAL)


@pytest.fixture
def own_redis(settings: Any, tmp_path: Path) -> Iterator[Stoppable]:
    """A running Valkey that everything here uses and a test may stop."""
    one = Stoppable(tmp_path)
    settings.REDIS_URL = one.server.url
    one.start()
    yield one
    one.end()


@pytest.fixture
def client(settings: Any) -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(settings.REDIS_URL) as made:
        yield made


def demand(per_second: float, burst: int, *, whose: str | None = None, **more: int) -> Demand:
    """A demand on a limit that nobody else has."""
    return Demand(name="test", whose=whose or uuid4().hex, rate=Rate(per_second, burst), **more)
