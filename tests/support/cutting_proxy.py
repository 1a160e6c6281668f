"""A proxy before a node that cuts the line at a chosen moment, as a crash or a broken network would."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from keno_platform.local import ports

_client = httpx.Client(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
BEFORE, AFTER = "before", "after"


@dataclass
class CuttingProxy:
    """
    Passes JSON-RPC on. Of calls of the method `cut` the line is cut before they reach the node, or after they did and
    before the answer comes back. `heard` has every call that came.
    """

    target: str
    cut: str | None = None
    when: str = BEFORE
    heard: list[tuple[str, Any]] = field(default_factory=list)
    hold: threading.Event | None = None
    """Instead of cutting: the answer waits for this."""
    port: int = field(default_factory=ports.find_free)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def sent(self) -> list[str]:
        """The bytes of every transaction that was sent, in hex, as often as it was."""
        return [parameters[0] for method, parameters in self.heard if method == "eth_sendRawTransaction"]

    def answer(self, body: bytes) -> bytes | None:
        asked = json.loads(body)
        self.heard.append((asked["method"], asked["params"]))
        cut = asked["method"] == self.cut
        if cut and self.hold is None and self.when == BEFORE:
            return None
        answer = _client.post(self.target, content=body, headers={"Content-Type": "application/json"}, timeout=20)
        if cut and self.hold is not None:
            self.hold.wait(60)
        return None if cut else answer.content


@contextmanager
def cutting_proxy(target: str) -> Iterator[CuttingProxy]:
    """A running proxy before this node."""
    proxy = CuttingProxy(target)
    server = ThreadingHTTPServer(("127.0.0.1", proxy.port), _handler(lambda body: proxy.answer(body)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield proxy
    finally:
        if proxy.hold is not None:
            proxy.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(answer: Callable[[bytes], bytes | None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True  # headers and body in two packets would wait for one another

        def do_POST(self) -> None:
            content = answer(self.rfile.read(int(self.headers["Content-Length"])))
            if content is None:
                self.close_connection = True
                return
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Nothing is printed."""

    return Handler
