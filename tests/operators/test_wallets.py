"""An operator's own wallet: connected while no money has moved, called as it wants, tried from both ends."""

import asyncio
import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection
from django.test import Client

from audit.models import AuditEntry
from keno_platform.core.errors import NotFound
from keno_platform.local.ports import find_free
from keno_platform.outbound import AddressNotAllowed
from operators.keyring import keyring
from operators.models import Operator, OperatorStatus, WalletConnection, WalletMode
from operators.ping import ping_wallet
from operators.ports import MoneyCheck, ports
from operators.selectors import get_wallet_connection
from operators.services import (
    Integration,
    OperatorHasMoney,
    WalletConnectionInvalid,
    change_integration,
    connect_wallet,
    issue_key,
    resume_operator,
    set_wallet_active,
    suspend_operator,
)
from tests.operators.signed import Message, library_accepts
from tests.support.api import call, refusal
from tests.support.bets import new_player

pytestmark = pytest.mark.django_db
URL = "https://wallet.casino.example/keno"


@pytest.fixture(autouse=True)
def unplayed(monkeypatch: pytest.MonkeyPatch) -> MoneyCheck | None:
    """Other tests have played at these operators. Returns what really tells whether money has moved."""
    plugged = ports.has_money
    monkeypatch.setattr(ports, "has_money", lambda operator: False)
    return plugged


def connect(operator: Operator, **changed: Any) -> str | None:
    return connect_wallet(**({"operator": operator, "url": URL, "actor": "test"} | changed))


