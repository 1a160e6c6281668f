"""
The load of a benchmark, as a process of its own: connections that each place one bet, or one bulk of bets, after the
other, and take as little of the machine as they can.

`run` starts it and gives what it met. `python -m bench.load CONFIG.json` is the process: JSON in, JSON out. Every
request has an idempotency key of its own; players, picks and stakes vary; everything else is rendered beforehand.
"""

import asyncio
import functools
import gc
import itertools
import json
import random
import secrets
import subprocess
import sys
import tempfile
import time
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

RETRY_AFTER_S = 1.0
"""What a 503 asks for, as a decent client does it."""
BODIES_MIN = 4096
"""So many different bets at least, or all operators' in turn."""
BULKS = 24
"""So many different bulk bodies."""
SAMPLE = 2000
PLACED = b'"status":201'
PATH, BULK_PATH = "/api/v1/bets", "/api/v1/bets/batch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bettor:
    """An operator's backend: its key, whom it bets for, and on which round."""

    key: str
    players: Sequence[str]
    round_id: int
    currency: str = "KES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Connections that bet alike: each next request is the next backend's. With `bulk`, so many bets a call."""

    name: str
    bettors: Sequence[Bettor]
    connections: int
    bulk: int = 0
    stakes: Sequence[str] = ("1.00", "2.00", "5.00", "7.50", "10.00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """What a lane met. Latencies of whole calls in milliseconds; `sample` has some of all, evenly, in rising order."""

    placed: int
    """Bets that were answered 201."""
    calls: int
    seconds: float
    refused: Mapping[str, int]
    """By the code of the problem, or by `status` where there is none; `lost` are broken connections."""
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    load_cpu_us: float
    """CPU of this generator for each call, over all lanes."""
    sample: Sequence[float] = field(default=())

    @property
    def rate(self) -> float:
        """Accepted bets a second."""
        return self.placed / self.seconds


def run(urls: str | Sequence[str], lanes: Sequence[Lane], *, seconds: float) -> dict[str, Met]:
    """
    Bet on all lanes at once for so long, over these web processes evenly; what each lane met, by its name.

    :raises RuntimeError: the process failed.
    """
    config = {
        "urls": [urls] if isinstance(urls, str) else list(urls),
        "seconds": seconds,
        "lanes": [asdict(lane) for lane in lanes],
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(config, file)
        file.flush()
        done = subprocess.run(
            [sys.executable, "-m", "bench.load", file.name],
            capture_output=True,
            check=False,
            text=True,
            cwd=Path(__file__).resolve().parent.parent,
        )
    if done.returncode:
        raise RuntimeError(f"the load failed: {done.stderr[-2000:]}")
    return {name: Met(**met) for name, met in json.loads(done.stdout).items()}


class _Lane:
    """A lane at work: what it sends next, and what it has met."""

    def __init__(self, described: Mapping[str, Any], host: str) -> None:
        self.name: str = described["name"]
        self.connections: int = described["connections"]
        self.bulk: int = described["bulk"]
        rendered = _bulks(described, host) if self.bulk else _bets(described, host)
        self.requests = itertools.cycle(rendered)
        self.numbers = itertools.count()
        self.run = secrets.token_hex(8).encode()
        self.times = array("q")
        self.placed = 0
        self.refused: Counter[str] = Counter()

    def next_request(self) -> bytes:
        head, tail = next(self.requests)
        return b"%b%b-%x%b" % (head, self.run, next(self.numbers), tail)


def _bets(described: Mapping[str, Any], host: str) -> list[tuple[bytes, bytes]]:
    """What stands before and after the idempotency key of each request, the backends' in turn."""
    bettors, stakes = described["bettors"], described["stakes"]
    rounds = -(-BODIES_MIN // len(bettors))
    return [_request(host, PATH, one["key"], _bet(one, stakes)) for _ in range(rounds) for one in bettors]


def _bulks(described: Mapping[str, Any], host: str) -> list[tuple[bytes, bytes]]:
    bettors, stakes, size = described["bettors"], described["stakes"], described["bulk"]
    return [
        _request(host, BULK_PATH, one["key"], {"bets": [_bet(one, stakes) for _ in range(size)]})
        for _ in range(-(-BULKS // len(bettors)))
        for one in bettors
    ]


def _bet(bettor: Mapping[str, Any], stakes: Sequence[str]) -> dict[str, Any]:
    return {
        "round_id": bettor["round_id"],
        "player_token": random.choice(bettor["players"]),
        "picks": random.sample(range(1, 81), random.randint(1, 10)),
        "stake": random.choice(stakes),
        "currency": bettor["currency"],
    }


def _request(host: str, path: str, key: str, body: Mapping[str, Any]) -> tuple[bytes, bytes]:
    raw = json.dumps(body, separators=(",", ":")).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\nIdempotency-Key: "
    tail = f"\r\nContent-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
    return head.encode(), tail.encode() + raw


class _Connection(asyncio.Protocol):
    """One connection: sends the next request when the answer to the last one is whole."""

    transport: asyncio.Transport

    def __init__(self, lane: _Lane, end_ns: int, done: "asyncio.Future[None]") -> None:
        self._lane, self._end, self._done = lane, end_ns, done
        self._began = 0
        self._buffer = bytearray()
        self._size = 0
        """Bytes of the answer that is being read, with its head; 0 while its head is not there yet."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self._send()

    def _send(self) -> None:
        self._began = time.perf_counter_ns()
        if self._began >= self._end:
            self._finish()
        else:
            self.transport.write(self._lane.next_request())

    def data_received(self, data: bytes) -> None:
        if self._buffer:
            self._buffer += data
            self._read(self._buffer)
        else:
            self._read(data)

    def _read(self, data: bytes | bytearray) -> None:
        size = self._size or _size_of(data)
        if size and len(data) >= size:
            self._size = 0
            self._take(data)
            self._buffer.clear()
            return
        self._size = size
        if data is not self._buffer:
            self._buffer += data

    def _take(self, answer: bytes | bytearray) -> None:
        lane = self._lane
        lane.times.append(time.perf_counter_ns() - self._began)
        status = bytes(answer[9:12])
        if status == b"201" and not lane.bulk:
            lane.placed += 1
        elif status == b"200" and lane.bulk:
            self._take_bulk(answer)
        else:
            lane.refused[_code_of(answer)] += 1
        if status == b"503":
            asyncio.get_running_loop().call_later(RETRY_AFTER_S, self._send)
        else:
            self._send()

    def _take_bulk(self, answer: bytes | bytearray) -> None:
        """Accepted items are counted by their status, which no other member has; the others by their codes."""
        placed = answer.count(PLACED)
        self._lane.placed += placed
        if placed < self._lane.bulk:
            for item in json.loads(_body_of(answer))["results"]:
                if item["status"] != 201:
                    self._lane.refused[item["problem"]["code"]] += 1

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._lane.refused["lost"] += 1
            self._finish()

    def _finish(self) -> None:
        if not self._done.done():
            self._done.set_result(None)
        self.transport.close()


def _size_of(data: bytes | bytearray) -> int:
    """The bytes of the answer that begins here, or 0 while its head is not whole."""
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return 0
    place = data.find(b"content-length: ", 0, head)
    if place < 0:
        place = data[:head].lower().find(b"content-length: ")
        if place < 0:
            raise RuntimeError(f"an answer without Content-Length: {bytes(data[:200])!r}")
    return head + 4 + int(data[place + 16 : data.find(b"\r", place)])


def _body_of(answer: bytes | bytearray) -> bytes:
    return bytes(answer).partition(b"\r\n\r\n")[2]


def _code_of(answer: bytes | bytearray) -> str:
    try:
        return str(json.loads(_body_of(answer))["code"])
    except (ValueError, KeyError, TypeError):
        return bytes(answer[9:12]).decode()


async def _bet_for(config: Mapping[str, Any]) -> dict[str, Any]:
    targets = [urlsplit(url) for url in config["urls"]]
    lanes = [_Lane(described, targets[0].netloc) for described in config["lanes"]]
    loop = asyncio.get_running_loop()
    gc.collect()
    gc.disable()  # what a few seconds leave behind is little, and pauses would be taken for the server's
    began, cpu = time.perf_counter_ns(), time.process_time()
    end = began + int(config["seconds"] * 1e9)
    waiting = []
    for target, lane in zip(itertools.cycle(targets), _connections_of(lanes), strict=False):
        done: asyncio.Future[None] = loop.create_future()
        waiting.append(done)
        factory = functools.partial(_Connection, lane, end, done)
        await loop.create_connection(factory, target.hostname, target.port)
    await asyncio.gather(*waiting)
    seconds = (time.perf_counter_ns() - began) / 1e9
    cpu_us = (time.process_time() - cpu) * 1e6 / max(1, sum(len(lane.times) for lane in lanes))
    return {lane.name: _met(lane, seconds, cpu_us) for lane in lanes}


def _connections_of(lanes: Sequence[_Lane]) -> Iterator[_Lane]:
    return (lane for lane in lanes for _ in range(lane.connections))


def _met(lane: _Lane, seconds: float, cpu_us: float) -> dict[str, Any]:
    times = [nanoseconds / 1e6 for nanoseconds in sorted(lane.times)] or [0.0]

    def quantile(share: float) -> float:
        return times[min(len(times) - 1, int(len(times) * share))]

    met = Met(
        placed=lane.placed,
        calls=len(lane.times),
        seconds=seconds,
        refused=dict(lane.refused),
        p50_ms=quantile(0.5),
        p95_ms=quantile(0.95),
        p99_ms=quantile(0.99),
        max_ms=times[-1],
        load_cpu_us=cpu_us,
        sample=[round(quantile(place / SAMPLE), 3) for place in range(SAMPLE)],
    )
    return asdict(met)


def main() -> None:
    import uvloop

    config = json.loads(Path(sys.argv[1]).read_text())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(_bet_for(config))))


if __name__ == "__main__":
    main()
