"""How long after a boundary a socket client knows that a round has opened, or closed: idle, and under all the bets."""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bench import load
from bench.games import commit_in_step, make_games
from bench.harness import Bench, Row, Web, meets, program
from bench.load import Lane, Met
from bench.placing import bettors
from bench.setting import make_game, make_operator, open_round

if TYPE_CHECKING:
    from operators.models import Operator
    from rounds.models import Game

ORDER, SECONDS = 56, 48
QUICK = False
GAMES, ROUNDS, STEP_S = 25, 12, 1.0
NAME = f"a socket client hears that a round of {GAMES} games has opened or closed, idle"
CONNECTIONS, PLAYERS = 64, 1000
TARGET_IDLE, TARGET_LOAD = "p99 <= 50 ms", "p99 <= 250 ms"
BOUNDARIES = {"round.opened": "opens_at", "round.closed": "closes_at"}
PATIENCE_S = 10.0
AHEAD_S = 3.0
"""Enough to commit the rounds and to open the sockets, under load too."""
DRIVERS = ("rounds", "settlement", "beat")


def run(bench: Bench) -> Iterable[Row]:
    from rounds.models import NetworkName

    operator, key = make_operator("announced")
    games = make_games(GAMES, code="announced", network=NetworkName.LOCAL)
    bench.progress("starting a web process, the workers of rounds and settlement, and beat")
    with bench.web() as url, _driven():
        listen_to(games, url=url, operator=operator, rounds=2)  # until the workers are there
        bench.progress("idle")
        idle = listen_to(games, url=url, operator=operator, rounds=ROUNDS)
        yield _row(NAME, idle)
        lane = Lane(
            name="bets",
            bettors=bettors([(operator, key)], open_round(make_game("bets")), players=PLAYERS),
            connections=CONNECTIONS,
        )
        bench.progress("under load")
        load.run(url, [lane], seconds=2)
        with _betting(url, lane, seconds=STEP_S * ROUNDS + AHEAD_S + 3) as met:
            busy = listen_to(games, url=url, operator=operator, rounds=ROUNDS)
        name = f"the same while {CONNECTIONS} connections bet as fast as they can on that web process"
        yield _row(name, busy, target=TARGET_LOAD, bets_per_s=met[0].rate)


@dataclass(slots=True)
class Heard:
    """Frames about boundaries, by what happened: milliseconds after it."""

    lags: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in BOUNDARIES})
    missing: int = 0

    def all(self) -> list[float]:
        return sorted(lag for lags in self.lags.values() for lag in lags)


def listen_to(games: "Sequence[Game]", *, url: Web, operator: "Operator", rounds: int) -> Heard:
    """
    Commit so many rounds of each game, and hear of all their openings and closes over a socket for each game.

    The client's clock is compared with the database's beforehand: a boundary is one of the latter.
    """
    made = commit_in_step(games, rounds=rounds, step_s=STEP_S, ahead_s=AHEAD_S)
    end = max(one.closes_at for one in made)
    expected = {one.pk for one in made}
    return asyncio.run(_listen(games, url, f"{operator.slug}.localhost", expected, end, ahead_s=_database_ahead_s()))


async def _listen(
    games: "Sequence[Game]", url: Web, host: str, expected: set[int], end: datetime, *, ahead_s: float
) -> Heard:
    heard, complete = Heard(), asyncio.Event()
    waiting = {(kind, one) for kind in BOUNDARIES for one in expected}

    async def one_socket(game: "Game") -> None:
        from websockets.asyncio.client import connect
        from websockets.typing import Origin

        port = urlsplit(url).port
        address, origin = f"ws://{host}:{port}/ws/v1/games/{game.code}", Origin(f"http://{host}:{port}")
        async with connect(address, origin=origin, host="127.0.0.1", port=port) as socket:
            async for message in socket:
                at = time.time() + ahead_s
                frame = json.loads(message)
                place = (frame["type"], frame.get("round_id"))
                if place in waiting:
                    waiting.discard(place)
                    boundary = datetime.fromisoformat(frame[BOUNDARIES[place[0]]])
                    heard.lags[place[0]].append((at - boundary.timestamp()) * 1e3)
                    if not waiting:
                        complete.set()

    sockets = [asyncio.create_task(one_socket(game)) for game in games]
    all_heard = asyncio.create_task(complete.wait())
    await asyncio.wait(
        [all_heard, *sockets],
        timeout=end.timestamp() - time.time() - ahead_s + PATIENCE_S,
        return_when=asyncio.FIRST_COMPLETED,
    )
    for one in (all_heard, *sockets):
        one.cancel()
    for ended in await asyncio.gather(*sockets, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended
    heard.missing = len(waiting)
    return heard


def _database_ahead_s() -> float:
    """How far the database's clock is ahead of this process' own."""
    from rounds.selectors import database_now

    differences = []
    for _ in range(9):
        before = time.time()
        there = database_now().timestamp()
        differences.append(there - (before + time.time()) / 2)
    return median(differences)


@contextlib.contextmanager
def _driven() -> Iterator[None]:
    """Workers and beat, with the commands that `make run` has for them."""
    from keno_platform.local.programs import describe_services
    from keno_platform.local.sizes import Sizes

    described = describe_services(port=0, sizes=Sizes(web=1, settlement=1))
    with contextlib.ExitStack() as stack:
        for one in described:
            if one.name in DRIVERS:
                _, flag, module, *arguments = one.command
                if flag != "-m":
                    raise RuntimeError(f"{one.name} is no module")
                asked = ["--quiet", *arguments, "--loglevel", "ERROR"]
                stack.enter_context(program(module, *asked, **dict(one.environment)))
        yield


@contextlib.contextmanager
def _betting(url: Web, lane: Lane, *, seconds: float) -> Iterator[list[Met]]:
    """Bets at full load meanwhile; what it met is in the list afterwards."""
    met: list[Met] = []
    thread = threading.Thread(target=lambda: met.extend(load.run(url, [lane], seconds=seconds).values()))
    thread.start()
    try:
        yield met
    finally:
        thread.join()


def _row(name: str, heard: Heard, *, target: str = TARGET_IDLE, **figures: float) -> Row:
    lags = heard.all()
    value = _quantile(lags, 0.99)
    each = {f"{kind.rpartition('.')[2]}_p99_ms": _quantile(sorted(own), 0.99) for kind, own in heard.lags.items()}
    return Row(
        name=name,
        value=value,
        unit="ms (p99)",
        target=target,
        met=meets(target, value) and not heard.missing,
        figures={
            "frames": float(len(lags)),
            "frames_missing": float(heard.missing),
            "p50_ms": _quantile(lags, 0.5),
            "max_ms": lags[-1],
            **each,
            **figures,
        },
        note="from the boundary by the database's clock to the frame at the client; web, worker and beat as `make run` "
        "has them; round.closed carries the signed CLOSE",
    )


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
