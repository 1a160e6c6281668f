"""What is sent again, when, and with which key: only where that cannot do a thing twice."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from keno_operator import AnswerInvalid, AsyncKenoClient, KenoClient, KenoError, Retries, Unreachable
from keno_operator.types import AccountOutput

from tests.sdk.conftest import Scripted

QUICK = Retries(attempts=3, first_pause_s=0.001)
ACCOUNT = {"player_token": "p", "balance": "1.00", "currency": "KES"}
MOVED = {
    "transaction_id": "0190a000-0000-7000-8000-000000000000",
    "kind": "deposit",
    "player_token": "p",
    "bet_id": None,
    "debit_amount": "0.00",
    "credit_amount": "1.00",
    "balance_after": "1.00",
    "currency": "KES",
    "reference": "",
    "wallet_status": "success",
    "rollback_flag": False,
    "created_at": "2026-11-21T10:00:00.123Z",
}
TRANSFER: dict[str, Any] = {"player_token": "p", "amount": "1.00", "currency": "KES"}


def problem(retry: str, *, code: str = "request_in_progress", **more: Any) -> dict[str, Any]:
    return {
        "type": f"/api/v1/docs/errors#{code}",
        "title": "T",
        "status": 409,
        "code": code,
        "params": {},
        "retry": retry,
        "money_moved": "no",
        "request_id": "request-of-the-server",
        "doc_url": f"https://keno.example/api/v1/docs/errors#{code}",
    } | more


@pytest.fixture
def keno(server: Scripted) -> Iterator[KenoClient]:
    with KenoClient(server.url, "ko_x", retries=QUICK) as one:
        yield one


def keys(server: Scripted) -> list[str | None]:
    return [headers.get("Idempotency-Key") for _, _, headers, _ in server.requests]


def test_the_same_key_goes_out_again_where_the_platform_says_so(server: Scripted, keno: KenoClient) -> None:
    server.says(409, problem("same_key"), Retry_After="0")
    server.says(503, problem("same_key", code="maintenance"), Retry_After="0")
    server.says(201, MOVED)
    assert keno.deposit(**TRANSFER).balance_after == "1.00"
    [first, second, third] = keys(server)
    assert first is not None
    assert first == second == third
    assert len({headers["X-Request-Id"] for _, _, headers, _ in server.requests}) == 3


@pytest.mark.parametrize("retry", ["never", "new_key"])
def test_nothing_is_sent_again_otherwise(server: Scripted, keno: KenoClient, retry: str) -> None:
    server.says(409, problem(retry, params={"stake_max": "5.00"}, detail="D"))
    with pytest.raises(KenoError) as caught:
        keno.deposit(**TRANSFER, idempotency_key="order-7")
    error = caught.value
    assert keys(server) == ["order-7"]
    assert (error.code, error.retry, error.money_moved, error.detail) == ("request_in_progress", retry, "no", "D")
    assert (error.request_id, error.idempotency_key) == ("request-of-the-server", "order-7")
    assert (error.doc_url, error.params) == (problem(retry)["doc_url"], {"stake_max": "5.00"})


def test_it_is_given_up_after_so_many_attempts(server: Scripted, keno: KenoClient) -> None:
    server.says(409, problem("same_key"))
    with pytest.raises(KenoError, match="request_in_progress"):
        keno.deposit(**TRANSFER)
    assert len(server.requests) == 3


def test_a_wait_that_is_too_long_is_left_to_the_caller(server: Scripted, keno: KenoClient) -> None:
    server.says(503, problem("same_key", code="maintenance"), Retry_After="60")
    with pytest.raises(KenoError, match="maintenance"):
        keno.deposit(**TRANSFER)
    assert len(server.requests) == 1


def test_a_broken_connection_is_tried_again_with_the_same_key(server: Scripted, keno: KenoClient) -> None:
    server.hangs_up()
    server.says(201, MOVED)
    assert keno.deposit(**TRANSFER).credit_amount == "1.00"
    assert len(set(keys(server))) == 1


def test_a_read_is_tried_again_after_a_proxy_s_page(server: Scripted, keno: KenoClient) -> None:
    server.says(502, b"<html>Bad Gateway</html>")
    server.says(200, ACCOUNT)
    assert keno.read_account("p") == AccountOutput(**ACCOUNT)


def test_a_call_without_a_key_that_writes_is_not_tried_again(server: Scripted, keno: KenoClient) -> None:
    server.says(502, b"<html>Bad Gateway</html>")
    with pytest.raises(Unreachable) as caught:
        keno.open_session(player_token="p", currency="KES")
    assert (caught.value.code, caught.value.retry, caught.value.money_moved) == ("http_502", "never", "unknown")
    assert len(server.requests) == 1


def test_a_call_that_got_no_answer_may_have_moved_money_and_names_its_key(keno: KenoClient, server: Scripted) -> None:
    server.hangs_up()
    with pytest.raises(Unreachable) as caught:
        keno.withdraw(**TRANSFER)
    error = caught.value
    assert (error.code, error.retry, error.money_moved) == ("connection_failed", "same_key", "unknown")
    assert error.idempotency_key in keys(server)
    assert len(server.requests) == 3


def test_an_answer_in_another_form_is_an_error_of_its_own(server: Scripted, keno: KenoClient) -> None:
    server.says(201, {"status": "fine"})
    with pytest.raises(AnswerInvalid) as caught:
        keno.deposit(**TRANSFER)
    assert caught.value.money_moved == "unknown"


def test_members_that_are_not_known_are_ignored(server: Scripted, keno: KenoClient) -> None:
    server.says(200, ACCOUNT | {"colour": "green"})
    assert keno.read_account("p").balance == "1.00"


def test_pages_are_followed_by_their_cursor_and_never_to_another_host(server: Scripted, keno: KenoClient) -> None:
    server.says(200, {"next": "https://evil.example/api?cursor=b%20c&x=1", "previous": None, "results": [MOVED]})
    server.says(200, {"next": None, "previous": None, "results": [MOVED]})
    assert len(list(keno.iter_transactions(player_token="p", limit=1))) == 2
    assert [path.partition("?")[2] for _, path, _, _ in server.requests] == [
        "limit=1&player_token=p",
        "cursor=b+c&limit=1&player_token=p",
    ]


def test_what_stands_in_a_path_is_escaped(server: Scripted, keno: KenoClient) -> None:
    server.says(200, ACCOUNT)
    keno.read_account("a/../b?c")
    assert server.requests[0][1] == "/api/v1/wallet/accounts/a%2F..%2Fb%3Fc"


async def test_tasks_try_again_alike(server: Scripted) -> None:
    server.says(409, problem("same_key"), Retry_After="0")
    server.hangs_up()
    server.says(201, MOVED)
    async with AsyncKenoClient(server.url, "ko_x", retries=QUICK) as keno:
        assert (await keno.deposit(**TRANSFER)).kind == "deposit"
    assert len(server.requests) == 3
    assert len(set(keys(server))) == 1


async def test_a_task_that_gets_no_answer_is_told_so(server: Scripted) -> None:
    server.hangs_up()
    async with AsyncKenoClient(server.url, "ko_x", retries=Retries(attempts=1)) as keno:
        with pytest.raises(Unreachable):
            await keno.deposit(**TRANSFER)


def test_a_timeout_is_named_as_such() -> None:
    class Slow(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ReadTimeout("too slow", request=request)

    slow = KenoClient("http://localhost", "ko_x", retries=Retries(attempts=1), transport=Slow())
    with slow, pytest.raises(Unreachable) as caught:
        slow.deposit(**TRANSFER)
    assert (caught.value.code, caught.value.money_moved) == ("timeout", "unknown")


def test_pauses_grow_and_end() -> None:
    retries = Retries(attempts=4, first_pause_s=1.0, longest_pause_s=3.0)
    assert 0.5 <= (retries.pause_s(1, None) or 0) <= 1.0
    assert 1.0 <= (retries.pause_s(2, None) or 0) <= 2.0
    assert 1.5 <= (retries.pause_s(3, None) or 0) <= 3.0
    assert retries.pause_s(4, None) is None
    assert retries.pause_s(1, 2.0) == 2.0
    assert retries.pause_s(1, 4.0) is None
