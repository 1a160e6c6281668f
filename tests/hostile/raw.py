"""HTTP by hand: any bytes to a real server, and what it answers. No client library mends or refuses anything here."""

import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PATIENCE_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer. `status` is 0 where the connection ended without one."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def talk(
    address: str, sent: bytes | Iterable[bytes], *, answers: int = 1, patience_s: float = PATIENCE_S
) -> list[Answer]:
    """Send these bytes, part by part, and read so many answers; fewer where the server ends the connection before."""
    place = urlsplit(address)
    with socket.create_connection((place.hostname, place.port), timeout=patience_s) as line:
        try:
            for part in [sent] if isinstance(sent, bytes) else sent:
                line.sendall(part)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused while it was still being told: the answer is there all the same
        return _read(line, answers, time.monotonic() + patience_s)


def _read(line: socket.socket, wanted: int, until: float) -> list[Answer]:
    got, found = b"", []
    while len(found) < wanted:
        answer, got = _take(got)
        if answer is not None:
            found.append(answer)
            continue
        assert time.monotonic() < until, got[:200]
        try:
            more = line.recv(65536)
        except ConnectionResetError:
            more = b""
        if not more:
            break
        got += more
    return found


def _take(got: bytes) -> tuple[Answer | None, bytes]:
    """The first whole answer and the rest; None where there is none yet."""
    head, mark, rest = got.partition(b"\r\n\r\n")
    if not mark:
        return None, got
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
    if headers.get("transfer-encoding") == "chunked":
        body, end, rest = rest.partition(b"0\r\n\r\n")  # the documents that come so have no such line in them
        return (Answer(status=int(first.split()[1]), headers=headers, body=_joined(body)), rest) if end else (None, got)
    size = int(headers.get("content-length", "0"))
    if len(rest) < size:
        return None, got
    return Answer(status=int(first.split()[1]), headers=headers, body=rest[:size]), rest[size:]


def _joined(chunks: bytes) -> bytes:
    body = b""
    while chunks:
        size, _, rest = chunks.partition(b"\r\n")
        body, chunks = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return body


def request(
    method: str,
    path: str,
    *headers: str,
    body: bytes = b"",
    host: str | None = "localhost",
    length: bool = True,
) -> bytes:
    """A request as its bytes. Headers are whole lines; nothing is checked or added but Host and Content-Length."""
    lines = [f"{method} {path} HTTP/1.1"]
    if host is not None:
        lines.append(f"Host: {host}")
    lines += headers
    if length and (body or method in ("POST", "PUT", "PATCH")):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
