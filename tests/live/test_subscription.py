"""The subscription: whatever becomes of Redis, sockets stay, and whoever missed a frame sees it."""

import json
from pathlib import Path
from typing import Any

import pytest
import redis

from keno_platform.live import broadcaster as broadcasting
from keno_platform.live import subscription
from keno_platform.live.broadcaster import Broadcaster
from keno_platform.live.sockets import Message, Socket
from keno_platform.local import ports, valkey
from tests.live.test_sending import run, until


@pytest.fixture
def own_redis(settings: Any) -> int:
    """The port of a Valkey that a test may stop; none runs there yet."""
    port = ports.find_free()
    settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
    return port


def test_while_redis_is_away_sockets_stay_and_afterwards_see_the_gap(
    own_redis: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "RECONNECT_S", 0.05)
    got: list[int] = []

    async def send(event: Any) -> None:
        got.append(json.loads(event["text"])["seq"])

    async def told(client: "redis.Redis", seq: int) -> None:
        """Published until somebody hears it: the subscription comes back on its own time."""
        await until(lambda: bool(client.publish("live:game:x", json.dumps({"seq": seq}))))
        await until(lambda: got[-1:] == [seq])

    async def scenario() -> bool:
        all_sockets, one = Broadcaster(), Socket(send)
        one.start(Message('{"seq":0}'))
        for seq in (1, 3):  # the second is published while nobody can hear it
            with valkey.running(home=tmp_path / "valkey", port=own_redis, durable=False) as server:
                if seq == 1:
                    await all_sockets.join("live:game:x", one)
                client = redis.Redis.from_url(server.url)
                await told(client, seq)
                client.close()
        return one.closed

    assert run(scenario) is False
    assert got == [0, 1, 3]


def test_a_socket_that_joins_while_redis_is_away_is_not_kept_waiting_for_it(
    own_redis: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcasting, "HEARD_WITHIN_S", 0.2)

    async def scenario() -> bool:
        async def send(event: Any) -> None: ...

        return (await Broadcaster().join("live:game:x", Socket(send))).heard.is_set()

    assert run(scenario) is False
