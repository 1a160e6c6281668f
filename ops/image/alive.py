"""
Whether the process of this container is well, for its probes: `python -I -S ops/image/alive.py [SECONDS]`.

KENO_PROCESS says which process it is. The web is asked whether it answers; not whether all that it needs does, because
then one trouble that all share would take every web process out of service, and with them the answers that say so. The
exporter of metrics is knocked at. A worker or a beat touches the file KENO_HEARTBEAT while it is well; it is not when
that is older than SECONDS, which must be longer than the longest task that it runs.

It stands alone: a probe that loads the platform would cost more than what it looks after.
"""

import os
import socket
import sys
import time
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

WITHIN_S = 180.0
PATIENCE_S = 4.0
WEB, LIVE = ("127.0.0.1", 8000), "/health/live"


def main(arguments: list[str]) -> int:
    """0 when it is well; otherwise 1, and what is wrong on standard error."""
    process = os.environ.get("KENO_PROCESS", "web")
    within_s = float(arguments[0]) if arguments else WITHIN_S
    try:
        if process == "web":
            trouble = _web()
        elif process == "metrics":
            trouble = _port(os.environ.get("KENO_METRICS_LISTEN", "127.0.0.1:9108"))
        else:
            trouble = _sign(os.environ.get("KENO_HEARTBEAT", ""), within_s)
    except (OSError, HTTPException) as error:
        trouble = f"{type(error).__name__}: {error}"
    if trouble:
        sys.stderr.write(f"{process}: {trouble}\n")
    return 1 if trouble else 0


def _web() -> str:
    # By the installation's own name: the web answers to no other.
    name = urlsplit(os.environ.get("KENO_BASE_URL", "")).netloc or "localhost"
    connection = HTTPConnection(*WEB, timeout=PATIENCE_S)
    try:
        connection.request("GET", LIVE, headers={"Host": name, "X-Forwarded-Proto": "https"})
        answer = connection.getresponse()
        body = answer.read(2000).decode(errors="replace")
    finally:
        connection.close()
    return "" if answer.status == 200 else f"{LIVE} answers {answer.status}: {body}"


def _port(listen: str) -> str:
    _, _, port = listen.rpartition(":")
    socket.create_connection(("127.0.0.1", int(port)), timeout=PATIENCE_S).close()
    return ""


def _sign(file: str, within_s: float) -> str:
    if not file:
        return "KENO_HEARTBEAT names no file"
    age_s = time.time() - os.stat(file).st_mtime
    return "" if age_s <= within_s else f"the last sign of life is {age_s:.0f} s old"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
