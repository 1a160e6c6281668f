"""
The load of a scale run, as a process of its own: bets of all operators on whatever rounds are open, at a steady rate.

`python -m bench.scaling.load JOB.json`, with {"host", "port", "rate", "slips", "connections", "since", "until",
"operators", "database_url", "progress", "out"}. The rate is bets a second while betting is open; each request places
`slips` of them, more than one by a bulk call. An answer's time counts from when the request was due, not from when
there was a connection for it: a server that stalls must not slow down its own measurement.
"""

import asyncio
import json
import random
import sys
import threading
import time
from collections import Counter, deque
from itertools import takewhile
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from bench.scaling.figures import Delays

TURN_S = 0.02
MARGIN_S = 0.25
"""A decent client leaves a round alone just before its close, and learns of its opening from a frame."""
ASK_EVERY_S = 2.0
SHOWN_S = 10.0
AHEAD_S = 20
WAITING_MAX = 20_000
PATIENCE_S = 15.0
OK = (200, 201)


class Schedule:
    """The rounds that are open now: an operator knows them from frames, this process from the rows."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._rounds: list[tuple[float, float, int]] = []
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def open_now(self, now: float) -> list[int]:
        return [
            round_id for opens, closes, round_id in self._rounds if opens + MARGIN_S <= now and now < closes - MARGIN_S
        ]

    def _follow(self) -> None:
        with psycopg.connect(self._url, autocommit=True, application_name="load") as connection:
            while True:
                self._rounds = connection.execute(_ROUNDS, {"ahead": AHEAD_S}).fetchall()
                time.sleep(ASK_EVERY_S)


_ROUNDS = """
    SELECT extract(epoch FROM opens_at)::float8, extract(epoch FROM closes_at)::float8, id FROM public.rounds_round
    WHERE status IN ('scheduled', 'open') AND opens_at < clock_timestamp() + make_interval(secs => %(ahead)s)
"""


class Load:
    """All requests of this process, and what came of them."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._job = job
        self._schedule = Schedule(job["database_url"])
        self._waiting: deque[tuple[float, bytes, bytes]] = deque()
        self._there = asyncio.Semaphore(0)
        self._next_operator = 0
        self.accepted, self.unsent, self.sent, self.answered = 0, 0, 0, 0
        self.refused: Counter[str] = Counter()
        self.times: list[tuple[float, float]] = []

    async def run(self) -> None:
        """Send until the end, then wait for the last answers."""
        senders = [asyncio.create_task(self._send_all()) for _ in range(self._job["connections"])]
        writer = asyncio.create_task(self._write_progress())
        try:
            await self._make_requests()
            await self._drain()
        finally:
            for task in (*senders, writer):
                task.cancel()
            await asyncio.gather(*senders, writer, return_exceptions=True)

    async def _make_requests(self) -> None:
        credit, last, slips = 0.0, time.time(), self._job["slips"]
        while (now := time.time()) < self._job["until"]:
            rounds = self._schedule.open_now(now) if now >= self._job["since"] else []
            credit = credit + (now - last) * self._job["rate"] if rounds else 0.0
            last = now
            while credit >= slips:
                credit -= slips
                self._ask(now, rounds)
            await asyncio.sleep(TURN_S)

    def _ask(self, now: float, rounds: list[int]) -> None:
        if len(self._waiting) >= WAITING_MAX:
            self.unsent += self._job["slips"]
            return
        operators = self._job["operators"]
        operator = operators[self._next_operator % len(operators)]
        self._next_operator += 1
        round_id = random.choice(rounds)
        slips = [_slip(operator, round_id) for _ in range(self._job["slips"])]
        body = slips[0] if len(slips) == 1 else {"bets": slips}
        self._waiting.append((now, json.dumps(body).encode(), operator["key"].encode()))
        self._there.release()

    async def _send_all(self) -> None:
        line = _Line(self._job["host"], self._job["port"])
        while True:
            await self._there.acquire()
            due, body, key = self._waiting.popleft()
            self.sent += 1
            try:
                self._count(due, *await asyncio.wait_for(line.post(self._path, body, key), PATIENCE_S))
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                self.refused[type(error).__name__] += self._job["slips"]
                line.hang_up()
            finally:
                self.answered += 1

    @property
    def _path(self) -> str:
        return "/api/v1/bets" if self._job["slips"] == 1 else "/api/v1/bets/batch"

    def _count(self, due: float, status: int, answer: bytes) -> None:
        if status not in OK:
            self.refused[json.loads(answer).get("code", str(status))] += self._job["slips"]
            return
        self.times.append((due, (time.time() - due) * 1000))
        if self._job["slips"] == 1:
            self.accepted += 1
            return
        for one in json.loads(answer)["results"]:
            if one["problem"]:
                self.refused[one["problem"]["code"]] += 1
            else:
                self.accepted += 1

    async def _drain(self) -> None:
        for _ in range(int(PATIENCE_S / TURN_S)):
            if not self._waiting and self.answered == self.sent:
                return
            await asyncio.sleep(TURN_S)
        self.unsent += len(self._waiting) * self._job["slips"]

    async def _write_progress(self) -> None:
        file = Path(self._job["progress"])
        while True:
            await asyncio.sleep(1)
            recent = self._recent(time.time() - SHOWN_S)
            now = {"accepted": self.accepted, "refused": dict(self.refused), "waiting": len(self._waiting)}
            new = file.with_suffix(".new")
            new.write_text(json.dumps({**now, "answer": Delays.of(recent).as_json()}))
            new.replace(file)

    def _recent(self, since: float) -> list[float]:
        return [took for _, took in takewhile(lambda one: one[0] >= since, reversed(self.times))]

    def result(self) -> dict[str, Any]:
        """For whoever started this."""
        return {
            "accepted": self.accepted,
            "refused": dict(self.refused),
            "unsent": self.unsent,
            "requests": self.sent,
            "answer_ms": Delays.of([took for _, took in self.times]).as_json(),
            "times": self.times,
        }


