"""What stands still is ended; what moves, however slowly, is not."""

import logging
import threading
import time
from collections.abc import Iterator

import pytest

from keno_platform.core.watchdog import Watchdog

LOOK_S = 0.02


@pytest.fixture
def ended() -> threading.Event:
    return threading.Event()


@pytest.fixture
def watchdog(ended: threading.Event) -> Iterator[Watchdog]:
    made = Watchdog(every_s=LOOK_S, end=ended.set)
    made.start()
    yield made
    made.stop()


def stand_until(moment: threading.Event) -> bool:
    return moment.wait(20)


def test_work_that_stands_still_is_ended_and_the_log_says_where(
    watchdog: Watchdog, ended: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL):
        watchdog.begin("rounds.tick", seconds=5 * LOOK_S)
        assert stand_until(ended)
    [told] = caplog.messages
    assert told.startswith("rounds.tick stood still for 0 s")
    assert "stand_until" in told


def test_work_that_moves_goes_on_for_longer_than_its_time(watchdog: Watchdog, ended: threading.Event) -> None:
    looks = 100
    watchdog.begin("rounds.tick", seconds=looks * LOOK_S)
    end = time.monotonic() + 2 * looks * LOOK_S
    while time.monotonic() < end:
        watchdog.progress()
        assert not ended.wait(LOOK_S)
    assert stand_until(ended)


def test_nothing_is_ended_between_two_pieces_of_work(watchdog: Watchdog, ended: threading.Event) -> None:
    watchdog.begin("rounds.tick", seconds=LOOK_S)
    watchdog.done()
    watchdog.progress()
    assert not ended.wait(10 * LOOK_S)
