"""Beacon values as the tick asks for them: at once or not yet, whatever the network does."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from textwrap import dedent

import pytest
from django.test import override_settings

from fairness import bls
from fairness.errors import NetworkInvalid
from fairness.messages import VoidCause
from fairness.networks import NONE, QUICKNET, Network, beacon_round_for
from keno_platform.core.clock import to_milliseconds
from rounds import beacons, custody
from rounds.beacons import values
from rounds.models import Round
from rounds.selectors import database_now
from rounds.services import drawing, tick
from tests.support.drand import REAL, Relay, body, frozen, relay, truth
from tests.support.rounds import Timing, again, commit_rounds, drive, new_game, wait_for

ROOT = Path(__file__).parents[2]
BEACON_ROUND, OTHER_ROUND = sorted(REAL)
NEVER = timedelta(days=365)


@pytest.fixture
def a_relay() -> Iterator[Relay]:
    """The only relay that this process knows; it tells the truth until told otherwise."""
    with ExitStack() as stack:
        one = stack.enter_context(relay(truth(QUICKNET, REAL)))
        stack.enter_context(override_settings(DRAND_URLS=[one.url]))
        beacons.stop()
        stack.callback(beacons.stop)
        yield one


def now_round(network: Network) -> int:
    """A round of the network that decides a bet of this moment: due in a second or more."""
    return beacon_round_for(network, to_milliseconds(database_now()))


@pytest.mark.usefixtures("db")
def test_networks_go_by_their_names() -> None:
    assert beacons.get_network("none") is NONE
    assert beacons.get_network("drand-quicknet") is QUICKNET
    local = beacons.get_network("local")
    assert (local.name, local.public, local.public_key) == ("local", False, custody.local_beacon_key())
    with pytest.raises(NetworkInvalid):
        beacons.get_network("drand")


@pytest.mark.usefixtures("db")
def test_values_are_due_by_the_networks_clock_and_without_a_beacon_at_once() -> None:
    assert beacons.due_second(NONE, 0) == 0
    assert beacons.due_second(QUICKNET, 1000) == 1692803367 + 999 * 3
    local = beacons.get_network("local")
    assert beacons.due_second(local, 7) == local.genesis + 6


@pytest.mark.usefixtures("db")
def test_without_a_beacon_there_is_a_value_at_once_and_it_is_nothing() -> None:
    assert beacons.find(NONE, 0) == beacons.Value(signature=None)


@pytest.mark.usefixtures("db")
def test_the_local_beacon_answers_at_once_and_not_before_its_time() -> None:
    local = beacons.get_network("local")
    beacon_round = now_round(local)
    with pytest.raises(custody.NotYet):
        beacons.find(local, beacon_round + 60)
    value = beacons.find(local, beacon_round - 10)
    assert value is not None
    assert value.signature is not None
    bls.verify_beacon(network=local, beacon_round=beacon_round - 10, signature=value.signature)


@pytest.mark.usefixtures("db")
def test_values_that_are_made_here_are_never_missing_and_need_not_be_expected() -> None:
    for network, beacon_round in ((NONE, 0), (beacons.get_network("local"), 1)):
        beacons.expect(network, beacon_round)
        assert not beacons.is_missing(network, beacon_round, after=-NEVER)


def test_a_public_value_is_there_after_a_while(a_relay: Relay) -> None:
    assert beacons.relay_status() == ()
    assert beacons.find(QUICKNET, BEACON_ROUND) is None
    wait_for(lambda: beacons.find(QUICKNET, BEACON_ROUND) is not None, what="the value")
    assert beacons.find(QUICKNET, BEACON_ROUND) == beacons.Value(signature=REAL[BEACON_ROUND])
    [status] = beacons.relay_status()
    assert status.relay == a_relay.url
    assert status.answered_at is not None
    assert not beacons.is_missing(QUICKNET, BEACON_ROUND, after=-NEVER)


def test_an_expected_value_is_there_when_it_is_asked_for(a_relay: Relay) -> None:
    beacons.expect(QUICKNET, BEACON_ROUND)
    wait_for(lambda: any(status.answered_at for status in beacons.relay_status()), what="the fetch")
    wait_for(lambda: beacons.find(QUICKNET, BEACON_ROUND) is not None, what="the value")
    assert len(a_relay.asked) == 1


def test_a_public_value_that_is_not_there_for_a_minute_is_missing(a_relay: Relay) -> None:
    a_relay.behaviour = body(b"", status=500)
    beacons.find(QUICKNET, BEACON_ROUND)
    wait_for(lambda: len(a_relay.asked) >= 3, what="three tries")
    assert not beacons.is_missing(QUICKNET, BEACON_ROUND, after=timedelta(minutes=15)), "nobody has tried for a minute"
    assert beacons.find(QUICKNET, BEACON_ROUND) is None


@pytest.mark.parametrize(
    "poser",
    [
        Network(
            name=name,
            public=True,
            chain_hash=chain_hash,
            public_key=bls.public_key_of(b"\x01" * 32),
            genesis=QUICKNET.genesis,
            period=QUICKNET.period,
        )
        for name, chain_hash in (("drand-quicknet", QUICKNET.chain_hash), ("drand-slownet", b"\x01" * 32))
    ],
    ids=["quicknet with another key", "another network"],
)
def test_only_pinned_networks_are_fetched(poser: Network, a_relay: Relay) -> None:
    for call in (beacons.find, beacons.expect):
        with pytest.raises(NetworkInvalid):
            call(poser, BEACON_ROUND)
    with pytest.raises(NetworkInvalid):
        beacons.is_missing(poser, BEACON_ROUND, after=NEVER)
    assert a_relay.asked == []


def round_whose_beacon_is_due() -> Round:
    """A round of a game on quicknet that only waits for its beacon. Nobody can sign for quicknet in a test."""
    [one] = commit_rounds(new_game(network="drand-quicknet"), timing=Timing(betting=0.1))
    drive([one], "closed")
    due = beacons.due_second(QUICKNET, one.beacon_round)
    wait_for(lambda: database_now().timestamp() > due, what="the beacon's time", every=0.1)
    return one


@pytest.mark.usefixtures("db")
def test_while_a_relay_is_frozen_the_tick_brings_other_rounds_to_their_end(a_relay: Relay) -> None:
    """The relay holds its request all the time: had anything waited for it, nothing would have moved."""
    a_relay.behaviour = frozen
    waiting = round_whose_beacon_is_due()
    tick.run_due()
    wait_for(lambda: bool(a_relay.asked), what="the tick's question to the relay")

    [one] = commit_rounds(new_game(network="local"), timing=Timing(betting=0.1))
    drive([one], "revealed")
    assert not a_relay.stopping.is_set()
    assert again(waiting).status == "closed"
    assert again(one).numbers_drawn is not None


@pytest.mark.usefixtures("db")
def test_a_round_is_void_for_its_beacon_only_after_relays_were_asked_in_vain_for_a_minute(
    a_relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The quarter of an hour is over at once here: as when a process comes back that was down for so long."""
    monkeypatch.setattr(drawing, "WAIT_MAX", timedelta(0))
    a_relay.behaviour = body(b"", status=500)
    one = round_whose_beacon_is_due()
    for tries in (1, 2, 3):
        wait_for(lambda tries=tries: tick.run_due() >= 0 and len(a_relay.asked) >= tries, what="a try")
    assert again(one).status == "closed"

    monkeypatch.setattr(values, "VAIN", timedelta(seconds=0.1))
    drive([one], "void")
    assert again(one).void_cause == VoidCause.BEACON_LATE
    assert again(one).numbers_drawn is None


