"""Receivers of webhooks: real HTTP servers on this machine that remember what they got and answer as they are told."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook

from keno_platform.local import ports


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """One request as it came in."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def signatures(self) -> list[str]:
        return self.headers["webhook-signature"].split(" ")

    def read_with(self, secret: str) -> dict[str, Any]:
        """The message, when its signature is this secret's; raises otherwise."""
        return dict(Webhook(secret).verify(self.body, dict(self.headers)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a receiver answers."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Server(ThreadingHTTPServer):
    """Takes many connections at one moment."""

    daemon_threads = True
    request_queue_size = 128


class Receiver:
    """`answer` decides what each request gets; it runs in the request's own thread and may wait."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answer: Callable[[Got], Reply] = lambda _: Reply()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                got = Got(path=self.path, headers={k.lower(): v for k, v in self.headers.items()}, body=body)
                receiver.got.append(got)
                reply = receiver.answer(got)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = Server(("127.0.0.1", ports.find_free()), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/keno"

    def says(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer everything so from now on."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answer = lambda _: Reply(status=status, headers=named, body=body)

    @property
    def ids(self) -> list[str]:
        return [got.event_id for got in self.got]

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(got.body) for got in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that runs."""
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        thread.join()
        receiver.server.server_close()
