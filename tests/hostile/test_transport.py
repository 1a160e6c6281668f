"""The catalogue of requests that are wrong before they say anything, byte by byte, against a real web process."""

import json
import time

import pytest

from tests.acceptance.worlds import World
from tests.bets.test_bad_input import OTHER, PICKS, STAKES
from tests.hostile.raw import Answer, request, talk
from tests.hostile.server import Server
from tests.hostile.transport import ANYONE, DOOR, JSON, NOT_HTTP, OK, Row, rows
from tests.support.bets import balance, bet_body

pytestmark = pytest.mark.usefixtures("committed")
QUICK_S = 5.0


def told(answer: Answer) -> tuple[int, str]:
    """Status and code; NOT_HTTP for a refusal that ends the connection without a document."""
    kind = answer.headers.get("content-type", "")
    if kind == "application/problem+json":
        problem = json.loads(answer.body)
        assert problem["status"] == answer.status
        assert problem["request_id"] == answer.headers["x-request-id"]
        return answer.status, problem["code"]
    if answer.status >= 400:
        assert answer.headers.get("connection") == "close", answer
        return answer.status, NOT_HTTP
    return answer.status, OK


def test_every_request_that_is_wrong_before_it_says_anything_gets_its_answer_quickly(
    server: Server, worlds: tuple[World, World]
) -> None:
    wrong: dict[str, tuple[object, object]] = {}
    names: list[str] = []
    for row in rows(worlds[0].key):
        began = time.monotonic()
        answer = answered(server, row)
        if answer != (row.status, row.code):
            wrong[row.name] = (answer, (row.status, row.code))
        assert time.monotonic() - began < QUICK_S, row.name
        names.append(row.name)
    assert wrong == {}, "\n".join(f"{name}: got, wanted {pair}" for name, pair in wrong.items())
    assert len(names) == len(set(names)) > 150
    print(f"{len(names)} requests, each with the answer of the catalogue")


def answered(server: Server, row: Row) -> tuple[int, str] | None:
    found = talk(server.address, row.sent, patience_s=10)
    return told(found[0]) if found else None


def test_two_requests_in_one_packet_are_two_and_what_follows_a_refused_one_is_never_a_request(
    server: Server, worlds: tuple[World, World]
) -> None:
    one = request("GET", ANYONE)
    assert [answer.status for answer in talk(server.address, one + one, answers=2)] == [200, 200]
    own = (f"Authorization: Bearer {worlds[0].key}", JSON)
    smuggled = b"0\r\n\r\n" + request("GET", "/api/v1/games", own[0])
    for header in (
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
    ):
        sent = request("POST", DOOR, *own, header, body=smuggled, length=False)
        assert [answer.status for answer in talk(server.address, sent, answers=2, patience_s=10)] == [400]


def test_a_request_in_pieces_of_one_byte_is_a_request(server: Server) -> None:
    whole = request("GET", ANYONE)
    [answer] = talk(server.address, (whole[at : at + 1] for at in range(len(whole))))
    assert answer.status == 200


def test_a_body_that_breaks_off_places_nothing_and_holds_nothing_up(
    server: Server, worlds: tuple[World, World]
) -> None:
    owner = worlds[0]
    before = balance(owner.operator, owner.player)
    own = (f"Authorization: Bearer {owner.key}", JSON, "Idempotency-Key: broken", "Content-Length: 5000")
    body = json.dumps(bet_body(owner.operator, owner.player, round_id=int(owner.ids["round"]))).encode()
    for _ in range(20):
        with_less = request("POST", DOOR, *own, body=body, length=False)
        assert talk(server.address, with_less, answers=0) == []
    [answer] = talk(server.address, request("GET", ANYONE))
    assert answer.status == 200
    assert balance(owner.operator, owner.player) == before


class TestBets:
    """The catalogue of bad bets, which tests/bets has inside one process, once more over the wire and its own way."""

    def test_every_bad_stake_pick_and_member_gets_its_code_and_no_money_moves(
        self, server: Server, worlds: tuple[World, World]
    ) -> None:
        owner = worlds[0]
        before = balance(owner.operator, owner.player)
        good = bet_body(owner.operator, owner.player, game=owner.ids["game"])
        cases = [("stake", *row) for row in STAKES] + [("picks", *row) for row in PICKS] + list(OTHER)
        wrong = {}
        for number, (name, raw, status, code) in enumerate(cases):
            text = json.dumps(good | {name: "@@"}).replace('"@@"', raw).encode()
            own = (f"Authorization: Bearer {owner.key}", JSON, f"Idempotency-Key: bad-{number}")
            [answer] = talk(server.address, request("POST", DOOR, *own, body=text))
            if told(answer) != (status, code):
                wrong[name, raw[:60]] = (told(answer), (status, code))
        assert wrong == {}
        assert balance(owner.operator, owner.player) == before
        print(f"{len(cases)} bad bets over the wire")


def test_a_body_in_chunks_says_what_one_with_a_length_says(server: Server, worlds: tuple[World, World]) -> None:
    """REST framework would take it for none, and do what a call without a body does."""
    owner = worlds[0]
    before = balance(owner.operator, owner.player)
    amount, currency = owner.operator.money(700), owner.operator.currency_code
    body = json.dumps({"player_token": owner.player.token, "amount": amount, "currency": currency}).encode()
    half = len(body) // 2
    parts = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:])) + b"0\r\n\r\n"
    own = (f"Authorization: Bearer {owner.key}", JSON, "Idempotency-Key: in-chunks", "Transfer-Encoding: chunked")
    for _ in range(2):
        [answer] = talk(
            server.address, request("POST", "/api/v1/wallet/deposits", *own, body=parts, length=False), patience_s=10
        )
        assert answer.status in (200, 201), answer.body
    assert balance(owner.operator, owner.player) == before + 700
