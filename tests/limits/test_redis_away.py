"""Redis dies in the middle: money is refused and does not move; reading goes on; then all goes on by itself."""

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from operators.models import Operator
from rounds.models import Round
from tests.limits.conftest import Stoppable
from tests.support.api import refusal
from tests.support.bets import Backend, backend, balance, bet_body, changes_nothing, new_player, player_client
from tests.support.door import Door, open_door
from tests.support.rounds import wait_for

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def door(own_redis: Stoppable) -> Iterator[Door]:
    with open_door() as opened:
        yield opened


def deposit(api: Backend, player: Any, operator: Operator, *, key: str | None = None) -> Any:
    body = {"player_token": player.token, "amount": operator.money(500), "currency": operator.currency_code}
    return api.post("wallet/deposits", body, key=key)


def unavailable(answer: Any) -> dict[str, Any]:
    problem: dict[str, Any] = answer.json()
    assert answer.status_code == 503, problem
    assert problem["code"] == "limits_unavailable"
    assert problem["retry"] == "same_key"
    assert problem["money_moved"] == "no"
    assert int(answer.headers["Retry-After"]) >= 1
    return problem


@pytest.mark.parametrize("death", ["kill", "freeze"])
def test_money_is_refused_and_nothing_has_moved_reads_go_on_and_all_recovers_by_itself(
    death: str, own_redis: Stoppable, door: Door, operator_a: Operator, standing_rounds: list[Round]
) -> None:
    player = new_player(operator_a, money=100_000)
    api, session = backend(operator_a), player_client(operator_a, player)
    mine = bet_body(operator_a, None, round_id=standing_rounds[0].pk)
    ours = bet_body(operator_a, player, round_id=standing_rounds[0].pk)
    assert door.post(session.secret, mine).status_code == 201
    assert door.post(api.secret, ours).status_code == 201
    assert deposit(api, player, operator_a).status_code == 201

    getattr(own_redis, death)()
    time.sleep(1.1)  # what is leased may be spent, for a second
    keys = {name: uuid4().hex for name in ("session", "backend", "batch", "deposit", "django")}
    assert balance(operator_a, player) == 100_000 + 500 - 2_000

    def refuse_all() -> None:
        began = time.monotonic()
        unavailable(door.post(session.secret, mine, key=keys["session"]))
        unavailable(door.post(api.secret, ours, key=keys["backend"]))
        unavailable(door.post(api.secret, {"bets": [ours] * 3}, path="bets/batch", key=keys["batch"]))
        refusal(deposit(api, player, operator_a, key=keys["deposit"]), 503, "limits_unavailable")
        refusal(api.post("bets", ours, key=keys["django"]), 503, "limits_unavailable")
        assert time.monotonic() - began < 5, "nobody waits for what does not answer"

    changes_nothing(refuse_all)
    for read in ("games", "bets", f"wallet/accounts/{player.token}"):
        assert api.get(read).status_code == 200
    assert session.get("bets").status_code == 200

    own_redis.thaw() if death == "freeze" else own_redis.start()
    wait_for(lambda: door.post(session.secret, mine, key=keys["session"]).status_code == 201, what="a player's bet")
    wait_for(lambda: door.post(api.secret, ours, key=keys["backend"]).status_code == 201, what="a backend's bet")
    wait_for(lambda: deposit(api, player, operator_a, key=keys["deposit"]).status_code == 201, what="a deposit")
    assert door.post(session.secret, mine, key=keys["session"]).status_code == 201
    assert balance(operator_a, player) == 100_000 + 2 * 500 - 4_000, "each once, under the keys that were refused"