def _slip(operator: dict[str, Any], round_id: int) -> dict[str, Any]:
    return {
        "round_id": round_id,
        "player_token": random.choice(operator["players"]),
        "picks": random.sample(range(1, 81), random.randint(1, 10)),
        "stake": operator["stake"],
        "currency": operator["currency"],
    }


class _Line:
    """A way to the server: one connection at a time, and a new one when the server has closed an idle one."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._connection: _Connection | None = None

    async def post(self, path: str, body: bytes, key: bytes) -> tuple[int, bytes]:
        """Once more with the same idempotency key where a kept connection turns out to be closed."""
        idempotency_key, kept = uuid4().hex, self._connection
        if kept is not None:
            try:
                return await kept.post(path, body, key, idempotency_key)
            except (ConnectionError, asyncio.IncompleteReadError):
                self.hang_up()
        self._connection = await _Connection.open(self._host, self._port)
        return await self._connection.post(path, body, key, idempotency_key)

    def hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


class _Connection:
    """One kept-alive connection, as lean as can be: what the load costs is taken from what is measured."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self._reader, self._writer, self._host = reader, writer, host

    @classmethod
    async def open(cls, host: str, port: int) -> "_Connection":
        return cls(*await asyncio.open_connection(host, port), host=host)

    async def post(self, path: str, body: bytes, key: bytes, idempotency_key: str) -> tuple[int, bytes]:
        """The status and the body of the answer, which must have a Content-Length."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"Idempotency-Key: {idempotency_key}\r\nContent-Length: {len(body)}\r\nAuthorization: Bearer "
        )
        self._writer.write(head.encode() + key + b"\r\n\r\n" + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return int(answer[9:12]), await self._reader.readexactly(length)

    def close(self) -> None:
        self._writer.close()


async def _bet(job: dict[str, Any]) -> dict[str, Any]:
    load = Load(job)
    await load.run()
    return load.result()


def main() -> None:
    """Bet until the job's end, and write what came of it."""
    job = json.loads(Path(sys.argv[1]).read_text())
    Path(job["out"]).write_text(json.dumps(asyncio.run(_bet(job))))


if __name__ == "__main__":
    main()
