"""What a careless or hostile client sends to the bet calls: the documented code, and nothing is changed."""

import json
from typing import Any

import pytest

from operators.models import Operator
from players.models import Player
from rounds.models import Game
from tests.support.bets import Backend, backend, bet_body, changes_nothing, new_player, player_client

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def api(operator_a: Operator) -> Backend:
    return backend(operator_a)


@pytest.fixture
def body(operator_a: Operator, standing_game: Game) -> dict[str, Any]:
    return bet_body(operator_a, new_player(operator_a, money=1_000_000), game=standing_game.code)


def _with(body: dict[str, Any], name: str, raw: str) -> bytes:
    """The body with one member's value as raw JSON text."""
    return json.dumps(body | {name: "@@"}).replace('"@@"', raw).encode()


STAKES = [
    ('"1e2"', 422, "amount_invalid"),
    ('"1E-1"', 422, "amount_invalid"),
    ('"1_000"', 422, "amount_invalid"),
    ('" 5 "', 422, "amount_invalid"),
    ('"+5"', 422, "amount_invalid"),
    ('"5\\n"', 422, "amount_invalid"),
    ('"05"', 422, "amount_invalid"),
    ('"5."', 422, "amount_invalid"),
    ('".5"', 422, "amount_invalid"),
    ('"1,000"', 422, "amount_invalid"),
    ('"0x10"', 422, "amount_invalid"),
    ('"\uff11\uff12"', 422, "amount_invalid"),
    ('"\u0663"', 422, "amount_invalid"),
    ('"\u096b"', 422, "amount_invalid"),
    ('"\u0661\u0662.\u0663"', 422, "amount_invalid"),
    ('"\u00b2"', 422, "amount_invalid"),
    ('"\u2460"', 422, "amount_invalid"),
    ('"-0"', 422, "amount_invalid"),
    ('"-0.00"', 422, "amount_invalid"),
    ('"-10"', 422, "amount_invalid"),
    ('"NaN"', 422, "amount_invalid"),
    ('"Infinity"', 422, "amount_invalid"),
    ('"sNaN"', 422, "amount_invalid"),
    ('"1e999999999"', 422, "amount_invalid"),
    (f'"{"9" * 1001}"', 422, "amount_invalid"),
    (f'"{"9" * 4301}"', 422, "amount_invalid"),
    ('""', 422, "amount_invalid"),
    ("null", 422, "amount_invalid"),
    ("true", 422, "amount_invalid"),
    ("10", 422, "amount_invalid"),
    ('["10"]', 422, "amount_invalid"),
    ('{"amount": "10"}', 422, "amount_invalid"),
    ('"10.123"', 422, "currency_exponent"),
    ('"0"', 422, "stake_below_minimum"),
    ('"0.00"', 422, "stake_below_minimum"),
    ('"9223372036854775808"', 422, "amount_invalid"),
    ('"1000.01"', 422, "stake_above_maximum"),
    ("NaN", 400, "malformed_request"),
    ("Infinity", 400, "malformed_request"),
    ("-Infinity", 400, "malformed_request"),
    ("1e400", 400, "malformed_request"),
    ("1.1", 400, "malformed_request"),
    ("10.0", 400, "malformed_request"),
    ("1" * 4301, 400, "malformed_request"),
    ('"\\ud800"', 400, "malformed_request"),
    ('"\\u0000"', 400, "malformed_request"),
]
PICKS = [
    ("[1, 1]", 422, "selection_duplicate"),
    ('[1, "1"]', 422, "selection_invalid"),
    ("[1, 1.0]", 400, "malformed_request"),
    ("[5.0]", 400, "malformed_request"),
    ("[1e0]", 400, "malformed_request"),
    ("[true]", 422, "selection_invalid"),
    ("[null]", 422, "selection_invalid"),
    ("[0]", 422, "selection_range"),
    ("[-0]", 422, "selection_range"),
    ("[-1]", 422, "selection_range"),
    ("[81]", 422, "selection_range"),
    ("[" + "9" * 1001 + "]", 422, "selection_range"),
    ("[" + "9" * 4301 + "]", 400, "malformed_request"),
    ("[1,2,3,4,5,6,7,8,9,10,11]", 422, "selection_count"),
    ("[]", 422, "selection_count"),
    ('"123"', 422, "selection_invalid"),
    ('{"0": 1}', 422, "selection_invalid"),
    ("[[1, 2]]", 422, "selection_invalid"),
    ("[[[[[[1]]]]]]", 422, "selection_invalid"),
    ("null", 422, "selection_invalid"),
    ('"\u0661\u0662"', 422, "selection_invalid"),
    ("[" * 100_000 + "]" * 100_000, 400, "malformed_request"),
    ("[" + ",".join(["1"] * 100_000) + "]", 422, "selection_count"),
]
OTHER = [
    ("currency", '"kes"', 422, "currency_mismatch"),
    ("currency", '"XXX"', 422, "currency_mismatch"),
    ("currency", "null", 422, "currency_mismatch"),
    ("player_token", '"nobody"', 404, "player_not_found"),
    ("player_token", '"\' OR 1=1 --"', 404, "player_not_found"),
    ("player_token", "7", 422, "parameter_invalid"),
    ("player_token", '"\\u0000"', 400, "malformed_request"),
    ("game", "7", 422, "parameter_invalid"),
    ("game", '["a"]', 422, "parameter_invalid"),
    ("game", '"no-such-game"', 404, "game_not_found"),
    ("round_id", "7", 422, "parameter_invalid"),  # beside a game
    ("rounds", '"2"', 422, "parameter_invalid"),
    ("rounds", "2.0", 400, "malformed_request"),
    ("rounds", "true", 422, "parameter_invalid"),
    ("rounds", "21", 422, "ticket_length"),
    ("rounds", "0", 422, "ticket_length"),
    ("rounds", "9" * 40, 422, "ticket_length"),
    ("surprise", '"x"', 422, "parameter_invalid"),
]


