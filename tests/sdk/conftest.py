"""A platform in this process, called over WSGI, and a small server that is real but says what it is told."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async

from keno_platform.local import ports

SDK = Path(__file__).resolve().parents[2] / "sdk" / "python"
for folder in (SDK, SDK / "examples"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


@pytest.fixture
def platform(db: None) -> Iterator[httpx.WSGITransport]:
    """The platform itself, on the connection of this test, which therefore stays open between requests."""
    from django.core.signals import request_finished, request_started
    from django.core.wsgi import get_wsgi_application
    from django.db import close_old_connections

    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield httpx.WSGITransport(app=get_wsgi_application())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


class OverWsgi(httpx.AsyncBaseTransport):
    """The same for the asynchronous client: on the test's own thread, as its database connection wants it."""

    def __init__(self, inner: httpx.WSGITransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await sync_to_async(self._answer)(request, await request.aread())
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        plain = httpx.Request(request.method, request.url, headers=request.headers, content=body)
        answer = self._inner.handle_request(plain)
        answer.read()
        return answer


@dataclass
class Scripted:
    """A server on this machine that gives the answers it was told to give, in their order, the last one for ever."""

    url: str
    answers: list[Any] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def says(self, status: int, body: Any = b"", **headers: str) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.append((status, raw, {name.replace("_", "-"): value for name, value in headers.items()}))

    def hangs_up(self) -> None:
        self.answers.append(None)


@contextmanager
def scripted() -> Iterator[Scripted]:
    class Handler(BaseHTTPRequestHandler):
        def handle_one_method(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found.requests.append((self.command, self.path, dict(self.headers), body))
            answer = found.answers.pop(0) if len(found.answers) > 1 else found.answers[0]
            if answer is None:
                return  # HTTP/1.0: the connection is closed
            status, raw, headers = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_PUT = do_DELETE = handle_one_method

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", ports.find_free()), Handler)
    found = Scripted(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted() as one:
        yield one
