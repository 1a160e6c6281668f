"""
Relays of a drand network on this machine: real HTTP servers that answer in drand's form, or lie, or fall silent.

What a relay does is a function from the request to what it sends; it can be changed while the relay runs.
"""

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from fairness.hashing import sha256
from fairness.networks import Network
from keno_platform.local.ports import find_free

REAL = {
    1000: bytes.fromhex(
        "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39"
    ),
    657413: bytes.fromhex(
        "b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be41076862b98fad56e91a6b85b89cd97b"
    ),
}
"""Two values of quicknet, by round, as drand has published them."""
Behaviour = Callable[["Request"], None]


class Request(BaseHTTPRequestHandler):
    """One request to a relay; the base class' server is a `Relay`."""

    protocol_version = "HTTP/1.1"
    server: "Relay"

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.server.headers_seen.append(dict(self.headers.items()))
        try:
            self.server.behaviour(self)
        except OSError:
            self.close_connection = True  # whoever asked has hung up

    @property
    def beacon_round(self) -> int:
        return int(self.path.rsplit("/", 1)[1])

    def answer(self, body: bytes, *, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Silent."""


class Relay(ThreadingHTTPServer):
    """A relay; `asked` has the path of every request so far."""

    daemon_threads = False
    request_queue_size = 64

    def __init__(self, behaviour: Behaviour, port: int) -> None:
        self.behaviour = behaviour
        self.asked: list[str] = []
        self.headers_seen: list[dict[str, str]] = []
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), Request)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Ends what clients keep open and what behaviours wait for."""
        self.stopping.set()
        for connection in tuple(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


@contextmanager
def relay(behaviour: Behaviour) -> Iterator[Relay]:
    """A running relay, gone afterwards with all its threads."""
    with _bound(behaviour) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            server.hang_up()
            thread.join()


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that takes connections and reads and says nothing."""
    with _bound(frozen) as server:  # listening, and nobody accepts
        yield server.server_port


def _bound(behaviour: Behaviour) -> Relay:
    for _ in range(20):
        try:
            return Relay(behaviour, find_free())
        except OSError:
            continue  # somebody else has taken the port meanwhile
    raise OSError("no port for a relay")


def drand_json(beacon_round: int, signature: bytes, **other: Any) -> bytes:
    """drand's answer; `other` changes or adds members."""
    members = {"round": beacon_round, "randomness": sha256(signature).hex(), "signature": signature.hex(), **other}
    return json.dumps(members, separators=(",", ":")).encode()


def truth(network: Network, values: Mapping[int, bytes]) -> Behaviour:
    """The relay as it should be: these values, and 404 for all else."""

    def behave(request: Request) -> None:
        value = values.get(request.beacon_round)
        if value is None or request.path != f"/{network.chain_hash.hex()}/public/{request.beacon_round}":
            request.answer(b"", status=404)
        else:
            request.answer(drand_json(request.beacon_round, value))

    return behave


def body(text: bytes, *, status: int = 200, **headers: str) -> Behaviour:
    """The same answer to everything."""
    return lambda request: request.answer(text, status=status, **headers)


def frozen(request: Request) -> None:
    """Takes the request, and never answers."""
    request.server.stopping.wait()
    request.close_connection = True


def dripping(text: bytes, *, every_s: float = 0.3) -> Behaviour:
    """The right headers, and then the body byte by byte."""

    def behave(request: Request) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        for byte in text:
            if request.server.stopping.wait(every_s):
                break
            request.wfile.write(bytes([byte]))
        request.close_connection = True

    return behave


def dripping_headers(request: Request) -> None:
    """Never comes to the end of the headers."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not request.server.stopping.wait(0.3):
        request.wfile.write(b"X-More: 1\r\n")
    request.close_connection = True


def endless(request: Request) -> None:
    """Sends as fast as it can, without an end and without saying how much."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not request.server.stopping.is_set():
        request.wfile.write(b"400\r\n" + bytes(1024) + b"\r\n")