@pytest.mark.parametrize(("raw", "status", "code"), STAKES)
def test_a_bad_stake_gets_its_code(api: Backend, body: dict[str, Any], raw: str, status: int, code: str) -> None:
    _assert_refused(api, _with(body, "stake", raw), status, code)


@pytest.mark.parametrize(("raw", "status", "code"), PICKS, ids=range(len(PICKS)))
def test_bad_picks_get_their_code(api: Backend, body: dict[str, Any], raw: str, status: int, code: str) -> None:
    _assert_refused(api, _with(body, "picks", raw), status, code)


@pytest.mark.parametrize(("name", "raw", "status", "code"), OTHER)
def test_a_bad_member_gets_its_code(
    api: Backend, body: dict[str, Any], name: str, raw: str, status: int, code: str
) -> None:
    _assert_refused(api, _with(body, name, raw), status, code)


@pytest.mark.parametrize("name", ["picks", "stake", "currency", "game", "player_token"])
def test_a_missing_member_is_told(api: Backend, body: dict[str, Any], name: str) -> None:
    del body[name]
    _assert_refused(api, json.dumps(body).encode(), 422, "parameter_invalid")


@pytest.mark.parametrize(
    "raw",
    [
        b"null garbage",
        b"{",
        b'{"picks": [1],}',
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b'{"stake": "1.00", "stake": "100.00"}',
        b'{"picks": [1], "picks": [2]}',
        b"{'picks': [1]}",
        b'{"picks": [01]}',
        b'"\xc3\x28"',
        '{"picks": [1]}'.encode("utf-16"),
        b'{"picks": [1]} trailing',
    ],
)
def test_what_is_not_strict_json_is_malformed(api: Backend, raw: bytes) -> None:
    _assert_refused(api, raw, 400, "malformed_request")


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b"7", b'"text"', b"true", b"{}"])
def test_json_of_another_shape_is_told(api: Backend, raw: bytes) -> None:
    _assert_refused(api, raw, 422, "parameter_invalid")


def test_a_stake_given_twice_is_not_the_last_one(api: Backend, body: dict[str, Any]) -> None:
    twice = json.dumps(body).encode()[:-1] + b', "stake": "999.00"}'
    _assert_refused(api, twice, 400, "malformed_request")


def test_a_body_above_the_limit_is_too_large(api: Backend, body: dict[str, Any]) -> None:
    _assert_refused(api, json.dumps({"bets": [body] * 100_000}).encode(), 413, "payload_too_large", path="bets/batch")
    _assert_refused(api, b" " * (512 * 1024 + 1), 413, "payload_too_large")


