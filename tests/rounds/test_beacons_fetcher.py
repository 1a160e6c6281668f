"""The search for beacon values: shared, begun in time, given up when nobody wants it, and never in anybody's way."""

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairness import bls
from fairness.hashing import sha256
from fairness.networks import QUICKNET, Network
from rounds.beacons import fetcher as module
from rounds.beacons.relays import Patience
from tests.support.beacon_search import BEACON_ROUND, Search, Start, found, searching, starting_relays
from tests.support.drand import REAL, Request, body, frozen, truth
from tests.support.rounds import wait_for
from tests.support.threads import at_once

SIGNATURE = REAL[BEACON_ROUND]
HONEST = truth(QUICKNET, REAL)
SECRET = bls.generate_secret()


@pytest.fixture
def start() -> Iterator[Start]:
    with starting_relays() as start:
        yield start


@pytest.fixture
def search(start: Start) -> Iterator[Search]:
    """Needs `start`, so that fetchers are closed before their relays are gone."""
    with searching() as search:
        yield search


def young_network(*, due_in_s: float = 0) -> Network:
    """The wire form of quicknet under a key of our own, whose round 1 is due so soon."""
    public_key = bls.public_key_of(SECRET)
    return Network(
        name="ours",
        public=False,
        chain_hash=sha256(public_key),
        public_key=public_key,
        genesis=int(time.time() + due_in_s),
        period=3,
    )


def our_value(beacon_round: int) -> bytes:
    return bls.sign_beacon(secret=SECRET, beacon_round=beacon_round)


def test_many_games_that_wait_for_one_value_share_one_search(start: Start, search: Search) -> None:
    release = threading.Event()

    def hesitate(request: Request) -> None:
        release.wait()
        HONEST(request)

    slow = start(hesitate)
    fetcher = search(slow, patience=Patience(deadline_s=20))
    try:
        assert at_once([lambda: fetcher.find(QUICKNET, BEACON_ROUND)] * 20) == [None] * 20
        wait_for(lambda: bool(slow.asked), what="the request")
        assert [fetcher.find(QUICKNET, BEACON_ROUND) for _ in range(100)] == [None] * 100
    finally:
        release.set()
    assert found(fetcher) == SIGNATURE
    assert len(slow.asked) == 1


def test_a_value_is_asked_for_when_it_is_due_and_not_before(start: Start, search: Search) -> None:
    network = young_network(due_in_s=2)
    times: list[float] = []

    def behave(request: Request) -> None:
        times.append(time.time())
        truth(network, {1: our_value(1)})(request)

    fetcher = search(start(behave))
    assert fetcher.find(network, 1) is None
    assert found(fetcher, network, 1) == our_value(1)
    assert len(times) == 1
    assert times[0] >= network.genesis


def test_a_relay_that_has_none_yet_is_not_blamed(
    start: Start, search: Search, caplog: pytest.LogCaptureFixture
) -> None:
    network, values = young_network(due_in_s=1), {}
    one = start(truth(network, values))
    fetcher = search(one)
    fetcher.find(network, 1)
    wait_for(lambda: len(one.asked) >= 3, what="three tries")
    values[1] = our_value(1)
    assert found(fetcher, network, 1) == our_value(1)
    [status] = fetcher.relay_status()
    assert (status.refused_at, status.refusal) == (None, "")
    assert not caplog.records


def test_a_value_that_nobody_asks_for_any_more_is_given_up_and_can_be_wanted_again(
    start: Start, search: Search
) -> None:
    one = start(body(b"", status=500))
    fetcher = search(one, patience=Patience(pause_min_s=0.02, pause_max_s=0.02, idle_s=0.1))
    fetcher.find(QUICKNET, BEACON_ROUND)
    wait_for(lambda: not fetcher._searches, what="the search to be given up")
    asked = len(one.asked)
    one.behaviour = HONEST
    assert found(fetcher) == SIGNATURE
    assert len(one.asked) == asked + 1


def test_a_value_is_missing_only_when_relays_were_asked_in_vain_long_enough_and_after_its_time(
    start: Start, search: Search
) -> None:
    network = young_network()
    one = start(body(b"", status=404))
    fetcher = search(one)

    def missing(after_s: float, vain_s: float) -> bool:
        fetcher.find(network, 1)
        return fetcher.is_missing(network, 1, after_s=after_s, vain_s=vain_s)

    assert not fetcher.is_missing(network, 1, after_s=-100, vain_s=0)  # nobody has asked
    wait_for(lambda: missing(0, 0.2), what="the value to be missing")
    assert not missing(3600, 0.2)  # its time is not an hour ago
    assert not missing(0, 3600)  # it has not been asked for an hour
    one.behaviour = truth(network, {1: our_value(1)})
    assert found(fetcher, network, 1) == our_value(1)
    assert not missing(0, 0)


def test_a_late_value_is_said_once_not_at_every_try(
    start: Start, search: Search, caplog: pytest.LogCaptureFixture
) -> None:
    one = start(body(b"", status=500))
    fetcher = search(one)
    fetcher.find(QUICKNET, BEACON_ROUND)
    wait_for(lambda: len(one.asked) >= 5, what="five tries")
    late = [record for record in caplog.records if " s late" in record.message]
    assert [record.levelno for record in late] == [logging.WARNING]
    assert f"round {BEACON_ROUND} of drand-quicknet" in late[0].message


def test_old_values_make_room_and_too_many_searches_wait_for_theirs(
    start: Start, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "VALUES_MAX", 3)
    monkeypatch.setattr(module, "SEARCHES_MAX", 2)
    network = young_network(due_in_s=-60)
    values = {number: our_value(number) for number in range(1, 11)}
    fetcher = search(start(truth(network, values)))
    found_by_now: dict[int, bytes] = {}

    def all_found() -> bool:
        for number in values:
            value = fetcher.find(network, number) if number not in found_by_now else None
            if value is not None:
                found_by_now[number] = value
            assert len(fetcher._values) <= 3
            assert len(fetcher._searches) <= 2
        return found_by_now == values

    wait_for(all_found, what="all ten values")


def test_closing_ends_the_thread_whatever_it_waits_for(start: Start, search: Search) -> None:
    silent = start(frozen)
    fetcher = search(silent, patience=Patience(deadline_s=60, hedge_s=60))
    fetcher.find(QUICKNET, BEACON_ROUND)
    fetcher.find(QUICKNET, 10**9)  # due in a hundred years
    wait_for(lambda: bool(silent.asked), what="the request")
    fetcher.close()
    assert "beacons" not in {thread.name for thread in threading.enumerate()}
    assert fetcher.find(QUICKNET, BEACON_ROUND) is None
    assert "beacons" not in {thread.name for thread in threading.enumerate()}


def test_a_thread_that_cannot_begin_says_so_and_begins_anew(
    start: Start, search: Search, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "RESTART_S", 0.05)
    fetcher = search(start(HONEST))
    with monkeypatch.context() as missing:
        missing.setattr("certifi.where", lambda: str(tmp_path / "nothing.pem"))
        fetcher.find(QUICKNET, BEACON_ROUND)
        wait_for(lambda: bool(caplog.records), what="the failure to be logged")
        assert fetcher.find(QUICKNET, BEACON_ROUND) is None
    assert found(fetcher) == SIGNATURE
    assert "begins anew" in caplog.records[0].message
