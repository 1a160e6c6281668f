"""The bare ASGI placement answers exactly as the documented view does."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.test import Client

from bets.door import desk, endpoint
from keno_platform import outbound
from keno_platform.asgi import application
from operators.models import Operator
from operators.services import resume_operator, suspend_operator
from operators.tenancy import tenant_context
from rounds.models import Round
from tests.support.bets import Backend, backend, bet_body, new_player, player_client
from wallet.models import Transaction

pytestmark = pytest.mark.usefixtures("committed")
OF_THE_CALL = ("request_id", "request_log_url")


async def _send(bodies: list[tuple[bytes, Mapping[str, str]]]) -> list[httpx.Response]:
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://alpha.localhost") as client:
        answers = await asyncio.gather(
            *(client.post(endpoint.PATH, content=body, headers=dict(headers)) for body, headers in bodies)
        )
    await desk.close()
    await outbound.close()
    return list(answers)


def _headers(secret: str | None, *, key: str | None = None, **more: str) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Idempotency-Key": key or uuid4().hex}
    return headers | ({"Authorization": f"Bearer {secret}"} if secret else {}) | more


def _bare(body: Any, headers: Mapping[str, str]) -> httpx.Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    [answer] = asyncio.run(_send([(raw, headers)]))
    return answer


def _documented(body: Any, headers: Mapping[str, str]) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    own = {name: value for name, value in headers.items() if name != "Content-Type"}
    return Client().generic("POST", endpoint.PATH, raw, content_type=headers.get("Content-Type", ""), headers=own)


def test_a_placed_bet_is_the_same_on_both_ways(operator_a: Operator, standing_rounds: list[Round]) -> None:
    player, caller = new_player(operator_a, money=100_000), backend(operator_a)
    body = bet_body(operator_a, player, round_id=standing_rounds[0].pk, rounds=2, sign_receipt=True)
    headers = _headers(caller.secret)
    first, again = _bare(body, headers), _documented(body, headers)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert first.headers["X-Request-Id"]
    with tenant_context(operator_a):
        assert Transaction.objects.filter(account__player=player, amount__lt=0).count() == 2


@pytest.mark.parametrize(
    "case",
    [
        "no credential",
        "wrong credential",
        "wrong session",
        "two credentials",
        "provider",
        "not json",
        "empty",
        "deep",
        "twice",
        "unknown member",
        "float",
        "no key",
        "bad key",
        "too large",
        "wrong type",
        "no picks",
        "picks",
        "stake",
        "currency",
        "round",
        "neither round nor game",
        "another's token",
        "unknown player",
        "poor",
        "surrogate",
        "NaN",
    ],
)
def test_every_refusal_is_the_same_on_both_ways(case: str, operator_a: Operator, standing_rounds: list[Round]) -> None:
    player, caller = new_player(operator_a, money=100), backend(operator_a)
    body, headers = _case(case, operator_a, player, caller, standing_rounds[0].pk)
    bare, documented = _bare(body, headers), _documented(body, headers)
    told, expected = bare.json(), documented.json()
    assert bare.status_code == documented.status_code >= 400
    assert {**told, **dict.fromkeys(OF_THE_CALL)} == {**expected, **dict.fromkeys(OF_THE_CALL)}
    assert told["request_id"] == bare.headers["X-Request-Id"]
    for name in ("Content-Type", "Retry-After", "WWW-Authenticate"):
        assert bare.headers.get(name) == documented.headers.get(name)


def _case(case: str, operator: Operator, player: Any, caller: Backend, round_id: int) -> tuple[Any, dict[str, str]]:
    good, secret = bet_body(operator, player, round_id=round_id), caller.secret
    headers = _headers(secret)
    text = json.dumps(good)
    bodies: dict[str, Any] = {
        "not json": b"{",
        "empty": b"",
        "deep": b"[" * 50 + b"]" * 50,
        "twice": text.replace("{", '{"stake": "1.00", ', 1).encode(),
        "unknown member": good | {"colour": 1},
        "float": text.replace("[7,", "[7.0,").encode(),
        "too large": b" " * 600_000,
        "no picks": {name: value for name, value in good.items() if name != "picks"},
        "picks": good | {"picks": [1, 1]},
        "stake": good | {"stake": "1e2"},
        "currency": good | {"currency": "EUR"},
        "round": good | {"round_id": 10**9},
        "neither round nor game": {name: value for name, value in good.items() if name != "round_id"},
        "unknown player": good | {"player_token": "nobody-here"},
        "poor": good | {"stake": "10.00"},
        "surrogate": text.replace('"KES"', '"\\ud800"').encode(),
        "NaN": text.replace("[7,", "[NaN,").encode(),
    }
    changes: dict[str, dict[str, str]] = {
        "no credential": _headers(None),
        "wrong credential": _headers("ko_nothing"),
        "wrong session": _headers("ps.alpha.nothing"),
        "two credentials": headers | {"Authorization": f"Bearer {secret},Bearer {secret}"},
        "provider": _headers("kp_nothing"),
        "no key": {name: value for name, value in headers.items() if name != "Idempotency-Key"},
        "bad key": headers | {"Idempotency-Key": "a b"},
        "wrong type": headers | {"Content-Type": "text/plain"},
        "another's token": _headers(player_client(operator, new_player(operator)).secret),
    }
    return bodies.get(case, good), changes.get(case, headers)


def test_a_refusal_speaks_the_language_that_is_asked_for(operator_a: Operator) -> None:
    headers = _headers(None, **{"Accept-Language": "sw-KE, fr;q=0.5"})
    assert _bare({}, headers).json()["title"] == _documented({}, headers).json()["title"]
    assert _bare({}, headers).json()["title"] != _bare({}, _headers(None)).json()["title"]


def test_many_at_once_share_their_way_and_each_gets_its_own_answer(
    operator_a: Operator, operator_b: Operator, standing_rounds: list[Round]
) -> None:
    asks: list[tuple[bytes, Mapping[str, str]]] = []
    players = []
    for operator in (operator_a, operator_b):
        secret = backend(operator).secret
        for place in range(40):
            player = new_player(operator, money=2000 if place % 2 else 0)
            players.append(player.token)
            asks.append(
                (json.dumps(bet_body(operator, player, round_id=standing_rounds[0].pk)).encode(), _headers(secret))
            )
    answers = asyncio.run(_send(asks))
    for place, answer in enumerate(answers):
        if place % 2:
            assert answer.status_code == 201, answer.text
            assert answer.json()["player_token"] == players[place]
        else:
            assert answer.json()["code"] == "insufficient_funds"


def test_a_suspended_operator_is_refused_from_that_moment_on(
    operator_a: Operator, standing_rounds: list[Round]
) -> None:
    player, caller = new_player(operator_a, money=100_000), backend(operator_a)
    body = bet_body(operator_a, player, round_id=standing_rounds[0].pk)
    assert _bare(body, _headers(caller.secret)).status_code == 201
    suspend_operator(operator=operator_a, reason="a test", actor="test")
    try:
        assert _bare(body, _headers(caller.secret)).json()["code"] == "operator_suspended"
    finally:
        resume_operator(operator=operator_a, reason="a test", actor="test")
    assert _bare(body, _headers(caller.secret)).status_code == 201
