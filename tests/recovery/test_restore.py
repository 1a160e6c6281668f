"""
The drill: a backup while bets are placed, its verification, a restore to a moment, and an operator that is ahead.

`make restore-drill` does the same with a whole installation under play.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from psycopg.conninfo import make_conninfo

from bets.models import Bet
from bets.services.placement import place_slips
from keno_platform.core.errors import Refusal
from keno_platform.local import postgres
from keno_platform.local.testing import temporary_home
from keno_platform.recovery import backup as backups
from keno_platform.recovery import tools, wal
from keno_platform.recovery.backup import Backup
from keno_platform.recovery.restore import Restored, Wanted, restore
from keno_platform.recovery.tools import RecoveryFailed
from operators.models import Operator, WalletMode
from operators.tenancy import tenant_context
from rounds.models import Game
from rounds.selectors import database_now
from tests.reconciliation.books import mirror, staked
from tests.reconciliation.conftest import make
from tests.recovery.drill import RESOLVE, archiving, ask, invariants, manage, reconcile, wait_for_wal, write_list
from tests.support.bets import new_player, slip
from tests.support.database import parameters
from tests.support.rounds import wait_for

pytestmark = pytest.mark.usefixtures("committed")
KEY = bytes(range(32))
WITHOUT_BETS = {"I4-one-debit-a-bet", "I8-accounts-clear"}
"""What the debits of `staked` break: they stand alone, without the bets that they are for."""


def superuser() -> str:
    """The server's address for the role that may copy it."""
    here = parameters()
    return make_conninfo("", host=here["host"], port=here["port"], user=postgres.SUPERUSER, dbname="postgres")


@pytest.fixture
def home() -> Iterator[Path]:
    with temporary_home() as place:
        yield place


class Playing:
    """Bets of one player of one operator, one after the other, in a thread of its own, until it is stopped."""

    def __init__(self, operator: Operator, game: Game) -> None:
        self._operator, self._game = operator, game
        self._player = new_player(operator, money=10**9)
        self.accepted: list[Bet] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._end.is_set():
            [placed] = place_slips(
                operator=self._operator, asks=[slip(self._operator, self._player, game=self._game.code)]
            )
            assert not isinstance(placed, Refusal), placed.code
            self.accepted += placed
        connections.close_all()

    def more(self, count: int = 20) -> None:
        """Return when so many more are accepted."""
        wanted = len(self.accepted) + count
        wait_for(lambda: len(self.accepted) >= wanted, what=f"{count} bets more")

    def stop(self) -> None:
        self._end.set()
        self._thread.join()


@pytest.fixture
def playing(operator_a: Operator, standing_game: Game) -> Iterator[Playing]:
    player = Playing(operator_a, standing_game)
    try:
        yield player
    finally:
        player.stop()


def bets_there(address: str, operator: Operator) -> set[str]:
    return {str(row[0]) for row in ask(address, f"SELECT id FROM {operator.schema_name}.bets_bet")}


@pytest.mark.proof
def test_a_restore_to_a_moment_has_what_was_before_it_and_opens_when_the_operator_was_heard(
    home: Path, playing: Playing, operator_a: Operator
) -> None:
    ahead = make(WalletMode.SEAMLESS)
    staked(ahead, 1000, 2000)
    archive = home / "wal"
    with archiving(superuser(), archive, home / "receiver.log"):
        backup = backups.make(url=superuser(), directory=home / "backups", key=KEY)
        playing.more()
        staked(ahead, 3000)
        moment = database_now()
        before = {str(bet.pk) for bet in list(playing.accepted) if bet.created_at < moment}
        playing.more()
        staked(ahead, 4000, 5000)  # the operator has taken these; the restored books will not know them
        playing.stop()
        write_list(mirror(ahead), home / "books.csv")
        wait_for_wal(superuser())

    wanted = Wanted(
        backup=backup, home=home / "copy", key=KEY, wal=archive, until=moment, database=parameters()["dbname"]
    )
    restored = restore(wanted)
    assert restored.point <= moment
    after = {str(bet.pk) for bet in playing.accepted if bet.created_at > moment}
    assert before
    assert after
    with postgres.started(restored.server):
        address = restored.server.address(user=postgres.OWNER, database=parameters()["dbname"])
        found = bets_there(address, operator_a)
        assert before <= found
        assert not after & found
        _closed_until_compared(address, ahead, home, restored)


def _closed_until_compared(address: str, ahead: Operator, home: Path, restored: Restored) -> None:
    statuses = dict(ask(address, "SELECT slug, status FROM operators_operator"))
    assert set(statuses.values()) == {"suspended"}
    assert set(restored.closed) == set(statuses)
    assert set(invariants(address)) <= WITHOUT_BETS
    verified = manage(address, "verify_audit")
    assert verified.returncode == 0, verified.stdout

    code, run = reconcile(address, ahead.slug, home / "books.csv")
    assert code == 1
    counts = ask(
        address, f"SELECT matched, missing_here, missing_there FROM reconciliation_reconciliationrun WHERE id = '{run}'"
    )
    assert counts == [(3, 2, 0)]
    refused = manage(address, "reopen", ahead.slug, "--run", run)
    assert (refused.returncode, "2 differences are not explained" in refused.stderr) == (2, True), refused.stderr

    resolved = manage(address, "shell", "-c", RESOLVE.format(run=run))
    assert resolved.returncode == 0, resolved.stderr
    opened = manage(address, "reopen", ahead.slug, "--run", run)
    assert opened.returncode == 0, opened.stderr
    [(status,)] = ask(address, f"SELECT status FROM operators_operator WHERE slug = '{ahead.slug}'")
    assert status == "active"


@pytest.fixture
def plain(home: Path) -> Backup:
    return backups.make(url=superuser(), directory=home / "backups")


