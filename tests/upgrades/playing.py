"""Operators' backends that bet on every open round, and hold the server to its word about each bet."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Any
from uuid import uuid4

import psycopg

MARGIN_S = 0.3
"""A decent backend leaves a round alone just before its close."""
GIVE_UP_S = 20.0
LATE = "round_not_open"


class Backends:
    """Several threads of one backend each; what came of their bets."""

    def __init__(self, *, port: int, people: Sequence[Any], database_url: str, threads: int = 4, pause_s: float = 0.05):
        self._port, self.people, self._url, self._pause_s = port, list(people), database_url, pause_s
        self._over, self._lock = threading.Event(), threading.Lock()
        self._rounds: list[tuple[float, float, int]] = []
        self._threads = [threading.Thread(target=self._follow)]
        self._threads += [threading.Thread(target=self._play) for _ in range(threads)]
        self.accepted: Counter[str] = Counter()
        """By the operator's slug."""
        self.resent, self.late = 0, 0
        self.failed: list[str] = []
        self.times: list[tuple[float, float]] = []
        """When each accepted bet was first sent, and after how many seconds it was answered."""

    def __enter__(self) -> "Backends":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def slowest_since(self, moment: float) -> float:
        """Seconds, of bets that were sent since then."""
        return max((took for sent, took in list(self.times) if sent >= moment), default=0.0)

    def wait_for(self, bets: int, *, patience_s: float) -> None:
        """Until so many more have been accepted."""
        wanted, deadline = self.accepted.total() + bets, time.monotonic() + patience_s
        while self.accepted.total() < wanted:
            assert time.monotonic() < deadline, f"{self.accepted.total()} of {wanted} bets; failed: {self.failed[:3]}"
            time.sleep(0.05)

    def _follow(self) -> None:
        with psycopg.connect(self._url, autocommit=True, application_name="backends") as own:
            while not self._over.wait(0.5):
                self._rounds = own.execute(_ROUNDS).fetchall()

    def _play(self) -> None:
        line = _Line(self._port)
        while not self._over.wait(self._pause_s):
            now = time.time()
            rounds = [number for opens, closes, number in self._rounds if opens + MARGIN_S < now < closes - MARGIN_S]
            if rounds:
                self._bet(line, random.choice(self.people), random.choice(rounds))
        line.close()

    def _bet(self, line: "_Line", own: dict[str, Any], number: int) -> None:
        body, key, began = _slip(own, number), uuid4().hex, time.time()
        while True:
            status, answer = line.post(body, own["key"], key)
            if status in (200, 201):
                return self._accept(own["slug"], began)
            if answer.get("code") == LATE:
                return self._count_late()
            unclear = status == 0 or status >= 500 or answer.get("code") == "request_in_progress"
            if not unclear or time.time() - began > GIVE_UP_S:
                return self._fail(f"{own['slug']}: {status} {answer}")
            with self._lock:
                self.resent += 1
            time.sleep(0.1)

    def _accept(self, slug: str, began: float) -> None:
        with self._lock:
            self.accepted[slug] += 1
            self.times.append((began, time.time() - began))

    def _count_late(self) -> None:
        with self._lock:
            self.late += 1

    def _fail(self, text: str) -> None:
        with self._lock:
            self.failed.append(text)


def _slip(own: dict[str, Any], number: int) -> bytes:
    picks = random.sample(range(1, 81), random.randint(1, 10))
    player = random.choice(own["players"])
    told = {"round_id": number, "player_token": player, "picks": picks, "stake": own["stake"]}
    return json.dumps({**told, "currency": own["currency"]}).encode()


class _Line:
    """A kept connection, made anew when it breaks."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)

    def post(self, body: bytes, credential: str, key: str) -> tuple[int, dict[str, Any]]:
        """Status and answer; the status is 0 when there was none."""
        head = {"Authorization": f"Bearer {credential}", "Idempotency-Key": key, "Content-Type": "application/json"}
        try:
            self._connection.request("POST", "/api/v1/bets", body, head)
            answer = self._connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            self._connection.close()
            return 0, {}

    def close(self) -> None:
        self._connection.close()


_ROUNDS = """
    SELECT extract(epoch FROM opens_at)::float8, extract(epoch FROM closes_at)::float8, id FROM public.rounds_round
    WHERE status IN ('scheduled', 'open') AND opens_at < clock_timestamp() + interval '5 seconds'
"""