class TestConnecting:
    def test_it_puts_the_operator_into_seamless_mode_on_record(self, operator_b: Operator) -> None:
        assert connect(operator_b, settlement="round", zero_win_notices=True, concurrency_max=7) is None
        operator_b.refresh_from_db()
        assert operator_b.wallet_mode == WalletMode.SEAMLESS
        wallet = get_wallet_connection(operator_b)
        assert (wallet.url, wallet.signing, wallet.settlement) == (URL, "ed25519", "round")
        assert (wallet.zero_win_notices, wallet.concurrency_max, wallet.active) == (True, 7, True)
        entry = AuditEntry.objects.get(event_type="operator.wallet_connected", operator_id=operator_b.pk)
        assert (entry.before, entry.after["url"]) == (None, URL)

    def test_an_operator_in_transfer_mode_has_none(self, operator_b: Operator) -> None:
        with pytest.raises(NotFound):
            get_wallet_connection(operator_b)

    def test_who_holds_the_money_cannot_change_once_any_has_moved(
        self, operator_b: Operator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ports, "has_money", lambda operator: operator == operator_b)
        with pytest.raises(OperatorHasMoney):
            connect(operator_b)
        operator_b.refresh_from_db()
        assert operator_b.wallet_mode == WalletMode.TRANSFER
        assert not WalletConnection.objects.filter(operator=operator_b).exists()
        with pytest.raises(OperatorHasMoney):
            change_integration(operator=operator_b, change=Integration(sandbox=True), actor="test")

    def test_a_deposit_is_money_that_has_moved(
        self, operator_a: Operator, monkeypatch: pytest.MonkeyPatch, unplayed: MoneyCheck | None
    ) -> None:
        monkeypatch.setattr(ports, "has_money", unplayed)
        new_player(operator_a, money=100)
        with pytest.raises(OperatorHasMoney):
            connect(operator_a)

    def test_a_seamless_wallet_may_move_though_money_has(
        self, operator_b: Operator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        connect(operator_b)
        monkeypatch.setattr(ports, "has_money", lambda operator: True)
        connect(operator_b, url="https://other.casino.example/", settlement="round")
        assert get_wallet_connection(operator_b).url == "https://other.casino.example"
        entry = AuditEntry.objects.get(event_type="operator.wallet_changed", operator_id=operator_b.pk)
        assert (entry.before["url"], entry.after["url"]) == (URL, "https://other.casino.example")

    def test_a_shared_secret_is_shown_once_and_stays_through_other_changes(self, operator_b: Operator) -> None:
        secret = connect(operator_b, signing="hmac")
        assert secret is not None
        assert len(base64.b64decode(secret)) == 32
        key_id = get_wallet_connection(operator_b).hmac_key_id
        assert connect(operator_b, signing="hmac", settlement="round") is None
        assert connect(operator_b, signing="ed25519") is None
        assert connect(operator_b, signing="hmac") is None
        assert get_wallet_connection(operator_b).hmac_key_id == key_id
        told = AuditEntry.objects.filter(operator_id=operator_b.pk)
        assert all(secret not in f"{one.before}{one.after}{one.description}" for one in told)

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"signing": "rsa"}, "signing"),
            ({"settlement": "day"}, "settlement"),
            ({"concurrency_max": 0}, "concurrency_max"),
            ({"concurrency_max": 5001}, "concurrency_max"),
        ],
    )
    def test_what_does_not_hold_together_is_refused_by_the_name_of_the_field(
        self, operator_b: Operator, changed: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(WalletConnectionInvalid) as refused:
            connect(operator_b, **changed)
        assert refused.value.params == {"field": field}
        operator_b.refresh_from_db()
        assert operator_b.wallet_mode == WalletMode.TRANSFER

    @pytest.mark.parametrize("url", ["http://wallet.casino.example", "https://127.0.0.1/", "https://10.0.0.1/", "x"])
    def test_an_address_in_our_own_network_is_refused_when_it_is_saved(self, operator_b: Operator, url: str) -> None:
        with pytest.raises(AddressNotAllowed):
            connect(operator_b, url=url)

    def test_new_bets_can_be_stopped_and_resumed_with_a_reason_on_record(self, operator_b: Operator) -> None:
        connect(operator_b)
        for active, event in ((False, "operator.wallet_paused"), (True, "operator.wallet_resumed")):
            set_wallet_active(operator=operator_b, active=active, reason="because", actor="test")
            assert get_wallet_connection(operator_b).active is active
            entry = AuditEntry.objects.get(event_type=event, operator_id=operator_b.pk)
            assert entry.after == {"active": active, "reason": "because"}


def test_whoever_listens_is_told_of_a_suspension_inside_its_transaction(operator_b: Operator) -> None:
    told: list[tuple[str, str, bool]] = []

    def listen(operator: Operator, status: str) -> None:
        told.append((operator.slug, status, connection.in_atomic_block))

    ports.on_status_changed.append(listen)
    try:
        suspend_operator(operator=operator_b, reason="r", actor="test")
        resume_operator(operator=operator_b, reason="r", actor="test")
    finally:
        ports.on_status_changed.remove(listen)
    assert told == [("beta", OperatorStatus.SUSPENDED, True), ("beta", OperatorStatus.ACTIVE, True)]


class TestApi:
    @pytest.fixture
    def provider(self) -> str:
        return issue_key(operator=None, label="test", actor="test")[1]

    @pytest.fixture
    def own(self, operator_b: Operator) -> str:
        return issue_key(operator=operator_b, label="test", actor="test")[1]

    def test_the_provider_connects_a_wallet_and_the_operator_reads_it(self, provider: str, own: str) -> None:
        refusal(call("GET", "operators/beta/wallet", credential=provider), 404, "not_found")
        refusal(call("GET", "wallet/connection", credential=own), 404, "not_found")
        answer = call("PUT", "operators/beta/wallet", credential=provider, body={"url": URL, "signing": "hmac"})
        assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
        made = json.loads(answer.content)
        assert len(base64.b64decode(made["hmac_secret"])) == 32
        shown = json.loads(call("GET", "wallet/connection", credential=own).content)
        assert shown == {name: value for name, value in made.items() if name != "hmac_secret"}
        assert json.loads(call("GET", "operators/beta/wallet", credential=provider).content) == shown
        rotated = call("POST", "wallet/connection/secret", credential=own, body={"overlap_seconds": 60})
        renewed = json.loads(rotated.content)
        assert rotated.status_code == 201
        assert renewed["secret"] != made["hmac_secret"]
        after = json.loads(call("GET", "wallet/connection", credential=own).content)
        assert (after["hmac_key_id"], after["hmac_previous_key_id"]) == (renewed["key_id"], made["hmac_key_id"])
        assert after["hmac_previous_until"] == renewed["signs_from"]

    def test_refusals_have_their_codes(self, provider: str, own: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def put(**body: Any) -> Any:
            return call("PUT", "operators/beta/wallet", credential=provider, body=body)

        refusal(put(url="http://localhost/"), 422, "address_not_allowed")
        refusal(put(url=URL, signing="none"), 422, "wallet_connection_invalid")
        refusal(put(url=URL, concurrency_max="7"), 422, "parameter_invalid")
        refusal(put(), 422, "parameter_invalid")
        refusal(call("PUT", "operators/nobody/wallet", credential=provider, body={"url": URL}), 404, "not_found")
        refusal(call("PUT", "operators/beta/wallet", credential=own, body={"url": URL}), 403, "caller_not_allowed")
        monkeypatch.setattr(ports, "has_money", lambda operator: True)
        refusal(put(url=URL), 409, "operator_has_money")
        assert put(url=URL).status_code == 409

    def test_a_wallet_without_a_shared_secret_has_none_to_renew(self, provider: str, own: str) -> None:
        call("PUT", "operators/beta/wallet", credential=provider, body={"url": URL})
        refusal(call("POST", "wallet/connection/secret", credential=own, body={}), 422, "wallet_connection_invalid")


class Wallet:
    """A small wallet with an event loop of its own, in a thread."""

    def __init__(self) -> None:
        self.port = find_free()
        self.seen: list[Message] = []
        self.changed: dict[str, Any] = {}
        self.status = 200
        self.released = threading.Event()
        self.released.set()
        self.arrived = threading.Event()

    async def balance(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        url = f"http://127.0.0.1:{self.port}{request.path_qs}"
        self.seen.append(Message(method=request.method, url=url, headers=dict(request.headers), body=body))
        self.arrived.set()
        await asyncio.to_thread(self.released.wait, 10)
        asked = json.loads(body)
        told = {"status": "ok", "request_id": asked["request_id"], "currency": asked["currency"], "balance": "123"}
        return web.json_response(told | self.changed, status=self.status)


@contextmanager
def running(wallet: Wallet) -> Iterator[Wallet]:
    """The wallet, answering until the block ends."""
    ready, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        app = web.Application()
        app.router.add_post("/wallet/balance", wallet.balance)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", wallet.port).start()
        ready.set()
        await asyncio.to_thread(stop.wait)
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(10)
        yield wallet
    finally:
        wallet.released.set()
        stop.set()
        thread.join()


class TestPing:
    @pytest.fixture
    def wallet(self, operator_b: Operator) -> Iterator[Wallet]:
        with running(Wallet()) as wallet:
            connect(operator_b, url=f"http://127.0.0.1:{wallet.port}/wallet", is_local=True)
            yield wallet

    @pytest.fixture
    def own(self, operator_b: Operator) -> str:
        return issue_key(operator=operator_b, label="test", actor="test")[1]

    def ping(self, own: str) -> dict[str, Any]:
        answer = call("POST", "wallet/ping", credential=own, body={"player_token": "p-1"})
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = json.loads(answer.content)
        return found

    def test_it_shows_what_was_sent_and_what_came_back(self, wallet: Wallet, own: str) -> None:
        told = self.ping(own)
        [seen] = wallet.seen
        assert (told["ok"], told["problems"], told["failed"]) == (True, [], None)
        assert told["sent"]["url"] == seen.url
        assert told["sent"]["body"].encode() == seen.body
        assert json.loads(seen.body) | {"request_id": ""} == {
            "request_id": "",
            "player_token": "p-1",
            "currency": "XOF",
            "session_id": None,
        }
        sent = {name.lower(): value for name, value in told["sent"]["headers"].items()}
        assert sent.items() <= {name.lower(): value for name, value in seen.headers.items()}.items()
        assert told["answered"]["status"] == 200
        assert json.loads(told["answered"]["body"])["balance"] == "123"

    def test_it_is_signed_as_in_play(self, wallet: Wallet, own: str) -> None:
        self.ping(own)
        [seen] = wallet.seen
        keys = json.loads(Client().get("/.well-known/keno-call-keys.json").content)["keys"]
        [key] = [one for one in keys if f'keyid="{one["key_id"]}"' in seen.headers["Signature-Input"]]
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key["public_key"]))
        assert library_accepts(seen, public, key["key_id"], int(time.time()))

    @pytest.mark.parametrize(
        ("changed", "status", "problem"),
        [
            ({"status": "fine"}, 200, "status must be"),
            ({"request_id": "other"}, 200, "request_id must be"),
            ({"currency": "KES"}, 200, "currency must be"),
            ({"balance": "1.00"}, 200, "balance must be a string such as"),
            ({"balance": 123}, 200, "balance must be a string such as"),
            ({"balance": 1.5}, 200, "is not JSON as it must be"),
            ({}, 500, "The status is 500"),
        ],
    )
    def test_it_says_what_is_wrong_with_an_answer(
        self, wallet: Wallet, own: str, changed: dict[str, Any], status: int, problem: str
    ) -> None:
        wallet.changed, wallet.status = changed, status
        told = self.ping(own)
        assert told["ok"] is False
        assert problem in told["problems"][0]
        assert told["answered"]["status"] == status

    def test_it_says_why_nothing_came_back(self, operator_b: Operator, own: str) -> None:
        connect(operator_b, url=f"http://127.0.0.1:{find_free()}", is_local=True)
        told = self.ping(own)
        assert (told["ok"], told["failed"], told["answered"]) == (False, "connection", None)

    def test_a_wallet_is_tried_once_at_a_time(self, wallet: Wallet, own: str) -> None:
        """A wallet that hangs must not hold every thread of the server."""
        own_wallet = get_wallet_connection(Operator.objects.get(slug="beta"))
        keyring.current()  # so that the thread has nothing to ask the database
        wallet.released.clear()
        first = threading.Thread(target=lambda: ping_wallet(connection=own_wallet, player_token="p-1"))
        first.start()
        try:
            assert wallet.arrived.wait(10)
            busy = call("POST", "wallet/ping", credential=own, body={"player_token": "p-1"})
            refusal(busy, 409, "request_in_progress")
        finally:
            wallet.released.set()
            first.join()
        assert self.ping(own)["ok"] is True

    def test_there_is_nothing_to_try_without_a_wallet(self, own: str) -> None:
        refusal(call("POST", "wallet/ping", credential=own, body={"player_token": "p-1"}), 404, "not_found")
        for token in ("", "t" * 129, 7):
            bad = call("POST", "wallet/ping", credential=own, body={"player_token": token})
            assert bad.status_code in (404, 422)
