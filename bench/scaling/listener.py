"""
Hears every frame of every game, as a socket's process does, and notes how long after the boundary it came:
`python -m bench.scaling.listener JOB.json`, with {"redis_url", "database_url", "since", "until", "out"}.

A frame comes after the commit of what it tells, so this is the delay that a player sees. Ends by SIGTERM, and writes
{"opened": [[boundary, delay in ms], ...], ...} then.
"""

import contextlib
import json
import signal
import sys
import time
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec
import psycopg
import redis

PATTERN = "live:game:*"
_BOUNDARY = {"round.opened": "opens_at", "round.closed": "closes_at", "round.drawn": "closes_at"}
_BOUNDARY |= {"round.settled": "closes_at", "round.revealed": "closes_at"}


class _Stopped(BaseException):
    """Somebody asks for the result."""


def listen(job: dict[str, Any]) -> dict[str, list[tuple[float, float]]]:
    """Hear frames until asked to stop; those whose boundary is within `since` and `until` count."""
    heard: dict[str, list[tuple[float, float]]] = defaultdict(list)
    ahead_s = clock_difference(job["database_url"])
    subscription = redis.Redis.from_url(job["redis_url"]).pubsub()  # type: ignore[no-untyped-call]
    subscription.psubscribe(PATTERN)
    with contextlib.suppress(_Stopped):
        while True:
            message = subscription.get_message(ignore_subscribe_messages=True, timeout=1.0)
            if message:
                _note(heard, msgspec.json.decode(message["data"]), time.time() + ahead_s, job)
    return heard


def _note(heard: dict[str, list[tuple[float, float]]], frame: dict[str, Any], now: float, job: dict[str, Any]) -> None:
    name = _BOUNDARY.get(frame.get("type", ""))
    if name is None:
        return
    boundary = datetime.fromisoformat(frame[name]).timestamp()
    if job["since"] <= boundary < job["until"]:
        heard[frame["type"].removeprefix("round.")].append((boundary, (now - boundary) * 1000))


def clock_difference(database_url: str, *, questions: int = 30) -> float:
    """By how many seconds the database's clock is ahead of this process'; the quickest of some answers tells best."""
    best = (float("inf"), 0.0)
    with psycopg.connect(database_url, autocommit=True) as connection:
        for _ in range(questions):
            asked = time.time()
            row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
            took = time.time() - asked
            best = min(best, (took, float(row[0] if row else asked) - asked - took / 2))
    return best[1]


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise _Stopped


if __name__ == "__main__":
    described = json.loads(Path(sys.argv[1]).read_text())
    signal.signal(signal.SIGTERM, _stop)
    Path(described["out"]).write_text(json.dumps(listen(described)))
