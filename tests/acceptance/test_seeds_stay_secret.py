"""
The canary: in a whole running installation, no seed and no epoch's key is anywhere before its time. Not in a dump or
the write-ahead log, not in the broker's memory, files or messages, not in a log, an answer, an error page or a frame.
"""

import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import redis
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from websockets.sync.client import connect
from websockets.typing import Origin

from access.codes import from_text
from fairness.seeds import commit_seed, derive_seed
from keno_platform.local import postgres
from tests.support.canary import Search
from tests.support.installation import Front, installation, pid_of
from tests.support.staff import code_of_now

AHEAD_S = 60
"""Only rounds that are still secret when the search has ended are looked for."""
BREAK_DRAWS = """
    CREATE FUNCTION public.canary() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the canary stops this draw'; END $$;
    CREATE TRIGGER canary BEFORE UPDATE OF numbers_drawn ON public.rounds_round
        FOR EACH ROW EXECUTE FUNCTION public.canary();
"""
MEND_DRAWS = "DROP TRIGGER canary ON public.rounds_round; DROP FUNCTION public.canary();"


class House:
    """The servers of an installation, reached from outside of the platform."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.demo = json.loads(front.home.demo.read_text())
        self.ports = json.loads((front.home.path / "ports.json").read_text())
        self.seal_key = bytes.fromhex(front.home.read_secrets()["KENO_SEAL_KEY"])
        self.database = f"postgresql://{postgres.SUPERUSER}@127.0.0.1:{self.ports['postgres']}/keno"
        self.web = httpx.Client(base_url=f"http://127.0.0.1:{front.port}", timeout=20, follow_redirects=True)
        self.broker = redis.Redis(port=self.ports["valkey"])

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database, autocommit=True) as connection:
            found = connection.execute(statement)
            return found.fetchall() if found.description else []

    def open(self, sealed: bytes, about: bytes) -> bytes:
        return AESGCM(self.seal_key).decrypt(sealed[:12], sealed[12:], about)

    def secrets_ahead(self) -> dict[str, bytes]:
        """The keys of epochs that are not over, and the seeds of rounds that will be secret for a while."""
        secrets: dict[str, bytes] = {}
        for epoch_id, sealed, root in self.rows(
            """SELECT e.id, e.sealed_key, e.root FROM rounds_epoch e
               WHERE e.ends_at - interval '60 s' > coalesce(
                   (SELECT game_clock(r.game_id) FROM rounds_round r WHERE r.epoch_id = e.id LIMIT 1), now())"""
        ):
            key = secrets[f"key of epoch {epoch_id}"] = self.open(sealed, root)
            for stream, number, commitment in self.rows(
                f"""SELECT g.stream, r.number, r.server_seed_hash FROM rounds_round r
                    JOIN rounds_game g ON g.id = r.game_id
                    WHERE r.epoch_id = {epoch_id} AND r.closes_at > game_clock(g.id) + interval '{AHEAD_S} s'
                    ORDER BY r.closes_at LIMIT 6"""
            ):
                seed = derive_seed(epoch_key=key, stream=stream, round_number=number)
                assert commit_seed(stream=stream, round_number=number, seed=seed) == commitment, "the wrong seed"
                secrets[f"seed of {stream} {number}"] = seed
        for name, sealed in self.rows("SELECT name, sealed FROM rounds_sealedkey"):
            secrets[name] = self.open(sealed, name.encode())
        return secrets

    def answers(self) -> bytes:
        """What anybody, an operator and staff can read about rounds that are ahead, and what errors say."""
        ahead = [
            row[0] for row in self.rows("SELECT id FROM rounds_round WHERE status = 'scheduled' ORDER BY id LIMIT 5")
        ]
        key = {"Authorization": f"Bearer {self.demo['operators'][0]['api_key']}"}
        pages = [f"/api/v1/rounds/{pk}{part}" for pk in ahead for part in ("", "/proof")]
        pages += ["/api/v1/anchors", "/api/v1/anchors/1/leaves", "/.well-known/keno-keys.json", "/health/ready"]
        pages += ["/api/v1/games", "/api/v1/games/keno-10s/rounds/current", "/api/v1/rounds?status=scheduled"]
        pages += ["/api/v1/rounds/999999999/proof", "/api/v1/rounds/x/proof", "/api/v1/bets?round_id=zz"]
        texts = [self.web.get(page, headers=key).content for page in pages]
        staff = self._staff()
        epochs = [row[0] for row in self.rows("SELECT id FROM rounds_epoch")]
        pages = [f"/admin/rounds/round/{pk}/change/" for pk in ahead]
        pages += [f"/admin/rounds/epoch/{pk}/change/" for pk in epochs] + ["/admin/rounds/signingkey/"]
        for page in pages:
            answer = staff.get(page)
            assert answer.status_code == 200, page
            texts.append(answer.content)
        return b"\n".join(texts)

    def _staff(self) -> httpx.Client:
        """The client, logged in."""
        staff = self.web
        staff.get("/admin/login/")
        admin = self.demo["admin"]
        first = {"username": admin["username"], "password": admin["password"]}
        second = {"code": code_of_now(from_text(admin["second_factor"]))}
        for address, answers in (("/admin/login/", first), ("/admin/second-factor/", second)):
            page = staff.post(address, data={**answers, "csrfmiddlewaretoken": staff.cookies["csrftoken"]})
        assert "logout" in page.text
        return staff

    def data(self) -> Path:
        """The database's files, with its write-ahead log."""
        return Path(self.rows("SHOW data_directory")[0][0])

    def dump(self) -> bytes:
        program = postgres._find_programs(self.front.home.postgres, None) / "pg_dump"
        return subprocess.run([program, self.database], capture_output=True, check=True).stdout

    def close(self) -> None:
        self.web.close()
        self.broker.close()


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with installation() as front:
        house = House(front)
        yield house
        house.close()


