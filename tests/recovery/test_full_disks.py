"""
Full disks and too little memory. The database's log has no room (F15): nothing is accepted that is not on the disk, and
afterwards everything is there. The platform's own log has none (F25): bets go on. A process without memory (F26): a
settlement is whole or not at all.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from bets.services.placement import place_slips
from bets.services.settlement import settle_round
from keno_platform.local import postgres
from keno_platform.local.postgres import PostgresServer
from keno_platform.local.testing import temporary_home
from keno_platform.recovery import backup as backups
from keno_platform.recovery.restore import Wanted, restore
from operators.models import Operator
from rounds.models import Game
from tests.recovery.bettor import Bettor, bettor
from tests.recovery.drill import ask, invariants, manage
from tests.recovery.test_restore import superuser
from tests.support.bets import balance, code_of, new_player, slip
from tests.support.database import parameters, rows
from tests.support.rounds import Timing, commit_rounds, drive, new_game, wait_until

pytestmark = [
    pytest.mark.usefixtures("committed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small file system"),
]
ROOM, MORE_ROOM = "80m", "400m"
BALLAST = "INSERT INTO public.ballast SELECT repeat(md5(n::text), 30) FROM generate_series(1, 5000) n"


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[None]:
    """A file system of this size."""
    place.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=False)
    if made.returncode != 0:
        pytest.skip("this machine lets nobody mount a small file system")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def copy(operator_a: Operator, standing_game: Game) -> Iterator[PostgresServer]:
    """A copy of this test's server with its books and a rich player in them, not started."""
    new_player(operator_a, money=10**7)
    with temporary_home() as home:
        backup = backups.make(url=superuser(), directory=home / "backups")
        restored = restore(Wanted(backup=backup, home=home / "copy", database=parameters()["dbname"]))
        yield restored.server


def address_of(server: PostgresServer, user: str = postgres.OWNER) -> str:
    return server.address(user=user, database=parameters()["dbname"])


def give_log_a_disk_of_its_own(server: PostgresServer, disk: Path) -> None:
    """Its write-ahead log moves there."""
    shutil.copytree(server.data / "pg_wal", disk / "wal")
    shutil.rmtree(server.data / "pg_wal")
    (server.data / "pg_wal").symlink_to(disk / "wal")
    if server.account:
        server.account.own(disk)
        server.account.own(server.data)


def fill(address: str) -> None:
    """Write until the server has no room left, and is gone."""
    with suppress(psycopg.Error), psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SELECT pg_create_physical_replication_slot('hold', true)")
        connection.execute("CREATE TABLE public.ballast (text text)")
        for _ in range(200):
            connection.execute(BALLAST)
        raise AssertionError("the disk was not full after 200 MB")


def accepted(player: Bettor, count: int) -> set[str]:
    """So many accepted bets. A connection from before the fault may say 503 once more."""
    answers = [player.bet() for _ in range(count + 2)]
    assert {one["status"] for one in answers} <= {201, 503}, answers
    found = {str(one["bet"]) for one in answers if one["status"] == 201}
    assert len(found) >= count, answers
    return found


def bets_until_refused(player: Bettor) -> tuple[set[str], dict[str, object]]:
    """The bets that were accepted, and the first other answer."""
    taken: set[str] = set()
    while (answer := player.bet())["status"] == 201:
        taken.add(str(answer["bet"]))
        assert len(taken) < 2000
    return taken, answer


@pytest.mark.proof
def test_with_the_databases_disk_full_bets_are_refused_and_none_that_was_accepted_is_lost(
    copy: PostgresServer, tmp_path: Path, operator_a: Operator, standing_game: Game
) -> None:
    disk = copy.home / "disk"
    with small_disk(disk, ROOM):
        give_log_a_disk_of_its_own(copy, disk)
        with _open(copy, operator_a, standing_game, tmp_path) as (someone, address, server):
            before = accepted(someone, 5)
            fill(address_of(copy, postgres.SUPERUSER))
            server.wait(60)  # its recovery has no room either
            lost, refused = bets_until_refused(someone)
            assert (refused["status"], refused["code"]) == (503, "maintenance")
            assert not lost

            subprocess.run(["mount", "-o", f"remount,size={MORE_ROOM}", str(disk)], check=True)
            with postgres.started(copy):
                ask(address_of(copy, postgres.SUPERUSER), "SELECT pg_drop_replication_slot('hold')")
                try:
                    after = accepted(someone, 5)
                except AssertionError as fault:
                    raise AssertionError(f"{fault}\n{(tmp_path / 'bettor.log').read_text()[-6000:]}") from fault
                kept = {str(row[0]) for row in ask(address, f"SELECT id FROM {operator_a.schema_name}.bets_bet")}
                assert before | after <= kept
                assert invariants(address) == {}