def test_a_backup_says_what_is_in_it_and_verifies_until_one_byte_is_another(plain: Backup, home: Path) -> None:
    facts = json.loads((plain.path / "facts.json").read_text())
    assert "KENO_SEAL_KEY" in facts["not_in_it"]
    assert (facts["encrypted"], facts["data_checksums"]) == (False, "on")
    assert settings.SEAL_KEYS[0].hex() not in (plain.path / "facts.json").read_text()
    assert [one.path for one in backups.finished(plain.path.parent)] == [plain.path]

    tables = plain.path / "base" / "base"
    victim = max((one for one in tables.rglob("*") if one.is_file()), key=lambda one: one.stat().st_size)
    with victim.open("r+b") as file:
        file.seek(victim.stat().st_size // 2)
        [byte] = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(RecoveryFailed, match=victim.name):
        backups.verify(plain, key=None, scratch=home / "scratch")
    with pytest.raises(RecoveryFailed, match="not sound"):
        restore(Wanted(backup=plain, home=home / "copy"))
    assert not (home / "copy").resolve().joinpath("data").exists()


def test_a_manifest_that_was_made_to_fit_is_found(plain: Backup, home: Path) -> None:
    manifest = plain.path / "base" / "backup_manifest"
    manifest.write_bytes(manifest.read_bytes() + b"\n")
    with pytest.raises(RecoveryFailed, match="another one"):
        backups.verify(plain, key=None, scratch=home / "scratch")


def test_a_role_without_the_right_is_told_what_to_do(home: Path) -> None:
    here = parameters()
    url = make_conninfo("", host=here["host"], port=here["port"], user=postgres.OWNER, dbname=here["dbname"])
    with pytest.raises(RecoveryFailed, match="REPLICATION"):
        backups.make(url=url, directory=home / "backups")
    assert not (home / "backups").exists()


def test_nothing_is_restored_over_data(home: Path) -> None:
    (home / "copy" / "data").mkdir(parents=True)
    (home / "copy" / "data" / "PG_VERSION").write_text("18")
    with pytest.raises(RecoveryFailed, match="there already"):
        restore(Wanted(backup=Backup(path=home, facts={}), home=home / "copy"))
    assert (home / "copy" / "data" / "PG_VERSION").read_text() == "18"


def made(directory: Path, name: str) -> Path:
    place = directory / name
    place.mkdir(parents=True)
    (place / "facts.json").write_text("{}")
    return place


def test_old_backups_are_let_go_beyond_those_that_are_kept(tmp_path: Path) -> None:
    names = [f"keno-2026110{day}T000000000Z" for day in range(1, 6)]
    places = [made(tmp_path, name) for name in names]
    (tmp_path / "keno-20261106T000000000Z.unfinished").mkdir()  # somebody makes it just now
    stranger = made(tmp_path, "photos")
    assert backups.let_go(tmp_path, keep=0) == []
    assert backups.let_go(tmp_path, keep=2) == places[:3]
    assert sorted(tmp_path.iterdir()) == sorted(
        [*places[3:], tmp_path / "keno-20261106T000000000Z.unfinished", stranger]
    )


@pytest.fixture
def keep_wal(tmp_path: Path) -> Callable[[str, bytes], int]:
    (tmp_path / "archive").mkdir()

    def keep(name: str, data: bytes) -> int:
        (tmp_path / "source").write_bytes(data)
        return wal.main(["keep", str(tmp_path / "archive"), str(tmp_path / "source"), name])

    return keep


def test_a_segment_of_wal_is_kept_once_and_never_replaced(
    tmp_path: Path, keep_wal: Callable[[str, bytes], int]
) -> None:
    name = "000000010000000000000001"
    assert keep_wal(name, b"a") == 0
    assert keep_wal(name, b"a") == 0  # PostgreSQL may call twice for the same
    assert keep_wal(name, b"b") == 1
    assert wal.main(["fetch", str(tmp_path / "archive"), name, str(tmp_path / "target")]) == 0
    assert (tmp_path / "target").read_bytes() == b"a"
    assert wal.main(["fetch", str(tmp_path / "archive"), "0" * 24, str(tmp_path / "other")]) == 1
    with pytest.raises(SystemExit):
        wal.main(["keep", str(tmp_path), str(tmp_path / "source"), "../../etc/passwd"])


def test_the_programs_of_another_version_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KENO_POSTGRES_PROGRAMS", str(tmp_path))
    assert tools.program("pg_basebackup") != str(tmp_path / "pg_basebackup")
    (tmp_path / "pg_basebackup").touch()
    assert tools.program("pg_basebackup") == str(tmp_path / "pg_basebackup")
    with pytest.raises(RecoveryFailed, match="KENO_POSTGRES_PROGRAMS"):
        tools.program("pg_nothing")


def test_bets_of_a_backup_under_play_are_all_there(home: Path, playing: Playing, operator_a: Operator) -> None:
    """What was answered before the backup began is in it; of what was answered meanwhile, any part without a hole."""
    playing.more()
    before = {str(bet.pk) for bet in list(playing.accepted)}
    backup = backups.make(url=superuser(), directory=home / "backups")
    playing.more()
    playing.stop()
    restored = restore(Wanted(backup=backup, home=home / "copy", database=parameters()["dbname"]))
    with postgres.started(restored.server):
        found = bets_there(restored.server.address(user=postgres.OWNER, database=parameters()["dbname"]), operator_a)
    order = [str(bet.pk) in found for bet in playing.accepted]
    assert before <= found
    assert order == sorted(order, reverse=True)
    with tenant_context(operator_a):
        assert Bet.objects.filter(pk__in=[bet.pk for bet in playing.accepted]).count() == len(playing.accepted)
