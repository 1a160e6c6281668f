"""Each incoming call is in the log with its ids, and without its secrets; one operator never sees another's."""

import json
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.test import RequestFactory

from calls import recorder
from calls.middleware import request_log
from calls.models import Call
from keno_platform.http.middleware import request_id
from operators.models import Operator
from operators.services import issue_key
from tests.calls.conftest import make_entry
from tests.support.api import call, refusal
from tests.support.bets import backend, bet_body, new_player, player_client
from tests.support.rounds import Timing, new_game, open_round

pytestmark = pytest.mark.usefixtures("committed")


def logged(response: Any) -> Call:
    """The call that this response answered, as the log has it."""
    assert recorder.wait_until_written()
    return Call.objects.get(request_id=response["X-Request-Id"])


def search(secret: str, query: str) -> list[dict[str, Any]]:
    assert recorder.wait_until_written()
    response = call("GET", f"calls?{query}", credential=secret)
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = json.loads(response.content)["results"]
    return found


def test_a_bet_is_found_by_every_id_that_belongs_to_it(operator_a: Operator) -> None:
    player, key = new_player(operator_a, money=10_000), f"own-{uuid4()}"
    round_ = open_round(new_game(), timing=Timing(betting=20))
    one = backend(operator_a)
    placed = one.post("bets", bet_body(operator_a, player, round_id=round_.pk), key=key)
    bet = json.loads(placed.content)
    call_id = str(logged(placed).pk)
    wanted = [placed["X-Request-Id"], key, bet["id"], bet["id"].upper(), str(round_.pk), player.token]
    for one_id in wanted:
        assert call_id in [row["call_id"] for row in search(one.secret, f"q={one_id}")], one_id
    assert search(one.secret, f"q={uuid4()}") == []


def test_a_call_is_shown_with_its_bodies_and_as_lines_for_a_shell(operator_a: Operator) -> None:
    player, one = new_player(operator_a), backend(operator_a)
    body = {"player_token": player.token, "amount": "1.00", "currency": "KES", "reference": 'it\'s $HOME; "x"'}
    moved = one.post("wallet/deposits", body, key="key-of-it")
    shown = json.loads(one.get(f"calls/{logged(moved).pk}").content)
    assert (shown["direction"], shown["method"], shown["status"], shown["code"]) == ("in", "POST", 201, "")
    assert (shown["path"], shown["endpoint"]) == ("/api/v1/wallet/deposits", "/api/v1/wallet/deposits")
    assert shown["key"] == one.secret[:9]
    assert json.loads(shown["request"]) == body
    assert json.loads(shown["response"]) == json.loads(moved.content)
    assert shown["response_bytes"] == len(moved.content)
    assert float(shown["duration_ms"]) > 0
    assert shown["complete"] is True
    assert one.secret not in json.dumps(shown)
    for line in (shown["curl"], shown["httpie"]):
        assert f"{settings.BASE_URL}/api/v1/wallet/deposits" in line
        assert '"Authorization:' in line
        assert "$KEY" in line
        assert "key-of-it" in line


def test_the_path_of_a_call_is_grouped_by_its_route(operator_a: Operator) -> None:
    player, one = new_player(operator_a), backend(operator_a)
    read = one.get(f"wallet/accounts/{player.token}")
    assert logged(read).endpoint == "/api/v1/wallet/accounts/{player_token}"
    assert player.token in logged(read).ids
    missing = one.get(f"bets/{uuid4()}")
    assert (logged(missing).endpoint, logged(missing).code) == ("/api/v1/bets/{bet_id}", "not_found")
    nowhere = one.get("nowhere/7")
    assert (logged(nowhere).endpoint, logged(nowhere).operator_id) == ("/api/v1/nowhere/{id}", None)


def test_a_players_call_is_its_operators_and_keeps_no_token(operator_a: Operator) -> None:
    player = new_player(operator_a)
    client = player_client(operator_a, player)
    found = logged(client.get("bets"))
    assert (found.operator_id, found.key_hint) == (operator_a.pk, "session")
    assert player.token in [
        row["path"] and player.token for row in search(backend(operator_a).secret, f"q={found.request_id}")
    ]


