"""The catalogue of sockets that are opened or used wrongly, frame by frame, against a real web process."""

import json
import time
from collections.abc import Callable

import pytest

from tests.acceptance.worlds import World
from tests.hostile.frames import BINARY, CLOSE, CONTINUED, PING, PONG, TEXT, Line, connected, frame, handshake
from tests.hostile.raw import request, talk
from tests.hostile.server import Server

pytestmark = pytest.mark.usefixtures("committed")
PLAYER, BANKER = "/ws/v1/player", "/ws/v1/banker"
UPGRADE = ("Connection: Upgrade", "Upgrade: websocket")
KEY = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
NEW = "Sec-WebSocket-Version: 13"

HANDSHAKES: dict[str, tuple[int, str, tuple[str, ...]]] = {
    "no origin": (403, PLAYER, (*UPGRADE, NEW, KEY)),
    "an origin of somebody else": (403, PLAYER, (*UPGRADE, NEW, KEY, "Origin: https://evil.example")),
    "an origin whose end is ours": (403, PLAYER, (*UPGRADE, NEW, KEY, "Origin: http://mamba.localhost.evil.example")),
    "an origin whose beginning is ours": (
        403,
        PLAYER,
        (*UPGRADE, NEW, KEY, "Origin: http://mamba.localhost@evil.example"),
    ),
    "an origin without a name": (403, PLAYER, (*UPGRADE, NEW, KEY, "Origin: null")),
    "an origin that is none": (403, PLAYER, (*UPGRADE, NEW, KEY, "Origin: http://[")),
    "an origin with a port that is none": (403, PLAYER, (*UPGRADE, NEW, KEY, "Origin: http://mamba.localhost:99999")),
    "an origin that is not ASCII": (403, PLAYER, (*UPGRADE, NEW, KEY, "Origin: http://\xe9\xff")),
    "no key": (400, PLAYER, (*UPGRADE, NEW, "Origin: http://mamba.localhost")),
    "a key of another length": (
        400,
        PLAYER,
        (*UPGRADE, NEW, "Sec-WebSocket-Key: AAAA", "Origin: http://mamba.localhost"),
    ),
    "a key that is none": (400, PLAYER, (*UPGRADE, NEW, "Sec-WebSocket-Key: \xe9", "Origin: http://mamba.localhost")),
    "two keys": (400, PLAYER, (*UPGRADE, NEW, KEY, KEY, "Origin: http://mamba.localhost")),
    "an old version": (400, PLAYER, (*UPGRADE, KEY, "Sec-WebSocket-Version: 8", "Origin: http://mamba.localhost")),
    "no version": (400, PLAYER, (*UPGRADE, KEY, "Origin: http://mamba.localhost")),
    "no upgrade": (404, PLAYER, (NEW, KEY, "Origin: http://mamba.localhost")),
    **{
        f"no socket at {path[:24]}": (404, path, (*UPGRADE, NEW, KEY, "Origin: http://mamba.localhost"))
        for path in (
            *("/", "/ws/v1/nothing", "/ws/v1/player/", "/ws/v1/games/", "/ws/v1/games/a/b", "/ws/v1/games/%00"),
            *("/ws/v1/games/%D9%A1", "/ws/v1/games/..%2fplayer", "/ws/v1/games/a.b", "/api/v1/bets", "/admin/"),
        )
    },
}


def test_every_handshake_that_is_wrong_gets_its_status(server: Server) -> None:
    wrong = {}
    for name, (status, path, headers) in HANDSHAKES.items():
        with connected(server.port) as line:
            line.send(request("GET", path, *headers, host="mamba.localhost"))
            if (found := line.status()) != status:
                wrong[name] = (found, status)
    assert wrong == {}


def test_a_token_in_the_address_opens_nothing(server: Server, worlds: tuple[World, World]) -> None:
    """It is not read at all: the socket still waits for the first message, and a message without a token ends it."""
    path = f"{PLAYER}?token={worlds[0].session}&access_token={worlds[0].session}"
    with connected(server.port) as line:
        line.send(handshake(path, f"Authorization: Bearer {worlds[0].session}", port=server.port))
        assert line.status() == 101
        line.send(frame(TEXT, b'{"type": "auth"}'))
        assert line.closing_code() == 4401
    assert worlds[0].session not in server.log.read_text()


def said(*parts: bytes) -> Callable[[Line], None]:
    return lambda line: line.send(b"".join(parts))


def pieces(data: bytes, count: int) -> list[bytes]:
    """The beginning of a message, and so many parts of it of which none is the last."""
    return [frame(TEXT, data, final=False), *[frame(CONTINUED, data, final=False)] * count]