@contextmanager
def _open(
    copy: PostgresServer, operator: Operator, game: Game, logs: Path
) -> Iterator[tuple[Bettor, str, "subprocess.Popen[bytes]"]]:
    """Somebody who bets at the copy, its address, and its server, which has been started."""
    address = address_of(copy)
    with postgres.started(copy) as server:
        opened = manage(address, "reopen", operator.slug, "--without-comparison", "a drill")
        assert opened.returncode == 0, opened.stderr
        schema = operator.schema_name
        [(token,)] = ask(
            address,
            f"SELECT p.token FROM {schema}.players_player p JOIN {schema}.wallet_account a ON a.player_id = p.id"
            f" WHERE a.balance >= {10**6} ORDER BY p.id DESC LIMIT 1",
        )
        with bettor(address, operator.slug, str(token), game.code, log=logs / "bettor.log") as someone:
            yield someone, address, server


def test_with_the_logs_disk_full_bets_go_on(operator_a: Operator, standing_game: Game, tmp_path: Path) -> None:
    player = new_player(operator_a, money=10**6)
    disk = tmp_path / "logs"
    with small_disk(disk, "64k"):
        log = (disk / "web.log").open("wb", buffering=0)
        with bettor(own_address(), operator_a.slug, player.token, standing_game.code, log=log) as someone:
            assert [someone.bet()["status"] for _ in range(60)] == [201] * 60
            assert shutil.disk_usage(disk).free == 0
    assert balance(operator_a, player) == 10**6 - 60 * 100


STARVED = """
import resource
from pathlib import Path
from uuid import UUID
from bets.services.settlement import settle_round

used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + {spare}, resource.RLIM_INFINITY))
said = settle_round(operator_id=UUID({operator!r}), round_id={round_id})
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print("settled", said)
"""
"""Settles a round with so many bytes to spare. Without room for its stack a process is ended by the system."""


def starved(operator: Operator, round_id: int, spare: int) -> bool:
    """Whether a process of its own settled the round, and lived to say so."""
    done = manage(
        own_address(), "shell", "-c", STARVED.format(round_id=round_id, operator=str(operator.pk), spare=spare)
    )
    assert done.returncode != 0 or "settled True" in done.stdout, done
    return done.returncode == 0


def test_a_settlement_without_memory_is_whole_or_not_at_all(operator_a: Operator) -> None:
    player = new_player(operator_a, money=10**7)
    rounds = commit_rounds([new_game() for _ in range(4)], timing=Timing(opens_in=1.0, betting=8.0))
    wait_until(rounds[0].opens_at)
    drive(rounds, "open")
    for one in rounds:
        asks = [slip(operator_a, player, picks=[number], round_id=one.pk) for number in range(1, 81)]
        placed = place_slips(operator=operator_a, asks=asks)
        assert {code_of(each) for each in placed} == {"accepted"}
    wait_until(rounds[0].closes_at)
    drive(rounds, "drawn", pay=False)
    left = balance(operator_a, player)

    spares = (0, 1 << 16, 1 << 20, 1 << 29)
    said = [starved(operator_a, one.pk, spare) for one, spare in zip(rounds, spares, strict=True)]
    assert (said[0], said[-1]) == (False, True), f"one round is to be short of memory, one is not: {said}"

    was_open = [settle_round(operator_id=operator_a.pk, round_id=one.pk) for one in rounds]
    assert not any(told and still for told, still in zip(said, was_open, strict=True))
    won = sum(_wins(operator_a, one.pk) for one in rounds)
    assert won > 0
    assert balance(operator_a, player) == left + won


def _wins(operator: Operator, round_id: int) -> int:
    """What the bets of a round won, by a statement of its own."""
    schema = operator.schema_name
    [(won,)] = rows(
        f"SELECT coalesce(sum(p.amount), 0) FROM {schema}.bets_payout p JOIN {schema}.bets_bet b ON b.id = p.bet_id"
        f" WHERE b.round_id = {round_id}"
    )
    return int(won)


def own_address() -> str:
    here = parameters()
    return f"postgresql://{here['user']}@{here['host']}:{here['port']}/{here['dbname']}"