@pytest.mark.parametrize("bets", [[], "x", None, {"0": 1}, [1], [[]], [None]])
def test_a_batch_that_is_not_a_list_of_bets_is_refused(api: Backend, bets: object) -> None:
    _assert_refused(api, json.dumps({"bets": bets}).encode(), 422, "parameter_invalid", path="bets/batch")


def test_a_batch_has_at_most_a_thousand_bets(api: Backend, body: dict[str, Any]) -> None:
    raw = json.dumps({"bets": [body] * 1001}).encode()
    answer = _assert_refused(api, raw, 422, "parameter_invalid", path="bets/batch")
    assert answer["params"] == {"bets_max": 1000}


def test_in_a_batch_each_bad_bet_is_refused_by_itself(api: Backend, body: dict[str, Any]) -> None:
    """All the bad picks and stakes that are JSON at all, in one call; then with one good bet among them."""
    cases = [("picks", *row) for row in PICKS if row[1] == 422 and len(row[0]) < 5000]
    cases += [("stake", *row) for row in STAKES if row[1] == 422]
    bad = ", ".join(_with(body, name, raw).decode() for name, raw, _, _ in cases)

    answer = changes_nothing(lambda: api.post("bets/batch", f'{{"bets": [{bad}]}}'.encode()))
    assert answer.status_code == 200
    assert [item["problem"]["code"] for item in answer.json()["results"]] == [code for *_, code in cases]
    assert {item["status"] for item in answer.json()["results"]} == {422}

    mixed = api.post("bets/batch", f'{{"bets": [{bad}, {json.dumps(body)}]}}'.encode())
    assert [item["status"] for item in mixed.json()["results"]] == [422] * len(cases) + [201]


@pytest.mark.parametrize("key", ["x" * 129, "a b", "a,b", "\u0661", "a\tb"])
def test_an_unreadable_key_is_malformed(api: Backend, body: dict[str, Any], key: str) -> None:
    answer = changes_nothing(lambda: api.post("bets", body, key=key))
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")


def test_a_call_without_a_key_is_refused(api: Backend, body: dict[str, Any]) -> None:
    for path, sent in (("bets", body), ("bets/batch", {"bets": [body]})):
        headers = {"Authorization": f"Bearer {api.secret}"}
        answer = changes_nothing(
            lambda path=path, sent=sent, headers=headers: api.client.post(
                f"/api/v1/{path}", json.dumps(sent), content_type="application/json", headers=headers
            )
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_another_media_type_is_unsupported(api: Backend, body: dict[str, Any], content_type: str) -> None:
    headers = {"Authorization": f"Bearer {api.secret}", "Idempotency-Key": "k"}
    answer = changes_nothing(
        lambda: api.client.post("/api/v1/bets", json.dumps(body), content_type=content_type, headers=headers)
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("secret", ["ko_wrong", "kp_wrong", "ps.alpha.wrong", "ps.nobody.wrong", "ps.x", "other"])
def test_a_wrong_credential_places_nothing(body: dict[str, Any], secret: str) -> None:
    answer = changes_nothing(lambda: Backend(secret).post("bets", body))
    assert answer.status_code == 401


def test_a_player_may_not_name_another_player_nor_place_batches(
    operator_a: Operator, standing_game: Game, body: dict[str, Any]
) -> None:
    player: Player = new_player(operator_a, money=10_000)
    client = player_client(operator_a, player)

    named = changes_nothing(lambda: client.post("bets", body))
    batch = changes_nothing(lambda: client.post("bets/batch", {"bets": [body]}))
    assert (named.status_code, named.json()["code"]) == (422, "parameter_invalid")
    assert (batch.status_code, batch.json()["code"]) == (401, "unauthenticated")
    assert client.post("bets", bet_body(operator_a, None, game=standing_game.code)).status_code == 201


def _assert_refused(api: Backend, raw: bytes, status: int, code: str, *, path: str = "bets") -> dict[str, Any]:
    answer = changes_nothing(lambda: api.post(path, raw))
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), problem
    assert answer["Content-Type"] == "application/problem+json"
    assert problem["status"] == status
    return problem
