"""What bounds a connection in time: a request that never comes to its end, and one that never begins."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn

from keno_platform import bounded
from keno_platform.local import ports
from tests.hostile.raw import request, talk


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Reads the whole body, and answers with its length."""
    if scope["type"] == "lifespan":
        return
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    body = str(size).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def served() -> Iterator[str]:
    """The address of this application behind the platform's own protocol."""
    port = ports.find_free()
    config = uvicorn.Config(
        application, host="127.0.0.1", port=port, http=bounded.BoundedHttp, lifespan="off", log_level="error"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "READ_WITHIN_S", 0.5)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ",
        request("POST", "/", "Content-Length: 100", body=b"only ten..", length=False),
        request("POST", "/", "Transfer-Encoding: chunked", body=b"5\r\nhello\r\n", length=False),
    ],
)
def test_a_request_that_does_not_come_to_its_end_is_ended(impatient: None, sent: bytes) -> None:
    with served() as address:
        began = time.monotonic()
        [answer] = talk(address, sent, patience_s=10)
        assert answer.status == 408
        assert answer.headers["connection"] == "close"
        assert time.monotonic() - began < 5


def test_one_that_takes_long_to_answer_is_not_and_neither_is_a_kept_connection_between_requests(
    impatient: None,
) -> None:
    with served() as address:
        parts = [request("GET", "/"), request("POST", "/", body=b"x" * 70_000)]
        answers = talk(address, slowly(parts), answers=2)
    assert [(one.status, one.body) for one in answers] == [(200, b"0"), (200, b"70000")]


def slowly(parts: list[bytes]) -> Iterator[bytes]:
    for part in parts:
        yield part
        time.sleep(0.7)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_is_kept_up_to_its_limit_and_no_further(chunked: bool) -> None:
    def sent(size: int) -> bytes:
        body, more = b"x" * size, ("Transfer-Encoding: chunked",) if chunked else (f"Content-Length: {size}",)
        return request(
            "POST", "/", *more, body=b"%x\r\n%s\r\n0\r\n\r\n" % (size, body) if chunked else body, length=False
        )

    with served() as address:
        assert [one.status for one in talk(address, sent(bounded.BODY_MAX))] == [200]
        assert [one.status for one in talk(address, sent(bounded.BODY_MAX + 1))] == [413]
        assert [one.status for one in talk(address, sent(50_000_000))] == [413]


@pytest.mark.parametrize("size", [100, 20_000, bounded.HEAD_MAX - 300])
def test_a_head_below_the_limit_is_read_in_however_many_pieces(size: int) -> None:
    whole = request("GET", "/", "X-A: " + "a" * size)
    with served() as address:
        for step in (len(whole), 1_000):
            [answer] = talk(address, (whole[at : at + step] for at in range(0, len(whole), step)))
            assert answer.status == 200


def test_heads_are_counted_one_by_one_on_a_kept_connection() -> None:
    one = request("GET", "/", "X-A: " + "a" * 20_000)
    with served() as address:
        assert [answer.status for answer in talk(address, [one] * 5, answers=5)] == [200] * 5
