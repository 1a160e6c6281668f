"""
What is wrong with a request before it says anything: how it is framed, its head, its address. Each with its answer.

`code` is that of the problem document; NOT_HTTP where the server refuses bytes that are no request, in plain text or in
none, and ends the connection.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.hostile.raw import request

NOT_HTTP = "-"
OK = ""
GOOD, ANYONE, PAGE, DOOR = "/api/v1/games", "/health/live", "/verify", "/api/v1/bets"
JSON = "Content-Type: application/json"
BODIES = {
    DOOR: b'{"player_token": "x", "game": "x", "picks": [1], "stake": "10.00", "currency": "KES"}',
    "/api/v1/wallet/deposits": b'{"player_token": "x", "amount": "10.00", "currency": "KES"}',
}
"""Good as far as they can be without knowing who is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One request and its one answer."""

    name: str
    sent: bytes
    status: int
    code: str = NOT_HTTP


def rows(key: str) -> list[Row]:
    """The whole catalogue; `key` is a good credential of an operator's backend."""
    return [*_framing(key), *_heads(key), *_hosts(key), *_addresses(key), *_methods(key), *_bodies(key)]


def _with(key: str, *headers: str) -> tuple[str, ...]:
    return (f"Authorization: Bearer {key}", *headers)


def _framing(key: str) -> Iterator[Row]:
    def post(*headers: str, body: bytes = b"{}") -> bytes:
        return request("POST", DOOR, *_with(key, JSON, "Idempotency-Key: k"), *headers, body=body, length=False)

    def bad(name: str, sent: bytes) -> Row:
        return Row(name=name, sent=sent, status=400)

    chunked = "Transfer-Encoding: chunked"
    yield bad("length and chunks", post("Content-Length: 2", chunked, body=b"2\r\n{}\r\n0\r\n\r\n"))
    yield bad("chunks and length", post(chunked, "Content-Length: 2", body=b"2\r\n{}\r\n0\r\n\r\n"))
    yield bad("two lengths that differ", post("Content-Length: 2", "Content-Length: 3"))
    yield bad("two lengths that agree", post("Content-Length: 2", "Content-Length: 2"))
    for number in ("+2", "-2", "0_2", "0x2", "2,2", "2.0", "", "two", "9" * 30, "\xb2"):
        yield bad(f"length {number[:8]!r}", post(f"Content-Length: {number}"))
    for coding in ("xchunked", "chunked, gzip", "gzip", "identity", "\x0bchunked", "chunked\xff"):
        yield bad(f"coding {coding!r}", post(f"Transfer-Encoding: {coding}", body=b"0\r\n\r\n"))
    for size in (b"0x2", b"+2", b"-2", b"2 2", b"g", b"", b"F" * 20, b"\xb2"):
        yield bad(f"chunk of size {size[:8]!r}", post(chunked, body=size + b"\r\n{}\r\n0\r\n\r\n"))
    yield bad("a chunk longer than it says", post(chunked, body=b"1\r\n{}\r\n0\r\n\r\n"))
    yield bad("space before the colon", post("Content-Length : 2"))
    yield bad("no request at all", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64)
    yield bad("the beginning of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    yield Row(name="HTTP/0.9", sent=b"GET /health/live\r\n\r\n", status=200, code=OK)
    yield bad("a version that is none", b"GET /health/live HTTP/1.x\r\nHost: localhost\r\n\r\n")
    yield bad("a version of the future", b"GET /health/live HTTP/3.0\r\nHost: localhost\r\n\r\n")
    yield bad("bare line feeds", b"GET /health/live HTTP/1.1\nHost: localhost\n\n")
    yield bad("a bare carriage return", b"GET /health/live HTTP/1.1\rHost: localhost\r\r")
    yield bad("a space in the address", b"GET /health /live HTTP/1.1\r\nHost: localhost\r\n\r\n")


def _heads(key: str) -> Iterator[Row]:
    def asked(*headers: str) -> bytes:
        return request("GET", GOOD, *_with(key), *headers)

    for name, header in {
        "a NUL in a value": "X-A: a\x00b",
        "a NUL in a name": "X\x00A: b",
        "a name with a space": "X A: b",
        "a name with a bracket": "X(A): b",
        "a name that is empty": ": b",
        "a line without a colon": "X-A",
        "a folded value": "X-A: a\r\n b",
        "a line feed in a value": "X-A: a\nX-B: b",
        "a carriage return in a value": "X-A: a\rX-B: b",
    }.items():
        yield Row(name=name, sent=asked(header), status=400)
    yield Row(name="a header of 100 KB", sent=asked("X-A: " + "a" * 100_000), status=431)
    yield Row(name="3,000 headers of 20 bytes", sent=asked(*[f"X-{n:06}: {n:010}" for n in range(3_000)]), status=431)
    yield Row(name="an address of 40 KB", sent=request("GET", GOOD + "?q=" + "a" * 40_000), status=431)
    yield Row(name="a header without an end", sent=b"GET / HTTP/1.1\r\nX-A: " + b"a" * 200_000, status=431)
    yield Row(name="an address without an end", sent=b"GET /" + b"a" * 200_000, status=431)
    for name, header in {
        "a value that is not ASCII": "X-A: \xe9\xff",
        "500 small headers": "\r\n".join(f"X-{n}: 1" for n in range(500)),
        "cookies that are none": "Cookie: ;;==\xff; a; =b",
        "a language that is none": "Accept-Language: ;q=,,*;q=9" + ",x" * 300,
        "a forwarded host": "X-Forwarded-Host: taipan.localhost",
        "a forwarded protocol": "X-Forwarded-Proto: https,http",
        "another method in a header": "X-Http-Method-Override: DELETE",
        "an upgrade to what is not spoken": "Connection: upgrade\r\nUpgrade: h2c",
    }.items():
        yield Row(name=name, sent=asked(header), status=200, code=OK)
    for name, header in {
        "no credential": "X-A: b",
        "a credential with an underscore in its name": f"HTTP_AUTHORIZATION: Bearer {key}",
    }.items():
        yield Row(name=name, sent=request("GET", GOOD, header), status=401, code="unauthenticated")
    twice = _with(key, f"Authorization: Bearer {key}")
    yield Row(name="a credential twice", sent=request("GET", GOOD, *twice), status=400, code="malformed_request")
    for name, value in {
        "another scheme": f"Basic {key}",
        "no token": "Bearer",
        "a token with a space": "Bearer a b",
        "a token that is not ASCII": "Bearer \xe9",
        "a token of 9 KB": "Bearer ko_" + "a" * 9_000,
        "a token that nobody has": "Bearer ko_" + "a" * 43,
        "a session of nobody": "Bearer ps.nobody.aaaa",
        "a session of no operator": "Bearer ps..",
        "a session with a path in it": "Bearer ps.../../etc.a",
    }.items():
        known = value.startswith(("Bearer ko_", "Bearer ps."))
        status, code = (401, "unauthenticated") if known else (400, "malformed_request")
        code = "session_expired" if value.startswith("Bearer ps.") else code
        for path in (GOOD, DOOR):
            method, more = ("GET", ()) if path == GOOD else ("POST", (JSON, "Idempotency-Key: k"))
            sent = request(method, path, f"Authorization: {value}", *more, body=b"{}" if more else b"")
            yield Row(name=f"{name}, {method}", sent=sent, status=status, code=code)


def _hosts(key: str) -> Iterator[Row]:
    for host in ("evil.example", "localhost.evil.example", "localhost:8000@evil.example", "local host", "\xe9", "[::1"):
        yield Row(name=f"host {host!r}", sent=request("GET", PAGE, host=host), status=400, code="malformed_request")
    twice = request("GET", PAGE, "Host: evil.example")
    yield Row(name="two hosts", sent=twice, status=400, code="malformed_request")
    other = b"GET http://evil.example/api/v1/games HTTP/1.1\r\nHost: localhost\r\n\r\n"
    yield Row(name="an address with another host in it", sent=other, status=401, code="unauthenticated")


def _addresses(key: str) -> Iterator[Row]:
    for path in (
        *("/api/v1/../../admin/", "/api/v1/%2e%2e/admin/", "//api/v1/games", "/api/v1//games", "/api/v1/games/"),
        *("/api/v1/bets/%00", "/api/v1/bets/%zz", "/api/v1/bets/%c0%af", "/api/v1/bets/%ff", "/api/v1/bets/%ed%a0%80"),
        *("/api/v1/bets/not-a-uuid", "/api/v1/rounds/-1", "/api/v1/rounds/1e3", "/api/v1/rounds/" + "9" * 400),
        *("/api/v1/rounds/%D9%A1", "/api/v1/bets;a=b", "/api/v1/bets/..%2f..%2fetc%2fpasswd", "/.git/config", "/.env"),
        *("/static/../keno_platform/settings.py", "/static/..%2f..%2fetc/passwd", "/static/%00", "/texts/x/y.json"),
    ):
        code = "round_not_found" if "999" in path else "not_found"
        yield Row(name=f"address {path[:40]}", sent=request("GET", path, *_with(key)), status=404, code=code)
    for query in (
        *(
            "limit=0",
            "limit=-1",
            "limit=501",
            "limit=x",
            "limit=1e2",
            "limit=%D9%A1",
            "limit=",
            "limit=null",
            "nosuch=1",
        ),
        *("limit=1&limit=1", "cursor=x", "cursor=%ff", "cursor=%00", "cursor=" + "a" * 3_000, "%00=1", "limit%00=1"),
    ):
        sent = request("GET", f"/api/v1/bets?{query}", *_with(key))
        yield Row(name=f"query {query[:30]}", sent=sent, status=422, code="parameter_invalid")
    many = "&".join(f"a{n}=1" for n in range(1_500))
    sent = request("GET", f"/api/v1/bets?{many}", *_with(key))
    yield Row(name="1,500 parameters", sent=sent, status=400, code="malformed_request")


def _methods(key: str) -> Iterator[Row]:
    for method, path in (
        *(("DELETE", GOOD), ("PUT", DOOR), ("PATCH", DOOR), ("TRACE", GOOD), ("DELETE", DOOR), ("PROPFIND", GOOD)),
        *(("POST", "/api/v1/rounds/1"), ("OPTIONS", DOOR)),
    ):
        sent = request(method, path, *_with(key))
        yield Row(name=f"{method} {path}", sent=sent, status=405, code="method_not_allowed")
    for method in ("FOO", "get", "G\xc9T", ""):
        yield Row(name=f"method {method!r}", sent=request(method, GOOD, *_with(key)), status=400)
    yield Row(name="CONNECT", sent=request("CONNECT", "localhost:443", *_with(key)), status=400)


def _bodies(key: str) -> Iterator[Row]:
    own = _with(key, "Idempotency-Key: k")
    for path in BODIES:
        for kind in ("text/plain", "", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "a/b/c"):
            sent = request("POST", path, *own, f"Content-Type: {kind}", body=b"{}")
            yield Row(name=f"{path} as {kind!r}", sent=sent, status=415, code="unsupported_media_type")
        packed = request("POST", path, *own, JSON, "Content-Encoding: gzip", body=b"\x1f\x8b\x08\x00" + b"\x00" * 20)
        yield Row(name=f"{path} packed", sent=packed, status=400, code="malformed_request")
        long = b"[" + b" " * (600 * 1024) + b"]"
        sent = request("POST", path, *own, JSON, body=long)
        yield Row(name=f"{path} with 600 KB", sent=sent, status=413, code="payload_too_large")
        more = 413, "payload_too_large" if path == DOOR else NOT_HTTP
        sent = request("POST", path, *own, JSON, body=b" " * 5_000_000)
        yield Row(name=f"{path} with 5 MB", sent=sent, status=more[0], code=more[1])
        chunks = b"".join(b"10000\r\n" + b" " * 65_536 + b"\r\n" for _ in range(12)) + b"0\r\n\r\n"
        sent = request("POST", path, *own, JSON, "Transfer-Encoding: chunked", body=chunks, length=False)
        yield Row(name=f"{path} with 768 KB in chunks", sent=sent, status=413, code="payload_too_large")
        for keyed in ("", "x" * 129, "a b", "a,b", "\xe9", "a\tb"):
            code = "malformed_request" if keyed else "idempotency_key_missing"
            sent = request("POST", path, *_with(key, JSON, f"Idempotency-Key: {keyed}"), body=BODIES[path])
            yield Row(name=f"{path} with key {keyed[:5]!r}", sent=sent, status=400, code=code)
        sent = request("POST", path, *own, JSON, "Idempotency-Key: k", body=BODIES[path])
        yield Row(name=f"{path} with two keys", sent=sent, status=400, code="malformed_request")