def test_no_secret_that_the_server_makes_is_in_the_log(operator_a: Operator, operator_b: Operator) -> None:
    one, player = backend(operator_a), new_player(operator_a)
    opened = one.post("sessions", {"player_token": player.token, "currency": "KES"})
    launch = json.loads(opened.content)["launch_token"]
    entered = call("POST", "sessions/enter", body={"launch_token": launch})
    session = json.loads(entered.content)["session_token"]
    key, _ = issue_key(operator=operator_a, label="to rotate", actor="test")
    rotated = one.post(f"keys/{key.pk}", {"overlap_seconds": 60})
    fresh = json.loads(rotated.content)["api_key"]
    _, provider = issue_key(operator=None, label="test", actor="test")
    refused = call("GET", f"games?token={session}&x={fresh}", credential=one.secret)
    for response in (opened, entered, rotated, refused):
        row = logged(response)
        text = json.dumps([row.path, row.request, row.response, row.headers, row.ids, row.key_hint, row.error])
        for secret in (launch, session, fresh, one.secret, provider):
            assert secret not in text
            assert secret[-20:] not in text


@pytest.mark.parametrize("length", ["", "x", "-5", "9" * 30, str(settings.BODY_MAX_BYTES + 1)])
def test_a_body_of_no_good_length_is_not_read(length: str) -> None:
    from django.http import HttpResponse

    request = RequestFactory().generic("POST", "/api/v1/bets", b"{}", CONTENT_LENGTH=length)
    request.META["CONTENT_LENGTH"] = length
    answer = request_id(request_log(lambda _: HttpResponse(status=204)))(request)
    assert logged(answer).request == ""


def test_pages_the_documents_and_the_log_itself_are_not_recorded(operator_a: Operator) -> None:
    secret = backend(operator_a).secret
    for path in ("/health/live", "/api/v1/docs/errors", "/api/v1/schema", "/api/v1/calls", "/api/v1/calls/errors"):
        response = call("GET", path, credential=secret)
        assert recorder.wait_until_written()
        assert not Call.objects.filter(request_id=response["X-Request-Id"]).exists(), path


def test_recording_delays_a_call_by_less_than_two_hundred_microseconds() -> None:
    import time

    from django.http import HttpResponse

    answer = HttpResponse(b'{"a": 1}' * 50)
    request = RequestFactory().post("/api/v1/bets", b"{}" * 100, content_type="application/json")
    request.META["HTTP_X_REQUEST_ID"] = "measured-call"
    handler = request_log(lambda _: answer)
    took = []
    for _ in range(300):
        began = time.perf_counter()
        handler(request)
        took.append(time.perf_counter() - began)
    assert sorted(took)[150] < 200e-6, "the median of 300"


class TestWhoSees:
    def test_an_operator_sees_its_own_calls_only(self, operator_a: Operator, operator_b: Operator) -> None:
        mine, theirs = backend(operator_a), backend(operator_b)
        made = mine.get(f"bets/{uuid4()}")
        row = logged(made)
        assert [one["call_id"] for one in search(mine.secret, f"q={row.request_id}")] == [str(row.pk)]
        assert search(theirs.secret, f"q={row.request_id}") == []
        refusal(theirs.get(f"calls/{row.pk}"), 404, "not_found")
        assert row.request_id not in theirs.get("calls/errors").content.decode()

    def test_a_call_of_nobody_is_no_operators(self, operator_a: Operator) -> None:
        refused = call("GET", "games", credential="ko_" + "x" * 43)
        row = logged(refused)
        assert (row.operator_id, row.status, row.code) == (None, 401, "unauthenticated")
        assert search(backend(operator_a).secret, f"q={row.request_id}") == []

    def test_players_and_strangers_may_not_look(self, operator_a: Operator) -> None:
        session = player_client(operator_a, new_player(operator_a)).secret
        for path in ("calls", "calls/errors", f"calls/{uuid4()}"):
            refusal(call("GET", path), 401, "unauthenticated")
            assert call("GET", path, credential=session).status_code in (401, 403)


