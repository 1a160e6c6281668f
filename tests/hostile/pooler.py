"""
A pooler before PostgreSQL, in the two modes that matter, by the server's own protocol: its connection goes back
to the others after each transaction, or only when its client goes.
"""

import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

TRANSACTION, SESSION = "transaction", "session"
STARTUP = 196_608
READY, QUERY, SYNC, TERMINATE = b"Z", b"Q", b"S", b"X"
IDLE = b"I"


@dataclass(slots=True, kw_only=True)
class Pooler:
    """A running pooler. `first_used_first` hands servers out in turn; otherwise the one used last comes next."""

    server: tuple[str, int]
    mode: str
    first_used_first: bool = False
    spare: int = 0
    """So many connections to the server are open before the first client comes."""
    port: int = 0
    _idle: deque["Server"] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _open: list[socket.socket] = field(default_factory=list)

    def take(self, startup: bytes) -> "Server":
        """A connection to the server that no client has at the moment."""
        with self._lock:
            while len(self._idle) < self.spare:
                self._idle.append(self._connect(startup))
            self.spare = 0
            if self._idle:
                return self._idle.popleft() if self.first_used_first else self._idle.pop()
        return self._connect(startup)

    def give_back(self, server: "Server") -> None:
        with self._lock:
            self._idle.append(server)

    def remember(self, one: socket.socket) -> socket.socket:
        self._open.append(one)
        return one

    def close(self) -> None:
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _connect(self, startup: bytes) -> "Server":
        line = self.remember(socket.create_connection(self.server))
        line.sendall(startup)
        greeting = b"".join(_until_ready(line))
        return Server(line=line, greeting=greeting)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Server:
    """One connection to PostgreSQL, and what it said when it was opened."""

    line: socket.socket
    greeting: bytes


@contextmanager
def pooling(host: str, port: int, *, mode: str, first_used_first: bool = False, spare: int = 0) -> Iterator[Pooler]:
    """A pooler before this server."""
    listener = socket.create_server(("127.0.0.1", _free_port()))
    own = listener.getsockname()[1]
    pooler = Pooler(server=(host, port), mode=mode, first_used_first=first_used_first, spare=spare, port=own)
    accepting = threading.Thread(target=_accept, args=(listener, pooler))
    accepting.start()
    try:
        yield pooler
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(10)
        pooler.close()


def _free_port() -> int:
    from keno_platform.local import ports

    return ports.find_free()


def _accept(listener: socket.socket, pooler: Pooler) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(pooler.remember(client), pooler), daemon=True).start()


def _serve(client: socket.socket, pooler: Pooler) -> None:
    with suppress(OSError, EOFError), client:
        startup = _read_startup(client)
        server: Server | None = pooler.take(startup)
        assert server is not None
        greeting = server.greeting
        if pooler.mode == TRANSACTION:  # before the client hears of it: it may ask on its other connection at once
            pooler.give_back(server)
            server = None
        client.sendall(greeting)
        try:
            while True:
                kind, message = _read(client)
                if kind == TERMINATE:
                    return
                server = server or pooler.take(startup)
                server.line.sendall(message)
                if kind in (QUERY, SYNC):
                    for answer in _until_ready(server.line):
                        if pooler.mode == TRANSACTION and answer[:1] == READY and answer[5:6] == IDLE:
                            pooler.give_back(server)
                            server = None
                        client.sendall(answer)
        finally:
            if server is not None and pooler.mode == TRANSACTION:
                pooler.give_back(server)


def _read_startup(client: socket.socket) -> bytes:
    """The message that begins a session; questions for encryption before it are answered with no."""
    while True:
        size = _exactly(client, 4)
        body = _exactly(client, struct.unpack("!I", size)[0] - 4)
        if struct.unpack("!I", body[:4])[0] == STARTUP:
            return size + body
        client.sendall(b"N")


def _until_ready(line: socket.socket) -> Iterator[bytes]:
    """Messages of the server up to the one that says that it waits for the next."""
    kind = b""
    while kind != READY:
        kind, message = _read(line)
        yield message


def _read(line: socket.socket) -> tuple[bytes, bytes]:
    head = _exactly(line, 5)
    return head[:1], head + _exactly(line, struct.unpack("!I", head[1:])[0] - 4)


def _exactly(line: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = line.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data
