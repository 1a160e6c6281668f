"""
One of several web processes on one port: `python -m keno_platform.local.web PORT [HOST]`.

Each binds the port for itself (SO_REUSEPORT), and Linux spreads new connections over them. Unlike `uvicorn --workers`
there is no parent: each process is started again by the supervisor alone, and none is left over with the port in its
hands when a parent is killed.
"""

import socket
import sys

import uvicorn

from keno_platform.bounded import MESSAGE_BYTES_MAX, BoundedHttp, BoundedSocket

BACKLOG = 2048
APPLICATION = "keno_platform.asgi:application"
STOP_WAIT_S = 5


def main(port: int, host: str = "127.0.0.1") -> None:
    """Serve until a signal says stop."""
    config = uvicorn.Config(
        APPLICATION,
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=STOP_WAIT_S,
        ws_per_message_deflate=False,  # decision 20: a frame is cheaper to send than to compress,
        ws_ping_interval=45,  # and sockets that hear frames need few pings
        http=BoundedHttp,
        ws=BoundedSocket,
        ws_max_size=MESSAGE_BYTES_MAX,
        backlog=BACKLOG,
    )
    with listen(host, port) as shared:
        uvicorn.Server(config).run(sockets=[shared])


def listen(host: str, port: int) -> socket.socket:
    """
    A socket on this port, beside those of other processes of the same user.

    :raises OSError: a program that does not share it has the port, or this system cannot share one.
    """
    shared = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        shared.bind((host, port))
    except (AttributeError, OSError) as error:
        shared.close()
        raise OSError(f"port {port} cannot be shared: {error}") from error
    return shared


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:3])
