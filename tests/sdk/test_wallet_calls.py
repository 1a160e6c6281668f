"""The wallet API's calls and answers, member by member."""

import json
from typing import Any

import pytest
from keno_operator import BalanceAsk, CallMalformed, CreditAsk, DebitAsk, RollbackAsk, read_call

COMMON = {"request_id": "request-1", "player_token": "asha", "currency": "KES", "session_id": "s-1"}
MONEY = {"transaction_id": "t-6", "amount": "10.00", "round_id": 7, "game": "keno-20s"}
BET: dict[str, Any] = {"bet_id": "b-1", "ticket_id": None}
DEBIT = COMMON | MONEY | BET
PAID = {"bet_id": "b-1", "debit_transaction_id": "t-6", "amount": "10.00"}
CREDIT = COMMON | MONEY | {"kind": "win", "bets": [PAID], "round_closed": True}
ROLLBACK = (
    COMMON
    | MONEY
    | {
        "original_transaction_id": "t-1",
        "bet_id": "b-1",
        "reason": "in_doubt",
        "round_closed": False,
    }
)


@pytest.mark.parametrize(
    ("name", "body", "shape"),
    [
        ("balance", COMMON, BalanceAsk),
        ("debit", DEBIT, DebitAsk),
        ("credit", CREDIT, CreditAsk),
        ("rollback", ROLLBACK, RollbackAsk),
    ],
)
def test_each_call_is_read_and_members_that_are_not_known_are_ignored(
    name: str, body: dict[str, Any], shape: type
) -> None:
    ask = read_call(name, json.dumps(body | {"new_member": [1]}).encode(), request_id="request-1")
    assert type(ask) is shape
    for member, value in body.items():
        found = getattr(ask, member)
        assert (json.loads(json.dumps(value)) == found) or member == "bets"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("debit", b"{"),
        ("debit", json.dumps(DEBIT | {"amount": 10}).encode()),
        ("debit", json.dumps({name: value for name, value in DEBIT.items() if name != "bet_id"}).encode()),
        ("rollback", json.dumps(ROLLBACK | {"reason": "boredom"}).encode()),
        ("credit", json.dumps(CREDIT | {"kind": "gift"}).encode()),
        ("refund", json.dumps(COMMON).encode()),
    ],
)
def test_a_body_that_is_no_such_call_is_malformed(name: str, body: bytes) -> None:
    with pytest.raises(CallMalformed):
        read_call(name, body)


def test_the_request_id_of_the_header_and_of_the_body_are_one() -> None:
    with pytest.raises(CallMalformed, match="X-Request-Id"):
        read_call("balance", json.dumps(COMMON).encode(), request_id="request-2")


def test_an_answer_echoes_what_it_must() -> None:
    debit = read_call("debit", json.dumps(DEBIT).encode())
    assert isinstance(debit, DebitAsk)
    assert json.loads(debit.ok(balance="90.00", operator_reference="r").body()) == {
        "status": "ok",
        "request_id": "request-1",
        "transaction_id": "t-6",
        "amount": "10.00",
        "currency": "KES",
        "balance": "90.00",
        "operator_reference": "r",
    }
    assert json.loads(debit.refused("insufficient_funds").body()) == {
        "status": "refused",
        "code": "insufficient_funds",
        "request_id": "request-1",
        "transaction_id": "t-6",
    }
    balance = read_call("balance", json.dumps(COMMON).encode())
    assert json.loads(balance.ok(balance="90.00").body()) == {
        "status": "ok",
        "request_id": "request-1",
        "currency": "KES",
        "balance": "90.00",
    }
    rollback = read_call("rollback", json.dumps(ROLLBACK).encode())
    assert isinstance(rollback, RollbackAsk)
    assert json.loads(rollback.not_found(balance="1.00").body())["status"] == "not_found"
    assert json.loads(rollback.already_rolled_back(balance="1.00").body())["status"] == "already_rolled_back"


def test_the_terms_of_a_transaction_do_not_name_the_attempt() -> None:
    def terms(**changed: Any) -> Any:
        ask = read_call("rollback", json.dumps(ROLLBACK | changed).encode())
        assert isinstance(ask, RollbackAsk)
        return ask.terms()

    assert terms() == terms(request_id="request-2", session_id=None, round_closed=True, reason="refused")
    for member, other in {
        "amount": "11.00",
        "player_token": "b",
        "original_transaction_id": "t-2",
        "round_id": 8,
    }.items():
        assert terms() != terms(**{member: other})