AUTH = b'{"type": "auth", "token": %s}'
FRAMES: dict[str, tuple[int, Callable[[Line], None]]] = {
    "binary": (1008, said(frame(BINARY, b"\x00\x01"))),
    "no JSON": (4401, said(frame(TEXT, b"hello"))),
    "a list": (4401, said(frame(TEXT, b"[]"))),
    "nothing": (4401, said(frame(TEXT, b""))),
    "another type": (4401, said(frame(TEXT, b'{"type": "subscribe", "game": "x"}'))),
    "a type twice": (4401, said(frame(TEXT, b'{"type": "auth", "type": "auth", "token": "x"}'))),
    "a number for a token": (4401, said(frame(TEXT, AUTH % b"7"))),
    "a float for a token": (4401, said(frame(TEXT, AUTH % b"1e400"))),
    "a NUL in a token": (4401, said(frame(TEXT, AUTH % b'"ps.mamba.\\u0000"'))),
    "half a character in a token": (4401, said(frame(TEXT, AUTH % b'"ps.mamba.\\ud800"'))),
    "a path in a token": (4401, said(frame(TEXT, AUTH % b'"ps.../../x.y"'))),
    "an operator's key": (4401, said(frame(TEXT, AUTH % b'"ko_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"'))),
    "deep JSON": (4401, said(frame(TEXT, b"[" * 500 + b"]" * 500))),
    "2 KB of text": (1008, said(frame(TEXT, b"x" * 2_000))),
    "10 MB of text": (1009, said(frame(TEXT, b"x" * 10_000_000))),
    "a length of 8 EB": (1009, said(frame(TEXT, b"x", size=(1 << 63) - 1))),
    "a length beyond 63 bits": (1009, said(frame(TEXT, b"x", size=(1 << 64) - 1))),
    "a message without an end": (1009, said(*pieces(b"x" * 1_000, 50))),
    "ten thousand empty pieces": (1009, said(*pieces(b"", 10_000))),
    "an end without a beginning": (1002, said(frame(CONTINUED, b"x"))),
    "a beginning inside a message": (1002, said(frame(TEXT, b"x", final=False), frame(TEXT, b"y"))),
    "text that is not UTF-8": (1007, said(frame(TEXT, b"\xff\xfe\xc0\xaf"))),
    "a frame without a mask": (1002, said(frame(TEXT, b"{}", masked=False))),
    "a reserved bit": (1002, said(frame(TEXT, b"{}", bits=0x40))),
    "a kind that is none": (1002, said(frame(0x3, b""))),
    "a control frame in pieces": (1002, said(frame(PING, b"x", final=False))),
    "a control frame of 200 bytes": (1002, said(frame(PING, b"x" * 200))),
    "a close of one byte": (1002, said(frame(CLOSE, b"\x03"))),
    "a close with a code of nobody": (1002, said(frame(CLOSE, b"\x00\x01"))),
    "a close with a reason that is not UTF-8": (1007, said(frame(CLOSE, b"\x03\xe8\xff"))),
    "a close": (1000, said(frame(CLOSE, b"\x03\xe8"))),
    "pongs that nobody asked for, and a close": (1000, said(*[frame(PONG, b"x")] * 1_000, frame(CLOSE, b"\x03\xe8"))),
    "a thousand messages": (4401, said(*[frame(TEXT, b"{}")] * 1_000)),
    "a request in place of a frame": (1002, said(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")),
}


@pytest.mark.parametrize("path", [PLAYER, BANKER])
def test_every_frame_that_is_wrong_closes_the_socket_with_its_code(server: Server, path: str) -> None:
    wrong = {}
    for name, (code, send) in FRAMES.items():
        with connected(server.port) as line:
            line.send(handshake(path, port=server.port))
            assert line.status() == 101
            began = time.monotonic()
            send(line)
            if (found := line.closing_code()) != code:
                wrong[name] = (found, code)
            assert time.monotonic() - began < 8, name
    assert wrong == {}


def test_a_flood_of_pings_whose_answers_nobody_takes_is_not_kept_in_memory(
    server: Server, worlds: tuple[World, World]
) -> None:
    """The server stops reading: what is sent stays with the sender, and others are served meanwhile."""
    token = json.dumps({"type": "auth", "token": worlds[0].session}).encode()
    before = server.process.memory_info().rss
    pings = frame(PING, b"x" * 100) * 10_000
    with connected(server.port) as line:
        line.send(handshake(PLAYER, port=server.port))
        assert line.status() == 101
        line.send(frame(TEXT, token))
        assert line.answer() == "ready"
        line.socket.settimeout(0.5)
        sent, ended = 0, False
        for _ in range(60):
            try:
                sent += line.socket.send(pings)
            except TimeoutError:
                ended = True
                break
        grown = server.process.memory_info().rss - before
        [answer] = talk(server.address, request("GET", "/health/live"))
    assert answer.status == 200
    assert ended, f"{sent} bytes of pings were taken"
    assert grown < 32 * 2**20, f"{grown / 2**20:.0f} MB more"


def test_sockets_that_are_opened_and_left_leave_nothing_behind(server: Server) -> None:
    for _ in range(200):
        with connected(server.port) as line:
            line.send(handshake(PLAYER, port=server.port))
            assert line.status() == 101
    deadline = time.monotonic() + 15
    while len(server.process.net_connections()) > 40:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_request_where_a_socket_is_expected_is_an_unknown_address(server: Server) -> None:
    for method in ("GET", "POST"):
        [answer] = talk(server.address, request(method, PLAYER))
        assert (answer.status, json.loads(answer.body)["code"]) == (404, "not_found")


def test_half_a_handshake_and_half_a_frame_hold_up_nobody(server: Server) -> None:
    whole = handshake(PLAYER, port=server.port)
    with connected(server.port) as one, connected(server.port) as two:
        one.send(whole[:40])
        two.send(whole)
        assert two.status() == 101
        two.send(frame(TEXT, b"x" * 100)[:5])
        [answer] = talk(server.address, request("GET", "/health/live"))
        assert answer.status == 200
