"""How one socket is sent its frames: at once, in order, bounded, and apart from all others."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.frames import Frame, Opcode

from keno_platform.live import sockets
from keno_platform.live.broadcaster import PART, Topic
from keno_platform.live.sending import begin
from keno_platform.live.shared import Memory, Shared
from keno_platform.live.sockets import Message, Socket
from keno_platform.live.wire import frame_bytes, writer_of
from keno_platform.local import ports

T = TypeVar("T")


class Client:
    """A client at the far end of a connection, which takes frames while `takes` is set."""

    def __init__(self) -> None:
        self.got: list[Mapping[str, Any]] = []
        self.takes = asyncio.Event()
        self.takes.set()

    async def send(self, event: Mapping[str, Any]) -> None:
        await self.takes.wait()
        self.got.append(event)

    @property
    def seqs(self) -> list[int]:
        return [json.loads(one["text"])["seq"] for one in self.got if one["type"] == "websocket.send"]

    @property
    def closed_with(self) -> list[int]:
        return [one["code"] for one in self.got if one["type"] == "websocket.close"]


def message(seq: int) -> Message:
    return Message(json.dumps({"seq": seq}))


def run(scenario: Callable[[], Awaitable[T]]) -> T:
    async def bounded() -> T:
        async with asyncio.timeout(20):
            return await scenario()

    return asyncio.run(bounded())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110  # conditions of many kinds
        await asyncio.sleep(0.005)


def test_a_frame_is_sent_without_a_task_while_the_connection_takes_it() -> None:
    async def scenario() -> tuple[list[int], int]:
        client = Client()
        socket = Socket(client.send)
        socket.start(message(0))
        for seq in range(1, 100):
            socket.offer(message(seq))
        return client.seqs, len(asyncio.all_tasks())

    assert run(scenario) == (list(range(100)), 1)


def test_frames_wait_in_order_while_the_connection_does_not_take_them() -> None:
    async def scenario() -> tuple[list[int], list[int], list[int]]:
        client = Client()
        socket = Socket(client.send)
        socket.start(message(0))
        client.takes.clear()
        for seq in range(1, 200):
            socket.offer(message(seq))
        before = client.seqs
        client.takes.set()
        await until(lambda: len(client.got) == 200)
        socket.offer(message(200))
        return before, client.seqs, client.closed_with

    assert run(scenario) == ([0], list(range(201)), [])


def test_what_comes_before_the_start_is_held_and_what_the_hello_has_is_left_out() -> None:
    async def scenario() -> list[int]:
        client = Client()
        socket = Socket(client.send)
        for seq in (4, 5, 6, 7):
            socket.offer(message(seq))
        assert not client.got
        socket.start(message(5), after=5)
        return client.seqs

    assert run(scenario) == [5, 6, 7]


def test_a_slow_socket_is_closed_with_4408_and_delays_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "SEND_TIMEOUT_S", 0.3)

    async def scenario() -> tuple[list[list[int]], list[int], float]:
        topic, clients = Topic("t"), [Client() for _ in range(5)]
        for client in clients:
            one = Socket(client.send)
            topic.sockets[one] = None
            one.start(message(0))
        slow = clients[2]
        slow.takes.clear()
        began = asyncio.get_running_loop().time()
        for seq in range(1, 50):
            topic.add(message(seq))
        others, took = [one.seqs for one in clients if one is not slow], asyncio.get_running_loop().time() - began
        await until(lambda: all(one.closed for one in topic.sockets if one._send == slow.send))
        slow.takes.set()
        await until(lambda: bool(slow.closed_with))
        assert slow.seqs == [0]
        return others, slow.closed_with, took

    others, code, took = run(scenario)
    assert others == [list(range(50))] * 4
    assert code == [4408]
    assert took < 0.3


def test_a_socket_that_is_256_frames_behind_is_closed_with_4408_at_once() -> None:
    async def scenario() -> tuple[bool, bool, list[int], list[int]]:
        client = Client()
        socket = Socket(client.send)
        socket.start(message(0))
        client.takes.clear()
        for seq in range(1, sockets.QUEUE_MAX + 2):  # the first of them waits outside of the queue
            socket.offer(message(seq))
        before = socket.closed
        socket.offer(message(1000))
        after = socket.closed
        client.takes.set()
        await until(lambda: bool(client.closed_with))
        socket.offer(message(1001))
        return before, after, client.seqs, client.closed_with

    assert run(scenario) == (False, True, [0], [4408])


def test_a_client_that_does_not_even_take_the_close_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over a real connection: a client that reads nothing, and a server that would wait for ever."""
    for name in ("SEND_TIMEOUT_S", "CLOSE_TIMEOUT_S"):
        monkeypatch.setattr(sockets, name, 0.2)
    ended = asyncio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await sockets.accept(receive, send)
        socket = Socket(send)
        socket.start(message(0))
        while not socket.closed:
            socket.offer(Message(json.dumps({"seq": 1, "more": "x" * 1_000_000})))
            await asyncio.sleep(0)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        ended.set()

    async def scenario() -> None:
        async with served(application) as port:
            _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.write(_UPGRADE)
            await ended.wait()
            writer.close()

    run(scenario)


def test_a_connection_that_goes_away_while_it_is_sent_to_disturbs_nobody() -> None:
    async def scenario() -> tuple[list[int], bool]:
        async def broken(event: Mapping[str, Any]) -> None:
            raise OSError("gone")

        topic, client = Topic("t"), Client()
        gone, stays = Socket(broken), Socket(client.send)
        for one in (gone, stays):
            topic.sockets[one] = None
            one.start(message(0))
        topic.add(message(1))
        return client.seqs, gone.closed

    assert run(scenario) == ([0, 1], True)


