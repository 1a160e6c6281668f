"""The platform's call keys: fetched once, found anew at a rotation, kept while the platform is away."""

import asyncio

import pytest
from keno_operator import CallKeys
from keno_operator.keys import FRESH_S, PAUSE_S

from tests.sdk.conftest import Scripted
from tests.sdk.signed import House
from tests.support.threads import at_once


class Hands:
    """A clock that is moved by hand."""

    def __init__(self, keys: CallKeys) -> None:
        self.now = 1000.0
        keys.clock = lambda: self.now


@pytest.fixture
def keys(server: Scripted) -> CallKeys:
    return CallKeys(f"{server.url}/keys.json")


def test_the_list_is_fetched_once_for_many_calls_at_once(server: Scripted, keys: CallKeys) -> None:
    server.says(200, House().well_known())
    found = at_once([lambda: keys.find("call-1")] * 20)
    assert all(one is found[0] for one in found)
    assert found[0] is not None  # nobody is told that there is no such key while the list is on its way
    assert len(server.requests) == 1


def test_a_key_that_is_not_known_fetches_the_list_again_but_not_at_every_call(server: Scripted, keys: CallKeys) -> None:
    clock, old, new = Hands(keys), House(), House(key_id="call-2")
    server.says(200, old.well_known())
    server.says(200, old.well_known(new))
    assert keys.find("call-1") is not None
    assert keys.find("call-2") is None  # asked too soon after the first time
    clock.now += PAUSE_S
    assert keys.find("call-2") is not None
    for number in range(100):
        assert keys.find(f"invented-{number}") is None
    assert len(server.requests) == 2


def test_the_keys_stay_in_use_while_the_platform_is_away_or_talks_nonsense(server: Scripted, keys: CallKeys) -> None:
    clock = Hands(keys)
    server.says(200, House().well_known())
    server.hangs_up()
    server.says(500)
    server.says(200, b"<html>")
    server.says(
        200,
        {"keys": [{"key_id": "x", "algorithm": "ed25519", "public_key": "!", "valid_from": "2026-01-01T00:00:00Z"}]},
    )
    assert keys.find("call-1") is not None
    for _ in range(4):
        clock.now += FRESH_S
        assert keys.find("call-1") is not None
    assert len(server.requests) == 5


def test_a_key_that_is_gone_from_the_list_is_gone_here_after_an_hour(server: Scripted, keys: CallKeys) -> None:
    clock = Hands(keys)
    server.says(200, House().well_known())
    server.says(200, House(key_id="call-2").well_known())
    assert keys.find("call-1") is not None
    clock.now += FRESH_S
    assert keys.find("call-1") is None


def test_a_key_outside_its_time_is_not_used(server: Scripted, keys: CallKeys) -> None:
    server.says(200, House().well_known(until="2026-01-02T00:00:00.000Z"))
    assert keys.find("call-1") is None


async def test_tasks_find_the_same(server: Scripted, keys: CallKeys) -> None:
    server.says(200, House().well_known())
    found = await asyncio.gather(*(keys.find_async("call-1") for _ in range(20)))
    assert all(one is found[0] for one in found)
    assert found[0] is not None
    assert len(server.requests) == 1
