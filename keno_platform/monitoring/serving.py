"""A port of its own for metrics: one small process for each machine, which answers even when no web process does."""

from django.db import connection

from keno_platform.monitoring.collecting import STATE
from keno_platform.observability.port import PATH, MetricsServer

__all__ = ["PATH", "make_server"]


def make_server(host: str, port: int) -> MetricsServer:
    """
    A server that listens already; `serve_forever` answers, with the database's state beside what processes count.

    :raises OSError: the port is taken.
    """
    return MetricsServer(host, port, extra=[STATE], after=_close)


def _close() -> None:
    connection.close()  # that of the thread which has answered, not of the one that made the server
