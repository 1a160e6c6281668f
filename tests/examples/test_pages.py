"""The reference operator's pages, files and webhooks."""

import base64
import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from standardwebhooks import Webhook

from tests.examples.baobab import WEBHOOK_SECRET, Operator, running
from tests.sdk.conftest import Scripted, scripted
from tests.sdk.signed import House

OPENED = {
    "session_id": str(uuid4()),
    "session_reference": "",
    "mode": "real",
    "player_token": "asha",
    "currency": "KES",
    "launch_url": "http://savanna.localhost:8000/?launch=savanna.abc&x=<b>",
    "launch_token": "savanna.abc",
    "launch_expires_at": "2026-11-21T10:00:00.000Z",
    "expires_at": "2026-11-21T22:00:00.000Z",
}


@pytest.fixture
def visitor(operator: Operator) -> httpx.Client:
    with httpx.Client(base_url=operator.url, follow_redirects=True) as client:
        yield client


class TestVisitors:
    def test_a_visitor_picks_a_player_and_sees_the_balance(self, operator: Operator, visitor: httpx.Client) -> None:
        door = visitor.get("/").text
        assert "Who is playing?" in door
        lobby = visitor.post("/login", data={"player": "baraka"}).text
        assert "Hello, Baraka" in lobby
        assert visitor.get("/balance.json").json()["text"] == f"{operator.balance('baraka')} KES"
        assert "Who is playing?" in visitor.post("/logout").text

    def test_nobody_is_who_does_not_exist(self, visitor: httpx.Client) -> None:
        assert "Who is playing?" in visitor.post("/login", data={"player": "<script>"}).text
        for page in ("/game", "/history", "/balance.json"):
            assert "Who is playing?" in visitor.get(page).text

    def test_a_deposit_is_on_the_account_and_in_the_history(self, operator: Operator, visitor: httpx.Client) -> None:
        visitor.post("/login", data={"player": "dawit"})
        visitor.post("/deposit")
        assert operator.balance("dawit") == "100.00"
        operator.call("debit", player_token="dawit", amount="30.00")
        operator.call("debit", player_token="dawit", amount="500.00")
        history = visitor.get("/history").text
        for text in ("Deposit", "+100.00 KES", "Stake", "-30.00 KES", "refused: insufficient_funds"):
            assert text in history

    def test_what_comes_from_outside_is_escaped_everywhere(self, operator: Operator, visitor: httpx.Client) -> None:
        operator.call("debit", player_token="<script>x</script>")
        office = visitor.get("/office").text
        assert "<script>x" not in office
        assert "&lt;script&gt;x" in office
        assert "every balance is the sum of its transactions" in office

    def test_pages_load_nothing_from_elsewhere_and_stand_in_no_frame(self, visitor: httpx.Client) -> None:
        for page in ("/", "/office"):
            answer = visitor.get(page)
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'self'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "https://" not in answer.text


