"""A web process that is told to end has written its last calls."""

import asyncio
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from calls import recorder
from calls.models import Call
from keno_platform.asgi import application
from operators.models import Operator
from tests.calls.conftest import make_entry
from tests.support.bets import backend, bet_body, new_player
from tests.support.rounds import Timing, new_game, open_round
from tests.support.web import web_process

pytestmark = pytest.mark.usefixtures("committed")


def test_a_terminated_web_process_loses_no_call_of_either_way_in(operator_a: Operator, tmp_path: Path) -> None:
    key, mark = backend(operator_a).secret, uuid4().hex
    player, round_ = new_player(operator_a, money=10_000), open_round(new_game(), timing=Timing(betting=60))
    headers = {"Authorization": f"Bearer {key}"}
    with web_process(tmp_path) as web, httpx.Client(base_url=f"{web.address}/api/v1", headers=headers) as client:
        for number in range(5):
            ids = {"X-Request-Id": f"{mark}-list-{number}"}
            assert client.get("/games", headers=ids).status_code == 200
        ids = {"X-Request-Id": f"{mark}-bet-own", "Idempotency-Key": mark}
        bet = client.post("/bets", json=bet_body(operator_a, player, round_id=round_.pk), headers=ids)
        assert bet.status_code == 201
        refused = client.post("/bets", json={}, headers={"X-Request-Id": f"{mark}-bet-bad", "Idempotency-Key": "x"})
        assert refused.json()["request_id"] == f"{mark}-bet-bad"
        web.process.send_signal(signal.SIGTERM)
        web.process.wait(20)
    found = {one.request_id: one for one in Call.objects.filter(request_id__startswith=mark)}
    assert len(found) == 7
    assert {one.operator_id for one in found.values()} == {operator_a.pk}
    assert found[f"{mark}-bet-bad"].code == refused.json()["code"]
    assert {bet.json()["id"], str(round_.pk), player.token, mark} <= set(found[f"{mark}-bet-own"].ids)
    assert found[f"{mark}-bet-own"].endpoint == "/api/v1/bets"


def test_the_log_is_written_before_a_process_says_that_it_has_ended() -> None:
    entry, told = make_entry(), []
    messages = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> dict[str, Any]:
        return {"type": next(messages)}

    async def send(message: Mapping[str, Any]) -> None:
        told.append(message["type"])
        if message["type"] == "lifespan.startup.complete":
            recorder.record(entry)

    asyncio.run(application({"type": "lifespan"}, receive, send))
    assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert Call.objects.filter(request_id=entry.request_id).exists(), "without any waiting"
