"""
Whoever watches rounds on sockets, as a process of its own: `python -m tests.faults.watcher JOB.json`, with {"domain",
"port", "games", "out"}. Sockets are a hint: frames get lost, and whoever sees a gap or is closed connects again. But
what they do say must be so. Ends by SIGTERM, and writes what was told of every round, and what was wrong with it.
"""

import asyncio
import json
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

SOCKETS = 3
"""Of each game: one process of the web after the other takes them."""
AGAIN_S = 0.3
SILENT_S = 30.0


@dataclass(slots=True)
class Told:
    """What sockets said: the numbers of each round, in words that differ where they must not, and how it went."""

    numbers: dict[int, list[int]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def note(self, one: dict[str, Any]) -> None:
        """A round as some frame describes it."""
        numbers = one.get("numbers")
        if numbers and self.numbers.setdefault(one["round_id"], numbers) != numbers:
            self.wrong.append(f"round {one['round_id']}: {self.numbers[one['round_id']]}, then {numbers}")


async def watch(job: dict[str, Any]) -> dict[str, Any]:
    """Until SIGTERM."""
    told, stopped = Told(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    watching = [asyncio.ensure_future(_follow(job, game, told)) for game in job["games"] for _ in range(SOCKETS)]
    await stopped.wait()
    for one in watching:
        one.cancel()
    ended = await asyncio.gather(*watching, return_exceptions=True)
    faults = [repr(one) for one in ended if isinstance(one, Exception)]
    return {"numbers": told.numbers, "wrong": [*told.wrong, *faults], "counts": dict(told.counts)}


async def _follow(job: dict[str, Any], game: str, told: Told) -> None:
    while True:
        try:
            place, port = f"{job['domain']}:{job['port']}", job["port"]
            address, origin = f"ws://{place}/ws/v1/games/{game}", Origin(f"http://{place}")
            async with connect(address, origin=origin, host="127.0.0.1", port=port, proxy=None) as socket:
                told.counts["opened"] += 1
                told.counts[await _listen(socket, told)] += 1
        except (OSError, WebSocketException, TimeoutError):
            told.counts["closed"] += 1
        await asyncio.sleep(AGAIN_S)


async def _listen(socket: ClientConnection, told: Told) -> str:
    """Why whoever listens connects again."""
    hello = json.loads(await asyncio.wait_for(socket.recv(), SILENT_S))
    seq = hello["seq"]
    told.note(hello["round"])
    while True:
        frame = json.loads(await asyncio.wait_for(socket.recv(), SILENT_S))
        told.counts["frames"] += 1
        told.note(frame)
        if frame["seq"] <= seq:  # held up on its way, by somebody who stood still: it says what is known already
            told.counts["late"] += 1
            continue
        if frame["seq"] != seq + 1:
            return "gaps"
        seq = frame["seq"]


if __name__ == "__main__":
    described = json.loads(Path(sys.argv[1]).read_text())
    Path(described["out"]).write_text(json.dumps(asyncio.run(watch(described))))