def in_a_process(script: str, *, url: str) -> None:
    """Run this beside the tests, with every warning shown; it must end by itself, well and in silence."""
    start = f"""
        import os, sys, threading, time
        os.environ.update(DJANGO_SETTINGS_MODULE="keno_platform.settings", KENO_DRAND_URLS={url!r})
        import django
        django.setup()
        from fairness.networks import QUICKNET
        from rounds import beacons

        def found(beacon_round):
            end = time.monotonic() + 20
            while (value := beacons.find(QUICKNET, beacon_round)) is None and time.monotonic() < end:
                time.sleep(0.01)
            return value.signature.hex()
    """
    text = dedent(start) + dedent(script)
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_child_of_a_process_that_searches_searches_by_itself(a_relay: Relay) -> None:
    in_a_process(
        f"""
        assert found({BEACON_ROUND}) == {REAL[BEACON_ROUND].hex()!r}
        child = os.fork()
        if child:
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert found({OTHER_ROUND}) == {REAL[OTHER_ROUND].hex()!r}  # by the child's own thread, then by the parent's
        """,
        url=a_relay.url,
    )
    assert [int(path.rsplit("/", 1)[1]) for path in a_relay.asked] == [BEACON_ROUND, OTHER_ROUND, OTHER_ROUND]


def test_a_process_ends_while_a_relay_is_frozen(a_relay: Relay) -> None:
    a_relay.behaviour = frozen
    in_a_process(
        f"""
        beacons.expect(QUICKNET, {BEACON_ROUND})
        while not any(thread.name == "beacons" for thread in threading.enumerate()):
            time.sleep(0.01)
        """,
        url=a_relay.url,
    )
