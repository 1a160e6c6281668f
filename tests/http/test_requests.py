"""What comes in: strict bodies, strict queries, and the key of a call that moves money."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.api import call, refusal
from tests.support.bets import backend, new_player

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]
GOOD = {"amount": "1.00", "currency": "KES", "reference": "r"}


@pytest.fixture
def secret(operator_a: Any) -> str:
    return backend(operator_a).secret


@pytest.fixture
def post(secret: str, operator_a: Any) -> Post:
    """A deposit with this body; its key is a new one unless named."""
    player = new_player(operator_a)

    def send(body: Any, *, key: str | None = "key-1", **headers: str) -> Any:
        sent = headers if key is None else {"Idempotency-Key": key, **headers}
        if isinstance(body, dict):
            body = {"player_token": player.token, **body}
        return call("POST", "wallet/deposits", credential=secret, body=body, headers=sent)

    return send


NOT_STRICT = [
    b"{",
    b"{}}",
    b" ",
    b"[NaN]",
    b'{"a": 1e400}',
    b'{"a": 1.0}',
    b'{"amount": "1", "amount": "2"}',
    b"\xff\xfe{\x00}\x00",
    b'\xef\xbb\xbf{"a": 1}',
    b'{"a": "\\ud800"}',
    b'{"a": "\\u0000"}',
    b"[" * 100_000,
    b"[" * 21 + b"]" * 21,
]
OTHER_VALUES = [b"[]", b"null", b'"x"', b"1", b"true", b"[{}]", b"[" * 20 + b"]" * 20]
OTHER_TYPES = [None, 1, 0, True, [], ["1.00"], {}, {"value": "1.00"}]


class TestBodies:
    def test_what_is_not_strict_json_answers_400(self, post: Post) -> None:
        for body in NOT_STRICT:
            refusal(post(body), 400, "malformed_request")

    def test_another_value_than_an_object_answers_422(self, post: Post) -> None:
        for body in OTHER_VALUES:
            refusal(post(body), 422, "parameter_invalid")

    def test_an_unknown_member_is_refused_and_named(self, post: Post) -> None:
        problem = refusal(post(GOOD | {"ammount": "2.00"}), 422, "parameter_invalid")
        assert "ammount" in problem["detail"]

    @pytest.mark.parametrize("name", ["amount", "currency"])
    def test_a_missing_member_is_refused_and_named(self, post: Post, name: str) -> None:
        problem = refusal(post({key: value for key, value in GOOD.items() if key != name}), 422, "parameter_invalid")
        assert name in problem["detail"]

    @pytest.mark.parametrize("name", ["player_token", "amount", "currency", "reference"])
    def test_a_member_of_another_type_is_refused_and_never_converted(self, post: Post, name: str) -> None:
        for value in OTHER_TYPES:
            problem = refusal(post(GOOD | {name: value}), 422, "parameter_invalid")
            assert f"$.{name}" in problem["detail"]

    def test_a_batch_names_the_place_of_what_is_wrong_in_it(self, secret: str) -> None:
        bets = [{"picks": [1], "stake": "1.00", "currency": "KES", "rounds": 1}, {"picks": [1], "stake": "1.00"}]
        response = call("POST", "bets/batch", credential=secret, body={"bets": bets}, headers={"Idempotency-Key": "b"})
        assert "$.bets[1]" in refusal(response, 422, "parameter_invalid")["detail"]

    def test_a_bool_is_no_integer(self, secret: str) -> None:
        response = call("POST", f"keys/{_key_of(secret)}", credential=secret, body={"overlap_seconds": True})
        refusal(response, 422, "parameter_invalid")

    @pytest.mark.parametrize("overlap", [-1, 2_592_001, 10**30])
    def test_an_integer_out_of_range_is_refused(self, secret: str, overlap: int) -> None:
        response = call("POST", f"keys/{_key_of(secret)}", credential=secret, body={"overlap_seconds": overlap})
        refusal(response, 422, "parameter_invalid")


NO_AMOUNTS = [
    "1e2", "1E-1", "1_000", " 5 ", "+5", "5\n", "05", "１２", "٣", "५", "١٢.٣", "²", "①", "-0", "-0.00", "-5", "NaN",
    "Infinity", "sNaN", "1e400", "1e999999999", "9" * 1001, "9" * 4301, "9" * 16, "", "0", "0.00",
]  # fmt: skip
NO_TOKENS = [b"1.1", b"5.0", b"1e2", b"NaN", b"-Infinity", b"1e400", b"9" * 4301]


class TestAmounts:
    """The rows of the bad-input catalogue that concern amounts, through the API."""

    def test_what_is_no_amount_is_refused(self, post: Post) -> None:
        for amount in NO_AMOUNTS:
            refusal(post(GOOD | {"amount": amount}), 422, "amount_invalid")

    def test_a_number_token_that_is_no_integer_is_refused_before_anything_is_looked_at(self, post: Post) -> None:
        for raw in NO_TOKENS:
            body = b'{"player_token": "p", "currency": "KES", "amount": ' + raw + b"}"
            refusal(post(body), 400, "malformed_request")

    def test_more_decimals_than_the_currency_has_are_told_as_such(self, post: Post, operator_b: Any) -> None:
        problem = refusal(post(GOOD | {"amount": "1.001"}), 422, "currency_exponent")
        assert problem["params"] == {"exponent": 2}
        response = call(
            "POST",
            "wallet/deposits",
            credential=backend(operator_b).secret,
            body={"player_token": "p", "amount": "1.5", "currency": "XOF"},
            headers={"Idempotency-Key": "k"},
        )
        assert refusal(response, 422, "currency_exponent")["params"] == {"exponent": 0}

    def test_another_currency_than_the_operators_is_refused(self, post: Post) -> None:
        for currency in ("kes", "XOF", "ZZZ", "", "KES ", "ＫＥＳ"):
            problem = refusal(post(GOOD | {"currency": currency}), 422, "currency_mismatch")
            assert problem["params"] == {"expected": "KES"}


BAD_KEYS = ["a" * 129, "a b", " ", "one,two", "one, two", "tab\there", "é", "\u0663", "nul\x00", "del\x7f", "\x1b[0m"]
GOOD_KEYS = ["a", "a" * 128, "!", "~", "9f1c:2/3#4", "550e8400-e29b-41d4-a716-446655440000"]
BET = {"player_token": "p", "game": "g", "picks": [1], "stake": "1.00", "currency": "KES"}
MONEY_CALLS: dict[str, dict[str, Any]] = {
    "wallet/deposits": GOOD | {"player_token": "p"},
    "wallet/withdrawals": GOOD | {"player_token": "p"},
    "bets": BET,
    "bets/batch": {"bets": [BET]},
}


class TestIdempotencyKeys:
    @pytest.mark.parametrize("path", MONEY_CALLS)
    def test_a_call_that_moves_money_without_a_key_is_refused(self, secret: str, path: str) -> None:
        for headers in ({}, {"Idempotency-Key": ""}):
            response = call("POST", path, credential=secret, body=MONEY_CALLS[path], headers=headers)
            refusal(response, 400, "idempotency_key_missing")

    def test_a_key_that_is_long_or_not_plain_ascii_or_sent_twice_is_refused(self, post: Post) -> None:
        for key in BAD_KEYS:
            refusal(post(GOOD, key=key), 400, "malformed_request")

    def test_any_other_printable_key_is_taken(self, post: Post) -> None:
        for key in GOOD_KEYS:
            assert post(GOOD, key=key).status_code == 201


LISTS = ["wallet/transactions", "bets", "rounds", "banker/phases"]
BAD_QUERIES = [
    "unknown=1",
    "limit=0",
    "limit=-1",
    "limit=501",
    "limit=x",
    "limit=",
    "limit=1e999",
    "limit=" + "9" * 40,
    "limit=" + "9" * 5000,
    "limit=%D9%A3",
    "limit=null",
    "limit=1&limit=1",
    "cursor=&cursor=",
    "cursor=%00",
    "cursor=null",
]


BAD_FILTERS = [
    "wallet/transactions?bet_id=null",
    "wallet/transactions?bet_id=1",
    "wallet/transactions?bet_id=",
    "wallet/transactions?kind=gift",
    "wallet/transactions?kind=",
    "wallet/transactions?kind=STAKE",
    "wallet/transactions?player_token=%00",
    "bets?player_token=a%00",
    "bets?round_id=null",
    "bets?round_id=x",
    "bets?round_id=1&round_id=2",
    "bets?status=open",
    "rounds?game=%00",
    "rounds?status=OPEN",
    "rounds?status=",
]
TIMED_LISTS = ["wallet/transactions", "bets", "rounds"]
NO_MOMENTS = ["x", "", "2026-11-21", "2026-11-21T10:00:00", "2026-13-01T00:00:00Z", "1e400", "null"]
FAR_MOMENTS = ["1969-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_refuses_a_query_that_it_does_not_understand(secret: str, path: str) -> None:
    for query in BAD_QUERIES:
        refusal(call("GET", f"{path}?{query}", credential=secret), 422, "parameter_invalid")


def test_a_filter_that_cannot_be_read_is_refused_and_never_left_out(secret: str) -> None:
    for query in BAD_FILTERS:
        refusal(call("GET", query, credential=secret), 422, "parameter_invalid")


@pytest.mark.parametrize("path", TIMED_LISTS)
def test_a_time_that_names_no_moment_or_one_far_away_is_refused(secret: str, path: str) -> None:
    for text in NO_MOMENTS + FAR_MOMENTS:
        response = call("GET", f"{path}?from={quote(text)}", credential=secret)
        assert response.status_code in (400, 422), text
        refusal(response, response.status_code, json.loads(response.content)["code"])


@pytest.mark.parametrize("path", TIMED_LISTS)
def test_a_time_is_a_filter_in_whatever_zone_it_is_written(secret: str, operator_a: Any, path: str) -> None:
    new_player(operator_a, money=100)
    for text, any_rows in (("2000-01-01T00:00:00-14:00", True), ("2199-12-31T23:59:59+14:00", False)):
        response = call("GET", f"{path}?from={quote(text)}", credential=secret)
        assert response.status_code == 200
        if path == "wallet/transactions":
            assert bool(json.loads(response.content)["results"]) == any_rows


def test_any_text_may_stand_where_a_player_token_is_expected(secret: str) -> None:
    for token in ("%00", "a%00b", "%ED%A0%80", "%FF", "a" * 300, "..", "%2F", "%E2%80%AE", "'--", "%25"):
        response = call("GET", f"wallet/accounts/{token}", credential=secret)
        assert response.status_code == 404, token
        assert response["Content-Type"] == "application/problem+json"


def test_any_number_may_stand_where_a_round_is_expected(secret: str) -> None:
    for number in ("0", "9223372036854775807", "9223372036854775808", "9" * 60, "000", "9" * 4000):
        refusal(call("GET", f"rounds/{number}", credential=secret), 404, "round_not_found")
        refusal(call("GET", f"rounds/{number}/proof"), 404, "round_not_found")


def _key_of(secret: str) -> Any:
    from operators.selectors import find_valid_key

    key = find_valid_key(secret)
    assert key is not None
    return key.pk
