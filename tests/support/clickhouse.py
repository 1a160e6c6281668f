"""
A ClickHouse server by its HTTP protocol, as much of it as a client needs: the engine is chDB, which is ClickHouse
itself, in a process of its own. It finds files below the directory in which it was started, as a server does below its.

Run as `python -m tests.support.clickhouse PORT USER PASSWORD`; it says `ready` when it listens.
"""

import email
import json
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from keno_platform.local.ports import find_free

OURS = frozenset({"max_threads", "max_memory_usage", "join_use_nulls", "max_query_size"})
"""Settings of a request that are passed on to the engine."""
USER, PASSWORD = "reader", "a password"
ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def server(directory: Path) -> Iterator[str]:
    """A server whose files are those of this directory. Gives its address, with a user who may ask it."""
    port = find_free()
    command = [sys.executable, "-m", "tests.support.clickhouse", str(port), USER, PASSWORD]
    process = subprocess.Popen(command, cwd=directory, env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield f"clickhouse://{USER}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)
        if process.stdout is not None:
            process.stdout.close()


def serve(port: int, user: str, password: str) -> None:
    import chdb

    lock = threading.Lock()
    allowed = "Basic " + b64encode(f"{user}:{password}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Nothing is said of requests."""

        def do_POST(self) -> None:
            asked = _asked(self)
            if self.headers.get("Authorization") != allowed:
                return self._answer(401, b"Code: 516. Authentication failed")
            try:
                with lock:
                    return self._answer(
                        200, bytes(chdb.query(_statement(asked), "TabSeparated", params=_own(asked)).bytes())
                    )
            except Exception as error:
                return self._answer(500, str(error).encode())

        do_GET = do_POST

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if status != 200:
                self.send_header("X-ClickHouse-Exception-Code", "1")
            self.end_headers()
            self.wfile.write(body)

    listening = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    print("ready", flush=True)
    listening.serve_forever()


def _asked(request: BaseHTTPRequestHandler) -> dict[str, str]:
    """What stands in a request's address and in its body, which may be a form."""
    body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
    told = parse_qs(urlsplit(request.path).query, keep_blank_values=True)
    asked = {name: values[-1] for name, values in told.items()}
    kind = request.headers.get("Content-Type", "")
    if kind.startswith("multipart/form-data"):
        form = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body, policy=HTTP)
        for part in form.iter_parts():  # type: ignore[attr-defined]  # an EmailMessage, by the policy
            name = str(part.get_param("name", header="content-disposition"))
            asked[name] = part.get_payload(decode=True).decode()
        return asked
    return asked | {"query": f"{asked.get('query', '')}{body.decode()}"}


def _statement(asked: dict[str, str]) -> str:
    settings = ", ".join(f"{name} = {json.dumps(int(asked[name]))}" for name in sorted(OURS & set(asked)))
    return f"{asked['query']} SETTINGS {settings}" if settings else asked["query"]


def _own(asked: dict[str, str]) -> dict[str, str]:
    return {name.removeprefix("param_"): text for name, text in asked.items() if name.startswith("param_")}


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2], sys.argv[3])
