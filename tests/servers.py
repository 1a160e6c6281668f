"""
The servers of a test session: one PostgreSQL and one Valkey, started by the controlling process.

A plugin of its own (`-p tests.servers`), because Django's settings are read before any conftest is: the environment
must name the servers by then. xdist's workers inherit it.
"""

import os

from keno_platform.local.testing import SessionServers, start_session_servers

MARK = "KENO_TEST_SERVERS"
FAST = {"KENO_FIRST_ROUND_SECONDS": "1", "KENO_LOG_LEVEL": "WARNING", "KENO_DRAND_URLS": ""}
"""No test asks the real relays of a beacon."""


def _start() -> SessionServers | None:
    if MARK in os.environ:
        return None
    servers = start_session_servers()
    os.environ.update(servers.environment, **FAST, **{MARK: "1"})
    return servers


_servers = _start()


def pytest_unconfigure() -> None:
    """Called last in every process; only the one that started the servers stops them."""
    if _servers is not None:
        _servers.stop()
