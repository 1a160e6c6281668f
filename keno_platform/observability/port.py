"""A port on which one process answers /metrics. Loads no Django application: workers start it before they are ready."""

import logging
import socket
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from django.conf import settings

# Before anything of the library is loaded: see there.
from keno_platform.observability import instruments as _instruments  # noqa: F401
from keno_platform.observability.registry import CONTENT_TYPE, exposition

if TYPE_CHECKING:
    from prometheus_client.registry import Collector

logger = logging.getLogger(__name__)
PATH = "/metrics"


class MetricsServer(ThreadingHTTPServer):
    """
    Listens as soon as it is made; `serve_forever` answers. `extra` is collected beside what processes count, and
    `after` follows each answer. With `shared`, several processes may listen on one port, and any of them answers.

    :raises OSError: the port is taken.
    """

    daemon_threads = True

    def __init__(
        self,
        host: str,
        port: int,
        *,
        extra: Sequence["Collector"] = (),
        after: Callable[[], None] = lambda: None,
        shared: bool = False,
    ) -> None:
        self.extra, self.after = extra, after
        self.allow_reuse_port = shared
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host.strip("[]"), port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: MetricsServer
    server_version = "keno"
    sys_version = ""
    timeout = 10  # a client that says nothing does not hold a thread for longer

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != PATH:
            self._answer(404, b"Metrics are at /metrics.\n")
            return
        try:
            self._answer(200, exposition(self.server.extra))
        finally:
            self.server.after()

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        logger.debug(format, *args)


def serve_counts() -> MetricsServer | None:
    """
    With KENO_METRICS_EACH, answer at KENO_METRICS_LISTEN from a thread with what the processes of this container have
    counted; each of them may call this. A port that is taken is told and costs nothing else.
    """
    if not settings.METRICS_EACH:
        return None
    host, port = settings.METRICS_LISTEN
    try:
        server = MetricsServer(host, port, shared=True)
    except OSError as error:
        logger.warning("metrics cannot be served at %s:%d: %s", host, port, error.strerror)
        return None
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
