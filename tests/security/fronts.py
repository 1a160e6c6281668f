"""
A front that speaks TLS and nothing else, before a server of the tests that cannot: the servers from wheels are built
without it. PostgreSQL's clients ask first whether there is TLS; Redis' begin with it.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from keno_platform.local import ports

_SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"


@dataclass(slots=True)
class Front:
    """Where it listens, how many connections came, and how many of them were encrypted."""

    port: int
    came: int = 0
    encrypted: int = 0
    versions: set[str] = field(default_factory=set)


@contextlib.contextmanager
def tls_front(target: int, *, certificate: Path, key: Path, postgres: bool = False) -> Iterator[Front]:
    """A running front before the server on this port of this machine."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    front = Front(ports.find_free())
    listening = socket.create_server(("127.0.0.1", front.port))
    threads: list[threading.Thread] = []
    sockets: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            front.came += 1
            sockets.append(plain)
            thread = threading.Thread(target=_carry, args=(front, plain, context, target, postgres, sockets))
            threads.append(thread)
            thread.start()

    accepting = threading.Thread(target=serve)
    accepting.start()
    try:
        yield front
    finally:
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for one in (*sockets,):  # threads may still add to it
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        accepting.join(10)
        for thread in threads:
            thread.join(10)


def _carry(
    front: Front,
    plain: socket.socket,
    context: ssl.SSLContext,
    target: int,
    postgres: bool,
    sockets: list[socket.socket],
) -> None:
    """Carry one connection, if it is encrypted; else end it."""
    with contextlib.suppress(OSError):
        plain.settimeout(10)
        if postgres:
            if plain.recv(8) != _SSL_REQUEST:
                plain.close()
                return
            plain.sendall(b"S")
        secure = context.wrap_socket(plain, server_side=True)
        front.encrypted += 1
        front.versions.add(secure.version() or "")
        secure.settimeout(None)
        server = socket.create_connection(("127.0.0.1", target))
        sockets += [secure, server]
        back = threading.Thread(target=_pump, args=(server, secure))
        back.start()
        _pump(secure, server)
        back.join(10)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError, ValueError):
        while data := source.recv(65536):
            sink.sendall(data)
    for one in (source, sink):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
