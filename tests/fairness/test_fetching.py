"""Reading an address ends: after a time, after a size, after a few redirects; and a token goes to one server only."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from fairness.chain import ChainReader
from fairness.errors import AddressUnknown, ChainUnreadable, SourceUnreadable
from fairness.fetching import Fetch, fetch, origin_of
from keno_platform.local import ports
from tests.fairness.house_server import listening

Behaviour = Callable[[BaseHTTPRequestHandler], None]


class Corner:
    """A server that does what each test wants, and remembers the headers that it got."""

    def __init__(self) -> None:
        self.behaviour: Behaviour = lambda request: reply(request, b"hello")
        self.headers: list[dict[str, str]] = []
        self.over = threading.Event()
        self.address = ""


def reply(request: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def corner(stack: ExitStack) -> Corner:
    found, port = Corner(), ports.find_free()
    found.address = f"http://127.0.0.1:{port}"

    class Handler(BaseHTTPRequestHandler):
        log_message: Callable[..., None] = lambda *_: None  # quiet

        def do_GET(self) -> None:
            found.headers.append(dict(self.headers.items()))
            found.behaviour(self)

        do_POST = do_GET

    stack.enter_context(listening(port, Handler))
    stack.callback(found.over.set)
    return found


@pytest.fixture
def server() -> Iterator[Corner]:
    with ExitStack() as stack:
        yield corner(stack)


@pytest.fixture
def other() -> Iterator[Corner]:
    with ExitStack() as stack:
        yield corner(stack)


def drip(server: Corner, head: bytes) -> Behaviour:
    """A byte now and then, for ever: no pause is long enough for a timeout of the socket."""

    def behave(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(head)
        while not server.over.wait(0.05):
            try:
                request.wfile.write(b"x")
            except OSError:
                return

    return behave


def refused(ask: Fetch) -> str:
    with pytest.raises(SourceUnreadable) as refusal:
        fetch(ask)
    return str(refusal.value)


def test_an_answer_is_read_whole(server: Corner) -> None:
    server.behaviour = lambda request: reply(request, b"a" * 300_000)
    assert fetch(Fetch(address=server.address)) == b"a" * 300_000


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.0 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"],
    ids=["body", "header", "announced body"],
)
def test_an_answer_that_drips_ends_at_the_deadline(server: Corner, head: bytes) -> None:
    server.behaviour = drip(server, head)
    started = time.monotonic()
    assert "within 0.6 s" in refused(Fetch(address=server.address, within_s=0.6))
    assert time.monotonic() - started < 3


def test_a_server_that_says_nothing_is_given_up(server: Corner) -> None:
    server.behaviour = lambda request: server.over.wait(30) and None
    refused(Fetch(address=server.address, within_s=0.3))


def test_more_than_the_limit_is_refused_whatever_is_announced(server: Corner) -> None:
    server.behaviour = drip(server, b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 5000)
    assert "more than 4000 bytes" in refused(Fetch(address=server.address, limit=4000))


def test_an_answer_that_is_cut_short_is_refused(server: Corner) -> None:
    server.behaviour = lambda request: request.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Length: 50\r\n\r\nshort")
    refused(Fetch(address=server.address))


def test_nothing_there_and_a_fault_are_told_apart(server: Corner) -> None:
    server.behaviour = lambda request: reply(request, b"gone", 404)
    with pytest.raises(AddressUnknown):
        fetch(Fetch(address=server.address))
    server.behaviour = lambda request: reply(request, b"oh", 500)
    assert "500" in refused(Fetch(address=server.address))


def redirect(server: Corner, target: str) -> None:
    def behave(request: BaseHTTPRequestHandler) -> None:
        if request.path == "/there":
            reply(request, b"arrived")
        else:
            reply(request, b"", 302, Location=target)

    server.behaviour = behave


def test_a_redirect_within_the_scheme_is_followed(server: Corner, other: Corner) -> None:
    redirect(server, "/there")
    assert fetch(Fetch(address=server.address, token="secret")) == b"arrived"
    redirect(server, f"{other.address}/there")
    assert fetch(Fetch(address=server.address)) == b"hello"


@pytest.mark.parametrize("target", ["https://127.0.0.1:1/", "file:///etc/passwd", "ftp://127.0.0.1/", "data:,x"])
def test_a_redirect_to_another_scheme_is_not_followed(server: Corner, target: str) -> None:
    redirect(server, target)
    said = refused(Fetch(address=server.address))
    assert "not followed" in said or "not allowed" in said  # the second is what Python itself says


def test_a_token_is_never_carried_to_another_server(server: Corner, other: Corner) -> None:
    redirect(server, f"{other.address}/there")
    assert "not followed" in refused(Fetch(address=server.address, token="secret"))
    assert server.headers[0]["Authorization"] == "Bearer secret"
    assert other.headers == []
    assert "secret" not in repr(Fetch(address=server.address, token="secret"))


def test_redirects_in_a_circle_end(server: Corner) -> None:
    redirect(server, "/again")
    refused(Fetch(address=server.address))
    assert len(server.headers) < 10


def test_a_question_with_a_body_is_not_redirected(server: Corner) -> None:
    redirect(server, "/there")
    assert "not followed" in refused(Fetch(address=server.address, body=b"{}"))


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "ftp://host/x", "http://", "http:///x", "http://user:pass@host/", "//host/x", "http://h:x/"],
)
def test_only_addresses_of_http_are_asked(address: str) -> None:
    assert "not an http" in refused(Fetch(address=address))
    with pytest.raises(SourceUnreadable):
        origin_of(address)


def test_nobody_listening_is_told() -> None:
    refused(Fetch(address=f"http://127.0.0.1:{ports.find_free()}/"))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}',
        b'{"jsonrpc":"2.0","id":1,"result":"nonsense"}',
        b'{"jsonrpc":"2.0","id":1,"result":null,"result":"0x1"}',
        b'{"jsonrpc":"2.0","id":1,"result":1.5}',
    ],
)
def test_a_node_that_talks_nonsense_is_unreadable(server: Corner, answer: bytes) -> None:
    server.behaviour = lambda request: reply(request, answer)
    with pytest.raises(ChainUnreadable):
        ChainReader(server.address).chain_id()


def test_a_node_that_refuses_a_long_search_is_asked_for_a_shorter_one(server: Corner) -> None:
    asked: list[dict[str, Any]] = []
    receipt = b'{"transactionHash":"0xaa","blockHash":"0xbb","blockNumber":"0x30d40"}'

    def behave(request: BaseHTTPRequestHandler) -> None:
        import json

        question = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        result = {"eth_chainId": b'"0x1"', "eth_getBlockByHash": b"null", "eth_getTransactionReceipt": receipt}
        if question["method"] != "eth_getLogs":
            reply(request, b'{"result":' + result[question["method"]] + b"}")
            return
        asked.append(question["params"][0])
        found = b'{"result":[{"transactionHash":"0xcc"}]}' if len(asked) == 3 else b'{"error":"too many blocks"}'
        reply(request, found)

    server.behaviour = behave
    raw = ChainReader(server.address).raw_evidence_of("0xaa", contract="0xdd", seq=5)
    assert raw["previous"] is not None
    assert [int(one["fromBlock"], 16) for one in asked] == [0, 100_000, 190_000]
