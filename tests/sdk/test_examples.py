"""The examples for ASGI, Django and Flask answer a call that the platform signed, and no other."""

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import httpx
import pytest
from django.test import RequestFactory

from tests.sdk.conftest import Scripted
from tests.sdk.signed import House, ask

Post = Callable[[bytes, dict[str, str]], tuple[int, dict[str, Any]]]
URL = "http://wallet.example/keno/balance"


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture(params=["wallet_asgi", "wallet_django", "wallet_flask"])
def post(
    request: pytest.FixtureRequest, server: Scripted, house: House, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Post]:
    server.says(200, house.well_known())
    monkeypatch.setenv("KENO_CALL_KEYS", server.url)
    module = importlib.import_module(request.param)
    yield {"wallet_asgi": _asgi, "wallet_django": _django, "wallet_flask": _flask}[request.param](module)
    del sys.modules[request.param]


def _asgi(module: ModuleType) -> Post:
    from asgiref.sync import async_to_sync

    async def send(body: bytes, headers: dict[str, str]) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=module.application)) as client:
            return await client.post(URL, content=body, headers=headers)

    def post(body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        answer = async_to_sync(send)(body, headers)
        return answer.status_code, answer.json()

    return post


def _django(module: ModuleType) -> Post:
    def post(body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        factory = RequestFactory(SERVER_NAME="wallet.example")
        answer = module.wallet(factory.post("/keno/balance", body, "application/json", headers=headers), "balance")
        return answer.status_code, json.loads(answer.content)

    return post


def _flask(module: ModuleType) -> Post:
    def post(body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        with httpx.Client(transport=httpx.WSGITransport(app=module.application)) as client:
            answer = client.post(URL, content=body, headers=headers)
        return answer.status_code, answer.json()

    return post


def test_a_signed_call_is_answered_and_a_forged_one_refused(post: Post, house: House, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["wallet.example"]
    body = ask()
    status, answer = post(body, house.signed(URL, body))
    assert (status, answer["status"], answer["balance"]) == (200, "ok", "100.00")

    forged = body.replace(b'"asha"', b'"chui"')
    status, answer = post(forged, house.signed(URL, body))
    assert (status, answer["status"], answer["code"]) == (401, "refused", "signature_invalid")
    assert post(body, {"X-Request-Id": "request-1"})[0] == 401
    assert post(body, House().signed(URL, body))[0] == 401


def test_a_signed_body_that_is_no_call_is_malformed(post: Post, house: House, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["wallet.example"]
    body = json.dumps({"request_id": "request-1"}).encode()
    assert post(body, house.signed(URL, body))[0] == 400
