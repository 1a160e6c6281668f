"""The reference operator as a process of its own, and the platform's side of its wallet."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from keno_platform.local import children, ports
from tests.sdk.signed import SECRET, House, hmac_signed

ROOT = Path(__file__).resolve().parents[2]
WEBHOOK_SECRET = "whsec_dGhlIGVuZHBvaW50J3Mgb3duIHNlY3JldA=="
STARTED_WITHIN_S = 20


@dataclass
class Operator:
    """A running operator. Calls to its wallet are signed as the platform signs them."""

    url: str
    log: Path
    house: House
    process: "subprocess.Popen[bytes]"
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=10))

    def send(self, name: str, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        """One signed call, unless it comes with headers of its own."""
        url = f"{self.url}/wallet/{name}"
        signed = self.house.signed(url, body) if headers is None else headers
        return self.http.post(url, content=body, headers=signed)

    def call(self, name: str, **members: Any) -> dict[str, Any]:
        answer = self.send(name, body_of(name, **members))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def balance(self, player: str = "asha") -> str:
        return str(self.call("balance", player_token=player)["balance"])

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(f"{self.url}/state").json()
        return found

    def signed_by_secret(self, name: str, body: bytes) -> httpx.Response:
        return self.send(name, body, hmac_signed(f"{self.url}/wallet/{name}", body, secret=SECRET))


def body_of(name: str, **members: Any) -> bytes:
    """A good call of this name, but for what is named."""
    body: dict[str, Any] = {
        "request_id": str(uuid4()),
        "player_token": "asha",
        "currency": "KES",
        "session_id": None,
    }
    money = {"transaction_id": str(uuid4()), "amount": "10.00", "round_id": 7, "game": "keno-20s"}
    bet = str(uuid4())
    more: dict[str, dict[str, Any]] = {
        "balance": {},
        "debit": {**money, "bet_id": bet, "ticket_id": None},
        "credit": {**money, "kind": "win", "bets": [], "round_closed": True},
        "rollback": {
            **money,
            "original_transaction_id": str(uuid4()),
            "bet_id": bet,
            "reason": "in_doubt",
            "round_closed": False,
        },
    }
    return json.dumps(body | more[name] | members).encode()


@contextmanager
def running(
    directory: Path, *, house: House, keys_url: str, platform: str = "http://127.0.0.1:1", options: tuple[str, ...] = ()
) -> Iterator[Operator]:
    """Start it as its README says; what it logs is beside its database."""
    port, log = ports.find_free(), directory / "baobab.log"
    database = directory / "baobab.sqlite"
    command = [sys.executable, "-m", "examples.operator", "--port", str(port), "--database", str(database)]
    command += ["--platform", platform, "--key", "ko_test", "--wallet-keys", keys_url, *options]
    environment = os.environ | {
        "WALLET_HMAC_SECRET": SECRET,
        "KENO_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "PYTHONWARNINGS": "error",
    }
    with log.open("ab") as output:
        process = children.start(command, output=output, environment=environment, directory=ROOT)
    operator = Operator(f"http://127.0.0.1:{port}", log, house, process)
    try:
        _wait(operator)
        yield operator
    finally:
        operator.http.close()
        children.stop(process)


def _wait(operator: Operator) -> None:
    until = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < until and operator.process.poll() is None:
        try:
            operator.state()
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the operator did not start:\n{operator.log.read_text()}")
