"""The client of an operator that holds its players' money itself: the player reads what the wallet said."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest

from keno_platform.local import ports
from operators.services import connect_wallet
from tests.browser.chromium import Page
from tests.browser.conftest import Site, _shop
from tests.support.bets import backend

pytestmark = pytest.mark.usefixtures("committed")
PLAYABLE = "document.querySelector('#play') && balance.textContent.includes('500')"
BETTABLE = "round.dataset.phase === 'open' && !place.disabled && +bar.style.getPropertyValue('--left') > 0.4"


@dataclass(slots=True)
class Wallet:
    """An operator's wallet of one player, as small as it can be: every debit gets the answer that the test sets."""

    mood: str = "ok"
    balance: int = 500_00
    asked: list[str] = field(default_factory=list)

    def answer(self, call: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.asked.append(call)
        if call == "debit" and self.mood == "broken":
            return 500, {}
        echo: dict[str, Any] = {name: body[name] for name in ("request_id", "transaction_id", "amount") if name in body}
        if call == "debit" and self.mood != "ok":
            return 200, {"status": "refused", "code": self.mood, **echo}
        minor = int(body.get("amount", "0").replace(".", ""))
        self.balance += {"debit": -minor, "credit": minor}.get(call, 0)
        return 200, {
            "status": "ok",
            "currency": "KES",
            "balance": f"{self.balance // 100}.{self.balance % 100:02d}",
            **echo,
        }


@pytest.fixture(scope="module")
def wallet() -> Iterator[tuple[Wallet, str]]:
    own = Wallet()

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, told = own.answer(self.path.rpartition("/")[2], body)
            raw = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", ports.find_free()), Answers)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield own, f"http://127.0.0.1:{server.server_port}/wallet"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def seamless(site: Site, wallet: tuple[Wallet, str], django_db_blocker: Any) -> Iterator[Site]:
    with django_db_blocker.unblock():
        operator, game = _shop(f"own-{uuid4().hex[:8]}")
        connect_wallet(operator=operator, url=wallet[1], is_local=True, actor="test")
        operator.refresh_from_db()
        port = site.address.rpartition(":")[2]
        try:
            yield Site(operator=operator, game=game, address=f"http://{operator.slug}.localhost:{port}")
        finally:
            type(game).objects.filter(pk=game.pk).update(active=False)


def test_the_player_reads_what_the_operators_wallet_said(
    seamless: Site, wallet: tuple[Wallet, str], page: Page, unique: Callable[[str], str]
) -> None:
    own, _ = wallet
    asked = {"player_token": unique("p"), "currency": "KES", "language": "en"}
    opened = backend(seamless.operator).post("sessions", asked)
    assert opened.status_code == 201, opened.content
    page.show(width=360, height=740, prefers_reduced_motion="reduce")
    page.open(f"{seamless.address}/?launch={opened.json()['launch_token']}")
    page.until(PLAYABLE)

    def bet() -> None:
        page.click("#quick")
        page.until(BETTABLE)
        page.click("#place")

    bet()
    page.until("place.dataset.state === 'accepted'")
    page.until("balance.textContent.includes('490')")

    own.mood = "insufficient_funds"
    page.until("place.dataset.state === 'ready'")
    bet()
    page.until("outcome.textContent")
    assert page.text("#outcome") == "Bet not accepted – The balance is not sufficient. You were not charged."

    own.mood = "session_invalid"
    bet()
    page.until("outcome.textContent.includes('wallet refused')")
    assert page.text("#outcome").endswith("You were not charged.")

    own.mood = "broken"
    bet()
    page.until("outcome.textContent.includes('returned')")
    assert page.text("#outcome").startswith("Bet not accepted – ")
    assert page.text("#outcome").endswith("If you were charged, it is being returned.")
    assert page.value("document.querySelectorAll('#history li.bet').length") == 1
    assert len([call for call in own.asked if call == "debit"]) >= 4