def test_a_large_topic_is_served_in_parts_and_each_frame_to_those_who_were_there() -> None:
    async def scenario() -> tuple[int, list[int], list[int]]:
        topic, clients = Topic("t"), [Client() for _ in range(2 * PART + 1)]
        for client in clients:
            one = Socket(client.send)
            topic.sockets[one] = None
            one.start(message(0))
        topic.add(message(1))
        late = Client()
        newcomer = Socket(late.send)
        topic.sockets[newcomer] = None
        newcomer.start(message(1))
        topic.add(message(2))
        turns = 0
        while topic._sending:
            topic.send_part()
            turns += 1
        assert all(one.seqs == [0, 1, 2] for one in clients)
        return turns, late.seqs, clients[-1].seqs

    assert run(scenario) == (6, [1, 2], [0, 1, 2])


def test_beginning_a_coroutine_runs_it_to_its_first_wait() -> None:
    async def scenario() -> tuple[bool, list[str]]:
        said: list[str] = []
        gate = asyncio.Event()

        async def at_once() -> None:
            said.append("at once")

        async def waits() -> None:
            said.append("before")
            await gate.wait()
            await asyncio.sleep(0)
            said.append("after")

        nothing = begin(at_once())
        rest = begin(waits())
        assert rest is not None
        assert said == ["at once", "before"]
        gate.set()
        async with asyncio.timeout(1):
            await rest
        return nothing is None, said

    assert run(scenario) == (True, ["at once", "before", "after"])


def test_the_rest_of_a_coroutine_lets_go_of_what_it_waits_for_when_it_is_cancelled() -> None:
    async def scenario() -> list[str]:
        said: list[str] = []
        gate = asyncio.Event()

        async def waits() -> None:
            try:
                await gate.wait()
            finally:
                said.append("let go")

        async def refuses() -> None:
            raise ValueError("no")

        rest = begin(waits())
        assert rest is not None
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await rest
        with pytest.raises(ValueError, match="no"):
            begin(refuses())
        assert not gate._waiters
        return said

    assert run(scenario) == ["let go"]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 300, 65_535, 65_536, 100_000])
def test_a_frame_on_the_wire_is_what_websockets_makes_of_it(size: int) -> None:
    text = "ï" * (size // 2) + "x" * (size % 2)
    assert frame_bytes(text) == bytes(Frame(Opcode.TEXT, text.encode()).serialize(mask=False))


@pytest.mark.parametrize(("compresses", "straight"), [(False, True), (True, False)])
def test_frames_go_straight_to_a_connection_of_uvicorn_that_does_not_compress(compresses: bool, straight: bool) -> None:
    """Otherwise an upgrade of uvicorn could cost twice as much, and nobody would know."""
    seen: list[bool] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await sockets.accept(receive, send)
        seen.append(writer_of(send) is not None)
        socket = Socket(send)
        socket.start(message(0))
        for seq in range(1, 300):
            socket.offer(message(seq))
        await receive()

    async def scenario() -> list[int]:
        async with served(application, compresses=compresses) as port, connect(f"ws://127.0.0.1:{port}/") as one:
            return [json.loads(await one.recv())["seq"] for _ in range(300)]

    assert run(scenario) == list(range(300))
    assert seen == [straight]


def test_all_who_ask_while_it_is_being_read_share_a_read_until_the_version_changes() -> None:
    async def scenario() -> tuple[list[int], int]:
        reads, gate = 0, asyncio.Event()

        async def read() -> int:
            nonlocal reads
            reads += 1
            number = reads
            await gate.wait()
            return number

        shared = Shared(read, keep_s=60)
        asked = [asyncio.ensure_future(shared.get(1)) for _ in range(50)]
        await asyncio.sleep(0)
        asked += [asyncio.ensure_future(shared.get(2)) for _ in range(50)]
        await asyncio.sleep(0)
        asked[0].cancel()  # one that goes away takes nothing from the others
        gate.set()
        told = await asyncio.gather(*asked[1:])
        return [told[0], *sorted(set(told)), await shared.get(2)], reads

    assert run(scenario) == ([1, 1, 2, 2], 2)


def test_a_read_that_is_over_is_kept_for_its_time_and_one_that_failed_is_not() -> None:
    async def scenario() -> list[Any]:
        answers: list[Any] = [ValueError("once"), 1, 2]

        async def read() -> int:
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return int(answer)

        shared = Shared(read, keep_s=0.05)
        with pytest.raises(ValueError, match="once"):
            await shared.get()
        told = [await shared.get(), await shared.get()]
        await until(lambda: shared._reading is not None and shared._reading.is_old())
        return [*told, await shared.get()]

    assert run(scenario) == [1, 1, 2]


def test_what_is_remembered_is_bounded() -> None:
    async def scenario() -> int:
        memory = Memory(names_max=10)

        async def read() -> int:
            return 1

        for name in range(100):
            await memory.get(f"host-{name}", read, keep_s=60)
        return len(memory._kept)

    assert run(scenario) <= 10


_UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@asynccontextmanager
async def served(application: Any, *, compresses: bool = False) -> AsyncIterator[int]:
    """The port of this application behind a real uvicorn, on this loop."""
    port = ports.find_free()
    choices = {
        "lifespan": "off",
        "log_config": None,
        "ws_per_message_deflate": compresses,
        "timeout_graceful_shutdown": 1,
    }
    server = uvicorn.Server(uvicorn.Config(application, host="127.0.0.1", port=port, **choices))
    serving = asyncio.ensure_future(server._serve())
    try:
        await until(lambda: server.started)
        yield port
    finally:
        server.should_exit = True
        await serving