class TestSearching:
    def test_the_filters_narrow_down(self, operator_a: Operator) -> None:
        one = backend(operator_a)
        good, bad = one.get("games"), one.get(f"rounds/{10**9}")
        out = make_entry(
            direction="out", operator_id=operator_a.pk, status=None, code="timeout", key_hint=one.secret[:9]
        )
        recorder.record(out)
        assert recorder.wait_until_written()
        key = f"key={one.secret[:9]}"

        def found(query: str) -> list[str]:
            return [row["request_id"] for row in search(one.secret, f"{key}&{query}")]

        ids = {"good": good["X-Request-Id"], "bad": bad["X-Request-Id"], "out": out.request_id}
        assert found("") == [ids["out"], ids["bad"], ids["good"]]
        assert found("direction=in") == [ids["bad"], ids["good"]]
        assert found("direction=out") == [ids["out"]]
        assert found("status=404") == [ids["bad"]]
        assert found("code=timeout") == [ids["out"]]
        assert found("from=2199-01-01T00:00:00Z") == []
        assert len(found("from=2020-01-01T00:00:00Z")) == 3

    @pytest.mark.parametrize(
        "query",
        [
            "direction=up",
            "status=9",
            "status=70000",
            "status=x",
            "nonsense=1",
            "from=yesterday",
            "q=a&q=b",
            "q=%00",
            "limit=0",
        ],
    )
    def test_a_filter_that_is_none_is_refused(self, operator_a: Operator, query: str) -> None:
        response = call("GET", f"calls?{query}", credential=backend(operator_a).secret)
        assert response.status_code in (400, 422)

    def test_pages_follow_each_other(self, operator_a: Operator) -> None:
        one = backend(operator_a)
        made = [one.get("games")["X-Request-Id"] for _ in range(5)]
        seen, address = [], f"calls?limit=2&key={one.secret[:9]}"
        recorder.wait_until_written()
        while address:
            page = json.loads(call("GET", address, credential=one.secret).content)
            seen += [row["request_id"] for row in page["results"]]
            address = f"{urlsplit(page['next']).path}?{urlsplit(page['next']).query}" if page["next"] else ""
            assert not address or parse_qs(urlsplit(address).query)["key"]
        assert seen == made[::-1]


def test_errors_are_grouped_by_code_and_endpoint_with_an_example(
    operator_a: Operator, written: Callable[[str], Call]
) -> None:
    one = backend(operator_a)
    mark = f"/api/v1/test-{uuid4().hex}"
    entries = [
        make_entry(operator_id=operator_a.pk, method="GET", endpoint=mark, status=404 if code else 200, code=code)
        for code in ("not_found", "not_found", "not_found", "round_not_open", "")
    ]
    for entry in entries:
        recorder.record(entry)
    newest = written(entries[2].request_id)
    groups = [group for group in json.loads(one.get("calls/errors").content) if group["endpoint"] == mark]
    assert [(group["code"], group["count"]) for group in groups] == [("not_found", 3), ("round_not_open", 1)]
    assert UUID(groups[0]["example"]) == newest.pk
    assert groups[0]["example_request_id"] == newest.request_id
    assert groups[0]["first_at"] <= groups[0]["last_at"]
    assert groups[0]["doc_url"] == "/api/v1/docs/errors#not_found"
    later = json.loads(one.get("calls/errors?from=2199-01-01T00:00:00Z").content)
    assert later == []


def test_a_refusals_address_of_the_log_leads_to_its_call(
    operator_a: Operator, caplog: pytest.LogCaptureFixture
) -> None:
    one = backend(operator_a)
    with caplog.at_level(logging.ERROR):
        problem = refusal(one.get(f"bets/{uuid4()}"), 404, "not_found")
    assert recorder.wait_until_written()
    found = json.loads(call("GET", problem["request_log_url"], credential=one.secret).content)["results"]
    assert [(row["request_id"], row["code"]) for row in found] == [(problem["request_id"], "not_found")]