class TestGame:
    @pytest.fixture
    def platform(self) -> Scripted:
        with scripted() as one:
            yield one

    @pytest.fixture
    def at(self, platform: Scripted, tmp_path: Path) -> Operator:
        house = House()
        with scripted() as keys:
            keys.says(200, house.well_known())
            with running(tmp_path, house=house, keys_url=keys.url, platform=platform.url) as one:
                yield one

    def test_the_game_is_opened_by_the_sdk_and_shown_in_a_frame(self, at: Operator, platform: Scripted) -> None:
        platform.says(201, OPENED)
        platform.says(204)
        with httpx.Client(base_url=at.url, follow_redirects=True) as visitor:
            visitor.post("/login", data={"player": "asha"})
            game = visitor.get("/game")
            assert 'data-launch="http://savanna.localhost:8000/?launch=savanna.abc&amp;x=&lt;b&gt;"' in game.text
            assert "frame-src http://savanna.localhost:8000;" in game.headers["Content-Security-Policy"]
            method, path, headers, body = platform.requests[0]
            assert (method, path, headers["Authorization"]) == ("POST", "/api/v1/sessions", "Bearer ko_test")
            assert json.loads(body)["lobby_url"] == at.url

            # A session that this operator has opened may stake until the player leaves.
            session = OPENED["session_id"]
            assert at.call("debit", session_id=session)["status"] == "ok"
            assert at.call("debit", session_id=session, player_token="baraka")["code"] == "session_invalid"
            visitor.post("/logout")
            assert platform.requests[1][:2] == ("DELETE", f"/api/v1/sessions/{session}")
            assert at.call("debit", session_id=session)["code"] == "session_invalid"
            assert at.call("credit", session_id=session)["status"] == "ok"

    def test_a_platform_that_refuses_is_shown_and_logged_with_its_code(self, at: Operator, platform: Scripted) -> None:
        platform.says(403, {"code": "operator_suspended", "title": "Suspended", "request_id": "request-9"})
        with httpx.Client(base_url=at.url, follow_redirects=True) as visitor:
            visitor.post("/login", data={"player": "asha"})
            game = visitor.get("/game")
        assert game.status_code == 502
        assert "operator_suspended: Suspended (request request-9)" in game.text
        assert "no session for asha: operator_suspended" in at.log.read_text()


class TestWebhooks:
    def send(self, operator: Operator, body: bytes, *, secret: str = WEBHOOK_SECRET, name: str = "msg_1") -> int:
        at = datetime.now(UTC)
        headers = {
            "webhook-id": name,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign(name, at, body.decode()),
        }
        return operator.http.post(f"{operator.url}/webhooks", content=body, headers=headers).status_code

    def test_an_event_is_kept_once_and_shown(self, operator: Operator) -> None:
        event = {"type": "round.finished", "timestamp": "2026-11-21T10:00:00.000Z", "data": {"round_id": 4711}}
        body = json.dumps(event).encode()
        assert [self.send(operator, body) for _ in range(3)] == [204, 204, 204]
        office = operator.http.get(f"{operator.url}/office").text
        assert office.count("4711") == 2  # the cell and its title, once
        assert "(again)" in operator.log.read_text()

    def test_a_forged_event_is_refused(self, operator: Operator) -> None:
        other = "whsec_" + base64.b64encode(b"another secret").decode()
        body = b'{"type":"x","timestamp":"2026-11-21T10:00:00Z","data":{"mark":"forged"}}'
        assert self.send(operator, body, secret=other, name="msg_2") == 401
        assert "forged" not in operator.http.get(f"{operator.url}/office").text


def test_the_file_for_reconciliation_has_what_counts_and_nothing_else(operator: Operator) -> None:
    debit, undone, refused, ghost = (str(uuid4()) for _ in range(4))
    credit = operator.call("credit", amount="5.00")["transaction_id"]
    operator.call("debit", transaction_id=debit)
    operator.call("debit", transaction_id=undone)
    rollback = operator.call("rollback", original_transaction_id=undone)["transaction_id"]
    operator.call("debit", transaction_id=refused, amount="99999999.00")
    operator.call("rollback", original_transaction_id=ghost)
    text = operator.http.get(f"{operator.url}/reconciliation.csv").text
    rows = {row["transaction_id"]: row for row in csv.DictReader(io.StringIO(text))}
    assert [rows[one]["status"] for one in (debit, undone, rollback, credit, ghost)] == [
        *("applied", "rolled_back", "applied", "applied", "tombstone")
    ]
    assert refused not in rows
    assert (rows[credit]["kind"], rows[credit]["amount"], rows[credit]["currency"]) == ("credit", "5.00", "KES")
    as_json = operator.http.get(f"{operator.url}/reconciliation.json").json()["transactions"]
    assert {row["transaction_id"]: row for row in as_json} == rows
    later = operator.http.get(f"{operator.url}/reconciliation.json", params={"from": "2999-01-01T00:00:00Z"})
    assert later.json() == {"transactions": []}
