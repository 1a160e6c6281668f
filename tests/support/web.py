"""A web process of its own on the database of this test."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from django.conf import settings
from django.db import connection

from keno_platform.local import children, ports

BOUNDED = (
    *("--http", "keno_platform.bounded:BoundedHttp", "--ws", "keno_platform.bounded:BoundedSocket"),
    *("--ws-max-size", "4096"),
)
"""As the image starts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """A running web process."""

    address: str
    process: "subprocess.Popen[bytes]"


@contextmanager
def web_process(directory: Path, **chosen: str) -> Iterator[Web]:
    """A web process with these variables that is ready; stopped afterwards. Its log goes into the directory."""
    port = ports.find_free()
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "DATABASE_URL": f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{connection.settings_dict['NAME']}",
        "DJANGO_SETTINGS_MODULE": "keno_platform.settings",
        "KENO_BASE_URL": address,
        "KENO_DB_POOL_SIZE": "5",
        **chosen,
    }
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "keno_platform.asgi:application",
        "--port",
        str(port),
        "--no-access-log",
        "--no-proxy-headers",
        *BOUNDED,
    ]
    log = directory / "web.log"
    with log.open("wb") as output:
        process = children.start(command, output=output, environment=environment, directory=Path(settings.BASE_DIR))
        try:
            children.wait_until(
                lambda: _answers(address), what="the web", alive=lambda: process.poll() is None, log=log, patience_s=60
            )
            yield Web(address=address, process=process)
        finally:
            children.stop(process)


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health/live", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