@contextmanager
def _overheard(house: House) -> Iterator[list[bytes]]:
    """Every command that reaches the broker, and every frame of a game's socket, while this is open."""
    heard: list[bytes] = []
    stop = threading.Event()

    def listen_to_the_broker() -> None:
        with redis.Redis(port=house.ports["valkey"]) as broker, broker.monitor() as monitor:
            monitor.connection._sock.settimeout(1.0)
            while not stop.is_set():
                try:
                    heard.append(repr(monitor.next_command()).encode())
                except redis.TimeoutError:
                    continue

    def listen_to_the_socket() -> None:
        domain = house.demo["operators"][0]["domain"]
        line = socket.create_connection(("127.0.0.1", house.front.port))
        here = f"{domain}:{house.front.port}"
        with connect(f"ws://{here}/ws/v1/games/keno-10s", sock=line, origin=Origin(f"http://{here}")) as frames:
            while not stop.is_set():
                try:
                    heard.append(str(frames.recv(timeout=1.0)).encode())
                except TimeoutError:
                    continue

    threads = [threading.Thread(target=each) for each in (listen_to_the_broker, listen_to_the_socket)]
    for thread in threads:
        thread.start()
    try:
        yield heard
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)


def _wait_for(holds: Any, *, what: str, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.2)


def credentials_in_use(house: House) -> dict[str, bytes]:
    """
    Every kind of credential that there is, each of them shown to the platform just now: keys, tokens, secrets that it
    made, passwords right and wrong, in the places where they belong and in places where they do not.
    """
    demo, given = house.demo["operators"][0], house.front.home.read_secrets()
    key = {"Authorization": f"Bearer {demo['api_key']}"}
    ask = {"player_token": demo["players"][0] if demo.get("players") else "p-1", "currency": demo["currency"]}
    session = house.web.post("/api/v1/sessions", json=ask, headers=key).json()
    entered = house.web.post("/api/v1/sessions/enter", json={"launch_token": session["launch_token"]}).json()
    hook = {"url": "https://hooks.example.com/keno", "events": ["operator.suspended"]}
    endpoint = house.web.post("/api/v1/webhooks/endpoints", json=hook, headers=key).json()
    own = house.web.get("/api/v1/keys", headers=key).json()[0]["key_id"]
    issued = house.web.post(f"/api/v1/keys/{own}", json={"overlap_seconds": 3600}, headers=key).json()
    wrong = {name: f"canary-{name}-7c1e9a" for name in ("password", "key", "query", "body", "cookie", "agent")}
    house.web.get("/api/v1/bets", headers={"Authorization": f"Bearer ko_{wrong['key']}"})
    house.web.get("/api/v1/bets", params={"token": wrong["query"]}, headers={"Cookie": f"sessionid={wrong['cookie']}"})
    house.web.post("/api/v1/bets", content=b'{"password": "%b"' % wrong["body"].encode(), headers=key)
    house.web.get("/admin/login/")
    typed = {"username": "admin", "password": wrong["password"], "csrfmiddlewaretoken": house.web.cookies["csrftoken"]}
    house.web.post("/admin/login/", data=typed)
    house._staff()
    shown = {
        "an operator's key": demo["api_key"],
        "the provider's key": house.demo["provider_key"],
        "a key that was made just now": issued["api_key"],
        "a launch token": session["launch_token"].partition(".")[2],
        "a session's token": entered["session_token"].partition(".")[2],
        "the secret of a webhook": endpoint["secret"].removeprefix("whsec_"),
        "a staff member's password": house.demo["admin"]["password"],
        "a staff member's second factor": house.demo["admin"]["second_factor"].replace(" ", ""),
        **{f"what was wrong: {name}": text for name, text in wrong.items() if name != "agent"},
        **given,
    }
    return {name: text.encode() for name, text in shown.items()}


