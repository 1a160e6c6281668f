"""What an operator's answer means: a definite success, a definite refusal, or doubt."""

import json
from typing import Any
from uuid import UUID

import pytest

from wallet.models import Kind
from wallet.protocol import REFUSAL_CODES, Currency, Order, Outcome, body_of, judge, movement_id

BET = UUID("0197aaaa-bbbb-7ccc-8ddd-eeeeeeeeeee0")
KES = Currency(code="KES", exponent=2)
REQUEST = "request-0001"


def _order(kind: Kind = Kind.DEBIT, amount: int = 1050) -> Order:
    return Order(
        id=movement_id(BET, kind),
        kind=kind,
        amount=amount,
        player_id=1,
        player_token="p-1",
        bet_id=BET,
        round_id=7,
        game="keno-10s",
        bets=((BET, amount),),
    )


def _good(kind: Kind = Kind.DEBIT, **changed: Any) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "status": "ok",
        "request_id": REQUEST,
        "transaction_id": str(movement_id(BET, kind)),
        "amount": "10.50",
        "currency": "KES",
        "balance": "89.50",
    } | changed
    return {name: value for name, value in answer.items() if value is not ...}


def _judge(answer: Any, *, status: int = 200, kind: Kind = Kind.DEBIT) -> Outcome:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return judge(_order(kind), status=status, body=body, currency=KES, request_id=REQUEST).outcome


def test_a_good_answer_is_a_success_with_balance_and_reference() -> None:
    body = json.dumps(_good(operator_reference="r-9", colour="blue")).encode()
    verdict = judge(_order(), status=200, body=body, currency=KES, request_id=REQUEST)
    assert (verdict.outcome, verdict.balance, verdict.reference) == (Outcome.OK, 8950, "r-9")


@pytest.mark.parametrize("code", sorted(REFUSAL_CODES))
@pytest.mark.parametrize("status", [200, 400, 401, 402, 403, 404, 409, 422, 499])
def test_a_known_refusal_with_our_ids_is_definite(code: str, status: int) -> None:
    answer = {"status": "refused", "code": code, "request_id": REQUEST, "transaction_id": str(_order().id)}
    assert _judge(answer, status=status) is Outcome.REFUSED


@pytest.mark.parametrize(
    "changed",
    [
        {"request_id": "another"},
        {"request_id": ...},
        {"transaction_id": str(movement_id(BET, Kind.CREDIT))},
        {"transaction_id": ...},
        {"amount": "10.51"},
        {"amount": ...},
        {"amount": 10.5},
        {"amount": "1050e-2"},
        {"amount": "+10.50"},
        {"amount": "10.500"},
        {"currency": "USD"},
        {"currency": ...},
        {"balance": ...},
        {"balance": None},
        {"balance": 89.5},
        {"balance": "NaN"},
        {"balance": "٨٩"},
        {"status": "maybe"},
        {"status": "OK"},
        {"status": ...},
        {"status": "not_found"},
        {"status": "already_rolled_back"},
        {"status": "refused", "code": "because"},
        {"status": "refused", "code": ...},
        {"status": "refused", "code": "insufficient_funds", "request_id": "another"},
        {"status": "refused", "code": "insufficient_funds", "transaction_id": ...},
    ],
)
def test_whatever_is_not_exactly_that_leaves_it_in_doubt(changed: dict[str, Any]) -> None:
    assert _judge(_good(**changed)) is Outcome.IN_DOUBT


@pytest.mark.parametrize("status", [100, 199, 300, 301, 307, 308, 500, 502, 503, 504, 599])
def test_other_statuses_leave_it_in_doubt_whatever_the_body_says(status: int) -> None:
    assert _judge(_good(), status=status) is Outcome.IN_DOUBT
    refused = {"status": "refused", "code": "insufficient_funds", "request_id": REQUEST}
    assert _judge(refused | {"transaction_id": str(_order().id)}, status=status) is Outcome.IN_DOUBT


@pytest.mark.parametrize("status", [400, 402, 409, 422])
def test_a_success_with_the_status_of_an_error_is_no_success(status: int) -> None:
    assert _judge(_good(), status=status) is Outcome.IN_DOUBT


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"ok"',
        b"<html>",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"status": "ok", "balance": NaN}',
        b'{"status": "ok"} trailing',
        json.dumps(_good()).encode()[:-10],
        json.dumps(_good()).encode("utf-16"),
    ],
)
def test_what_cannot_be_read_leaves_it_in_doubt(body: bytes) -> None:
    assert _judge(body) is Outcome.IN_DOUBT


@pytest.mark.parametrize(("said", "status"), [("already_rolled_back", 200), ("not_found", 200), ("not_found", 404)])
def test_a_rollback_also_ends_where_there_is_nothing_to_roll_back(said: str, status: int) -> None:
    answer = _good(Kind.ROLLBACK, status=said, amount=..., currency=..., balance=...)
    assert _judge(answer, kind=Kind.ROLLBACK, status=status) is Outcome.OK
    assert _judge(answer | {"transaction_id": "x"}, kind=Kind.ROLLBACK, status=status) is Outcome.IN_DOUBT


def test_bodies_say_what_the_documented_wallet_api_says() -> None:
    debit = json.loads(body_of(_order(), currency=KES, request_id=REQUEST))
    assert debit == {
        "request_id": REQUEST,
        "transaction_id": str(BET)[:-1] + "6",
        "player_token": "p-1",
        "currency": "KES",
        "session_id": None,
        "amount": "10.50",
        "round_id": 7,
        "game": "keno-10s",
        "bet_id": str(BET),
        "ticket_id": None,
    }
    rollback = json.loads(body_of(_order(Kind.ROLLBACK), currency=KES, request_id=REQUEST))
    assert rollback["original_transaction_id"] == debit["transaction_id"]
    credit = json.loads(body_of(_order(Kind.CREDIT), currency=KES, request_id=REQUEST))
    assert credit["bets"] == [{"bet_id": str(BET), "debit_transaction_id": debit["transaction_id"], "amount": "10.50"}]
