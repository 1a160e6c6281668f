"""
Thousands of WebSocket clients in one process: `python -m bench.sockets.clients KIND PORT TARGET HOST COUNT WINDOW`.

One epoll loop over plain sockets that looks at no more of a frame than its `seq`, so that the load does not decide
what is measured. It offers permessage-deflate as browsers do, and gives up if a server takes it: what is compared is
uncompressed on both sides.

On standard output a line of JSON once every client has its `hello`, and then one for each line on standard input:
the deliveries since the last. It ends when standard input does.
"""

import json
import os
import resource
import select
import socket
import sys
import time
from base64 import b64encode
from enum import Enum
from typing import Any

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
SEQ = b'"seq":'
READ_MAX = 8192
PATIENCE_S = 120.0
SPARE_FILES = 200


class Kind(Enum):
    """Whose protocol the clients speak."""

    KENO = "keno"
    SOCKETIO = "socketio"
    DRAIN = "drain"
    """None: whatever comes is read and forgotten, compressed or not."""


class Client:
    """One connection: what has been read and not yet understood, and the number of the last frame."""

    __slots__ = ("greeted", "last", "rest", "socket", "upgraded")

    def __init__(self, connection: socket.socket) -> None:
        self.socket, self.rest = connection, b""
        self.upgraded = self.greeted = False
        self.last = -1


