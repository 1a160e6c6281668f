"""
Operators' data never mix on sockets, over pooled connections and while statements are cancelled, in a web process.

What every address of the API does with another's ids is in tests/acceptance, tasks are in test_tasks.py.
"""

import json
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.acceptance.worlds import World
from tests.hostile.frames import TEXT, Line, connected, frame, handshake
from tests.hostile.people import admin_of, collector_of
from tests.hostile.server import Server
from tests.hostile.socket_table import CREDENTIALS, GAMES, HELLO, READY, SOCKETS
from tests.support.bets import place
from tests.support.database import parameters
from tests.support.rounds import Timing, commit_rounds, new_game

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture(scope="module")
def credentials(worlds: tuple[World, World], django_db_blocker: Any) -> dict[str, str]:
    own, other = worlds
    with django_db_blocker.unblock():
        return {
            "player": own.session,
            "other operator's player": other.session,
            "admin": admin_of(own),
            "other operator's admin": admin_of(other),
            "collector": collector_of(own),
            "key": own.key,
            "nobody": f"ps.{own.operator.slug}.{'a' * 43}",
        }


def enter(line: Line, path: str, credential: str, *, port: int, host: str) -> str | int:
    """What the first message with this credential is answered with: a frame's type, or the code of the close."""
    line.send(handshake(path, port=port, host=host))
    assert line.status() == 101
    line.send(frame(TEXT, json.dumps({"type": "auth", "token": credential}).encode()))
    return line.answer()


@pytest.mark.parametrize("path", SOCKETS)
def test_each_socket_is_opened_by_the_credentials_of_the_table_and_by_no_other(
    server: Server, worlds: tuple[World, World], credentials: dict[str, str], path: str
) -> None:
    assert set(SOCKETS[path]) == set(CREDENTIALS) == set(credentials)
    for world in worlds:
        host = f"{world.operator.slug}.localhost"
        found = {}
        for name, credential in credentials.items():
            with connected(server.port) as line:
                found[name] = enter(line, path, credential, port=server.port, host=host)
        assert found == SOCKETS[path], host


def test_a_games_socket_is_open_to_its_operators_host_alone(server: Server, worlds: tuple[World, World]) -> None:
    shared = new_game()
    commit_rounds(shared, timing=Timing(opens_in=60))
    for own, other in (worlds, worlds[::-1]):
        codes = {
            "own": own.ids["game"],
            "shared": shared.code,
            "other operator's": other.ids["game"],
            "nobody's": "none",
        }
        found = {}
        for name, code in codes.items():
            with connected(server.port) as line:
                host = f"{own.operator.slug}.localhost"
                line.send(handshake(f"/ws/v1/games/{code}", port=server.port, host=host))
                assert line.status() == 101
                found[name] = line.answer()
        assert found == GAMES
        assert HELLO in found.values()


def test_a_player_hears_of_own_bets_alone_on_whatever_host(server: Server, worlds: tuple[World, World]) -> None:
    """Sockets of both operators' players on both hosts, and one bet of each: each is told of its own."""
    lines, bets = [], {}
    try:
        for world in worlds:
            for other in worlds:
                line = Line(server.port)
                lines.append((world, line))
                host = f"{other.operator.slug}.localhost"
                assert enter(line, "/ws/v1/player", world.session, port=server.port, host=host) == READY
        for world in worlds:
            bets[world.operator.slug] = str(place(world.operator, world.player, round_id=int(world.ids["round"])).pk)
        for world, line in lines:
            told = json.loads(line.text())
            assert (told["type"], told["bets"]) == ("bet.accepted", [bets[world.operator.slug]])
        for _, line in lines:
            assert line.is_silent()
    finally:
        for _, line in lines:
            line.socket.close()


READS = ("bets?limit=20", "wallet/transactions?limit=20", "games", "banker/phases", "keys", "events")


class Readers:
    """Both operators' backends and players, who read at once over the few connections of one web process."""

    def __init__(self, server: Server, worlds: tuple[World, World]) -> None:
        self._address, self._worlds = server.address, worlds
        self.tally: Counter[str] = Counter()
        self._lock = threading.Lock()

    def read(self, seed: int, count: int) -> None:
        chance = random.Random(seed)
        with httpx.Client(timeout=60, trust_env=False) as client:
            for _ in range(count):
                own, other = self._worlds if chance.random() < 0.5 else self._worlds[::-1]
                outcome = self._judge(self._ask(client, own, chance), own, other)
                with self._lock:
                    self.tally[outcome] += 1

    def _ask(self, client: httpx.Client, own: World, chance: random.Random) -> httpx.Response:
        path = chance.choice(READS)
        credential = own.session if path.startswith("bets") and chance.random() < 0.5 else own.key
        headers = {"Authorization": f"Bearer {credential}", "Idempotency-Key": uuid4().hex}
        return client.get(f"{self._address}/api/v1/{path}", headers=headers)

    def _judge(self, answer: httpx.Response, own: World, other: World) -> str:
        if any(mark in answer.text for mark in other.marks):
            return f"wrong: {own.operator.slug} reads {answer.request.url.path} of {other.operator.slug}"
        return "read" if answer.status_code == 200 else f"{answer.status_code} {answer.json()['code']}"


def read_all(readers: Readers, *, threads: int, each: int) -> None:
    with ThreadPoolExecutor(threads) as pool:
        for running in [pool.submit(readers.read, seed, each) for seed in range(threads)]:
            running.result(180)


def test_twelve_readers_of_two_operators_over_five_connections_each_read_their_own(
    server: Server, worlds: tuple[World, World]
) -> None:
    readers = Readers(server, worlds)
    read_all(readers, threads=12, each=20)
    assert readers.tally == {"read": 240}
    print(f"{readers.tally['read']} reads over pooled connections")


def test_while_statements_are_cancelled_all_the_time_nobody_reads_anothers_and_no_fault_is_told(
    server: Server, worlds: tuple[World, World]
) -> None:
    """Answers are one's own, or a refusal that asks to come again; and afterwards all is as before."""
    readers, over = Readers(server, worlds), threading.Event()
    cancelling = threading.Thread(target=storm, args=(over,))
    cancelling.start()
    try:
        for _ in range(20):
            read_all(readers, threads=6, each=15)
            if len(readers.tally) > 1:
                break
    finally:
        over.set()
        cancelling.join(20)
    told = set(readers.tally)
    assert told <= {"read", "409 request_in_progress", "503 maintenance"}, readers.tally
    assert len(told) > 1, f"nothing was hit: {readers.tally}"
    calm = Readers(server, worlds)
    read_all(calm, threads=4, each=10)
    assert calm.tally == {"read": 40}
    print(f"under cancelling: {dict(readers.tally)}")


def storm(over: threading.Event) -> None:
    """Cancels whatever the web process asks of this test's database, every few milliseconds."""
    cancel = (
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name LIKE 'keno%' AND state = 'active'"
        " AND pid <> pg_backend_pid()"
    )
    with psycopg.connect(**parameters(), autocommit=True, application_name="storm") as session:
        while not over.wait(0.003):
            session.execute(cancel)