def test_no_credential_is_in_a_log_a_task_or_the_database(house: House) -> None:
    front = house.front
    with _overheard(house) as heard:
        search = Search(credentials_in_use(house))
        front.wait_for_next_round(patience_s=45)
    house.rows("CHECKPOINT")
    house.broker.save()
    assert search.in_files(front.home.logs) == {}
    assert search.in_bytes(b"\n".join(heard)) == set()
    assert search.in_bytes(b"".join(house.broker.dump(key) or b"" for key in house.broker.scan_iter())) == set()
    assert search.in_files(front.home.valkey) == {}
    assert search.in_bytes(house.dump()) == set()
    assert any(b"rounds.tick" in one for one in heard), "no task was overheard"


def test_control_the_search_finds_a_credential_where_it_is_kept(house: House) -> None:
    """In the demo's own file, and in the memory of a process that needs it."""
    secrets = house.front.home.read_secrets()
    search = Search({"key": house.demo["provider_key"].encode(), "signs": secrets["KENO_SECRET_KEY"].encode()})
    assert search.in_files(house.front.home.path)["demo.json"] == {"key"}
    assert search.in_memory_of(pid_of(house.front, "web")) == {"signs"}


def test_no_seed_is_anywhere_before_its_time(house: House) -> None:
    front = house.front
    secrets = house.secrets_ahead()
    assert sum(name.startswith("seed") for name in secrets) >= 6
    search = Search(secrets)
    log = front.home.log("rounds")
    with _overheard(house) as heard:
        answers = house.answers()
        house.rows(BREAK_DRAWS)
        try:  # what a process says when it fails with a seed in its hands
            _wait_for(lambda: b"the canary stops" in log.read_bytes(), what="a draw that fails", seconds=30)
            broken = {
                f"seed of round {pk}": derive_seed(
                    epoch_key=house.open(sealed, root), stream=stream, round_number=number
                )
                for pk, stream, number, sealed, root in house.rows(
                    """SELECT r.id, g.stream, r.number, e.sealed_key, e.root FROM rounds_round r
                       JOIN rounds_game g ON g.id = r.game_id JOIN rounds_epoch e ON e.id = r.epoch_id
                       WHERE r.status = 'closed'"""
                )
            }
            assert broken
            assert Search(broken).in_files(front.home.logs) == {}
        finally:
            house.rows(MEND_DRAWS)
        front.wait_for_next_round(patience_s=45)

    house.rows("CHECKPOINT")
    house.broker.save()
    assert search.in_bytes(answers) == set()
    assert search.in_bytes(b"\n".join(heard)) == set()
    assert search.in_bytes(house.dump()) == set()
    assert search.in_bytes(b"".join(house.broker.dump(key) or b"" for key in house.broker.scan_iter())) == set()
    assert search.in_files(front.home.path) == {}
    assert search.in_files(house.data()) == {}
    for name in ("web", "beat", "settlement"):
        assert search.in_memory_of(pid_of(front, name)) == set(), f"in the memory of {name}"
    print(f"{len(secrets)} secrets looked for in {search.searched / 1e6:.0f} MB")
    assert len(heard) > 20


def test_control_the_same_search_finds_what_is_no_longer_secret(house: House) -> None:
    [(pk, seed)] = house.rows("SELECT id, server_seed FROM rounds_round WHERE status = 'revealed' LIMIT 1")
    search = Search({"seed": seed})
    assert search.in_bytes(house.web.get(f"/api/v1/rounds/{pk}/proof").content) == {"seed"}
    assert search.in_bytes(house.dump()) == {"seed"}
    house.rows("CHECKPOINT")
    assert search.in_files(house.data()) != {}
    assert Search({"seal": house.seal_key}).in_memory_of(pid_of(house.front, "rounds")) == {"seal"}