class Fleet:
    """All clients, and what they were told."""

    def __init__(self, kind: Kind, *, port: int, target: str, host: str) -> None:
        self.kind, self.port = kind, port
        self.request = _upgrade_request(target, host)
        self.poll = select.epoll()
        self.clients: dict[int, Client] = {}
        self.greeted = self.gone = 0
        self.began_at = self.greeted_at = 0.0
        self.clear()

    def clear(self) -> None:
        """Begin to count anew."""
        self.counts: dict[int, int] = {}
        self.last_at: dict[int, float] = {}
        self.lost = self.repeated = 0

    def connect(self, count: int, *, window: int) -> None:
        """Open so many sockets, at most `window` of them underway at one time, and wait for each one's hello."""
        self.began_at = time.monotonic()
        opened, end = 0, self.began_at + PATIENCE_S
        while self.greeted < count:
            while opened < count and opened - self.greeted < window:
                self._open()
                opened += 1
            self.turn(0.1)
            if self.gone or time.monotonic() > end:
                raise SystemExit(f"{self.greeted} of {count} clients got in, {self.gone} were closed")
        self.greeted_at = time.monotonic()

    def turn(self, timeout: float) -> bool:
        """Serve what is ready; whether standard input is, too."""
        asked = False
        for descriptor, events in self.poll.poll(timeout, 4096):
            client = self.clients.get(descriptor)
            if client is None:
                asked = True
            elif events & (select.EPOLLOUT | select.EPOLLIN) and not client.upgraded:
                self._upgrade(client, events)
            elif events:
                self._read(client)
        return asked

    def _open(self) -> None:
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        connection.setblocking(False)
        connection.connect_ex(("127.0.0.1", self.port))
        self.clients[connection.fileno()] = Client(connection)
        self.poll.register(connection.fileno(), select.EPOLLOUT)

    def _upgrade(self, client: Client, events: int) -> None:
        if events & select.EPOLLOUT:
            client.socket.send(self.request)
            self.poll.modify(client.socket.fileno(), select.EPOLLIN)
            return
        try:
            client.rest += client.socket.recv(READ_MAX)
        except ConnectionError:  # the server's queue of new connections was full: come again, as clients do
            self._drop(client)
            self.gone -= 1
            self._open()
            return
        head, ended, client.rest = client.rest.partition(b"\r\n\r\n")
        if not ended:
            client.rest = head
            return
        compressed = b"permessage-deflate" in head.lower() and self.kind is not Kind.DRAIN
        if b" 101 " not in head.split(b"\r\n")[0] or compressed:
            raise SystemExit(f"not the upgrade that was asked for:\n{head.decode('latin-1')}")
        client.upgraded = True
        self.greeted += self.kind is Kind.DRAIN
        self._take(client, client.rest)

    def _read(self, client: Client) -> None:
        try:
            data = client.socket.recv(READ_MAX)
        except OSError:
            data = b""
        if data:
            self._take(client, client.rest + data if client.rest else data)
        else:
            self._drop(client)

    def _drop(self, client: Client) -> None:
        self.poll.unregister(client.socket.fileno())
        del self.clients[client.socket.fileno()]
        client.socket.close()
        self.gone += 1

    def _take(self, client: Client, data: bytes) -> None:
        """Every whole frame in what was read; a part of one waits for the rest."""
        if self.kind is Kind.DRAIN:
            return
        at, size = 0, len(data)
        while size - at >= 2:
            length, head = data[at + 1], 2
            if length == 126:
                length, head = int.from_bytes(data[at + 2 : at + 4], "big"), 4
            elif length == 127:
                length, head = int.from_bytes(data[at + 2 : at + 10], "big"), 10
            end = at + head + length
            if end > size:
                break
            opcode = data[at] & 15
            if opcode == TEXT:
                self._text(client, data, at + head, end)
            elif opcode == PING:
                client.socket.send(_masked(PONG, data[at + head : end]))
            elif opcode == CLOSE:
                self._drop(client)
                return
            at = end
        client.rest = data[at:] if at < size else b""

    def _text(self, client: Client, data: bytes, start: int, end: int) -> None:
        if self.kind is Kind.SOCKETIO and _is_engine(data, start):
            self._answer_engine(client, data[start:end])
            return
        found = data.find(SEQ, start, end) + len(SEQ)
        stop = data.find(b",", found, end)
        seq = int(data[found : stop if stop >= 0 else data.find(b"}", found, end)])
        if not client.greeted:
            client.greeted, client.last = True, seq
            self.greeted += 1
            return
        if seq != client.last + 1:
            self.lost += max(0, seq - client.last - 1)
            self.repeated += seq <= client.last
        client.last = max(seq, client.last)
        self.counts[seq] = self.counts.get(seq, 0) + 1
        self.last_at[seq] = time.monotonic()

    def _answer_engine(self, client: Client, packet: bytes) -> None:
        """Engine.IO: 0 opens, to which 40 asks for the namespace; 2 is a ping, 3 its answer."""
        answer = {b"0": b"40", b"2": b"3"}.get(packet[:1])
        if answer is not None:
            client.socket.send(_masked(TEXT, answer))

    def report(self) -> dict[str, Any]:
        """What was delivered since the last report."""
        told = {
            "counts": self.counts,
            "last_at": self.last_at,
            "lost": self.lost,
            "repeated": self.repeated,
            "gone": self.gone,
        }
        self.clear()
        return told


def _is_engine(data: bytes, start: int) -> bool:
    """Whether it is no event (42...) but a word of the transport."""
    return data[start : start + 2] != b"42"


def _upgrade_request(target: str, host: str) -> bytes:
    key = b64encode(os.urandom(16)).decode()
    return (
        f"GET {target} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
        "User-Agent: Mozilla/5.0\r\nAccept-Language: sw,en;q=0.8\r\nCache-Control: no-cache\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
    ).encode()


def _masked(opcode: int, payload: bytes) -> bytes:
    mask = os.urandom(4)
    body = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + body


def main(kind: str, port: str, target: str, host: str, count: str, window: str) -> None:
    _allow_files(int(count) + SPARE_FILES)
    fleet = Fleet(Kind(kind), port=int(port), target=target, host=host)
    fleet.connect(int(count), window=int(window))
    seq = max(client.last for client in fleet.clients.values())
    _say({"clients": fleet.greeted, "began_at": fleet.began_at, "greeted_at": fleet.greeted_at, "seq": seq})
    fleet.poll.register(0, select.EPOLLIN)
    while True:
        if fleet.turn(1.0):
            if not os.read(0, 4096):
                return
            _say(fleet.report())


def _allow_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def _say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
