"""A real server on 127.0.0.1 with a house's public addresses, which can be told to lie, and a node of its chain."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from keno_platform.local import ports
from tests.fairness.house import NOW_MS, House, as_bytes

Answer = bytes | None
_PAGE = re.compile(r"/api/v1/games/([\w-]+)/proofs")
_ROUND = re.compile(r"/api/v1/rounds/(\d+)/proof")
_LEAVES = re.compile(r"/api/v1/anchors/(\d+)/leaves")


class HouseServer:
    """The addresses of one house. `says` holds what it says instead, by path; `asked` what was asked of it."""

    def __init__(self, house: House, address: str) -> None:
        self.house, self.address = house, address
        self.says: dict[str, object] = {}
        self.roots: list[dict[str, Any]] = house.roots()
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.rpc_says: dict[str, Any] = {}
        self.at_ms = NOW_MS

    @property
    def rpc(self) -> str:
        return f"{self.address}/rpc"

    def answer(self, path: str, query: dict[str, list[str]]) -> Answer:
        """The body for a GET; None where there is nothing."""
        if path in self.says:
            said = self.says[path]
            return said if isinstance(said, bytes) else as_bytes(said)
        if path == "/.well-known/keno-keys.json":
            return as_bytes(self.house.key_list())
        if path == "/api/v1/anchors":
            return self._page(int(query["after"][0]), int(query["limit"][0]))
        if found := _LEAVES.fullmatch(path):
            return self.house.leaves(int(found[1]))
        if found := _PAGE.fullmatch(path):
            return ndjson(self.house.day(found[1], at_ms=self.at_ms))
        return self._round(path)

    def call(self, question: dict[str, Any]) -> dict[str, Any]:
        """The answer of the chain's node."""
        method = question["method"]
        if method in self.rpc_says:
            result = self.rpc_says[method]
        else:
            result = self.house.chain.answer(method, question["params"])
        return {"jsonrpc": "2.0", "id": question["id"], "result": result}

    def _page(self, after: int, limit: int) -> bytes:
        return as_bytes({"roots": [root for root in self.roots if root["seq"] > after][:limit]})

    def _round(self, path: str) -> Answer:
        found = _ROUND.fullmatch(path)
        one = next((p for p in self.house.rounds.values() if found and p.id == int(found[1])), None)
        return as_bytes(self.house.document(one.game, one.number, at_ms=self.at_ms)) if one else None


def ndjson(documents: list[dict[str, Any]]) -> bytes:
    return b"".join(as_bytes(document) + b"\n" for document in documents)


@contextmanager
def serving(house: House) -> Iterator[HouseServer]:
    """The house on a free port, until the end of the block."""
    port = ports.find_free()
    served = HouseServer(house, f"http://127.0.0.1:{port}")
    with listening(port, handler_of(served)):
        yield served


@contextmanager
def listening(port: int, handler: type[BaseHTTPRequestHandler]) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def handler_of(served: HouseServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        log_message: Callable[..., None] = lambda *_: None  # quiet

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            served.asked.append((self.path, dict(self.headers.items())))
            self._reply(served.answer(parts.path, parse_qs(parts.query)))

        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._reply(as_bytes(served.call(question)))

        def _reply(self, body: Answer) -> None:
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

    return Handler
