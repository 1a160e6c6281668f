"""A day on its way to the archive: what holds it up, what interrupts it, and what a seamless operator's has besides."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection

from operators.models import Operator
from operators.tenancy import tenant_context
from reports.archive import files, policy, steps
from reports.archive.tables import TABLES
from rounds.models import RoundStatus
from rounds.services.voiding import void_round
from tests.plans.grown import rolled_back
from tests.support.archives import archive, broken, contents
from tests.support.bets import balance, new_player
from tests.support.database import rows
from tests.support.old_days import (
    YESTERDAY,
    deliver_all,
    old_bets,
    old_deposit,
    old_seamless_bets,
    own_operator,
)
from tests.support.rounds import Timing, commit_rounds, drive, new_game, wait_until
from tests.support.seamless import new_seamless_operator
from wallet.selectors import archived_days

pytestmark = pytest.mark.usefixtures("committed")
pytest.importorskip("pyarrow", reason="the archive is written with pyarrow: install the extra `analysis`")
DAYS = "I37-archived-days-have-their-keys"


@pytest.fixture
def operator(unique: Any) -> Operator:
    return own_operator(unique("way"))


class TestWhatIsNotReady:
    def test_a_day_with_an_unsettled_round_stays_and_says_which(self, operator: Operator, tmp_path: Path) -> None:
        [one] = commit_rounds(new_game(owner_id=operator.pk), timing=Timing(opens_in=0.3, betting=60))
        player = new_player(operator)
        old_deposit(operator, player, 5000)
        wait_until(one.opens_at)
        drive([one], RoundStatus.OPEN)
        old_bets(operator, [one], player)
        with pytest.raises(steps.NotFinished, match=f"round {one.pk} is open and not settled"):
            archive(operator, tmp_path)
        assert list(tmp_path.rglob("*.parquet")) == []

    def test_a_row_that_comes_while_files_are_written_is_not_lost(self, operator: Operator, tmp_path: Path) -> None:
        player = new_player(operator)
        old_deposit(operator, player, 5000)
        way = steps.archive_day(operator, YESTERDAY, root=tmp_path)
        assert [next(way).step, next(way).step] == ["written", "verified"]
        old_deposit(operator, player, 7000)
        with pytest.raises(files.ArchiveUnusable, match="has changed while it was written"):
            next(way)
        with tenant_context(operator):
            assert archived_days().count() == 0
        archive(operator, tmp_path)
        assert balance(operator, player) == 12_000
        assert broken(operator.slug) == {}

    def test_nothing_is_written_into_an_archived_day_before_it_is_detached(
        self, operator: Operator, tmp_path: Path
    ) -> None:
        player = new_player(operator)
        old_deposit(operator, player, 5000)
        way = steps.archive_day(operator, YESTERDAY, root=tmp_path)
        while next(way).step != "carried":
            pass
        with pytest.raises(DatabaseError, match="is archived"):
            old_deposit(operator, player, 7000)
        assert broken(operator.slug) == {}
        list(way)
        assert broken(operator.slug) == {}


PROGRAM = """
import os, signal, sys
import django; django.setup()
from datetime import date
from pathlib import Path
from operators.selectors import get_operator
from reports.archive import steps
slug, day, root, begin, stop = sys.argv[1:]
operator, day = get_operator(slug=slug), date.fromisoformat(day)
way = steps.archive_day(operator, day, root=Path(root)) if begin == "begin" else steps.let_go(operator, day)
for done in way:
    if done.step + " " + done.text.rpartition(".")[2].rpartition("_")[0] in (stop, stop + " "):
        os.kill(os.getpid(), signal.SIGKILL)
    if done.step == stop:
        os.kill(os.getpid(), signal.SIGKILL)
"""


class TestInterrupted:
    def test_killed_after_each_of_its_steps_in_turn_it_goes_on_and_no_row_is_lost_or_doubled(
        self, operator: Operator, tmp_path: Path
    ) -> None:
        player = new_player(operator)
        for n in range(20):
            old_deposit(operator, player, 1000 + n)
        before, money = contents(operator), sum(1000 + n for n in range(20))
        kept = [(verb, table.name) for table in TABLES for verb in ("detached", "kept")]
        ways = [("begin", step) for step in ("written", "verified", "carried")]
        ways += [("go on", f"{verb} {name}") for verb, name in kept[:-1]]
        for begin, stop in ways:
            _killed(operator, tmp_path, begin, stop)
            assert broken(operator.slug) == {}, (begin, stop)
            assert balance(operator, player) == money
            with tenant_context(operator):
                assert archived_days().count() == (1 if begin == "go on" or stop == "carried" else 0)
        told = list(policy.archive_operator(operator, before=YESTERDAY + timedelta(days=1), where=tmp_path))
        assert [one.result for one in told if one.day == YESTERDAY] == ["kept"]
        assert contents(operator, steps.archive_schema(operator)) == before
        assert rows(f"SELECT count(*) FROM {operator.schema_name}.wallet_transaction") == [(0,)]
        assert sorted(path.name for path in tmp_path.glob("operator=*/*")) == [f"day={YESTERDAY}"]
        assert broken(operator.slug) == {}
        assert list(policy.archive_operator(operator, before=YESTERDAY + timedelta(days=1), where=tmp_path)) == []

    def test_a_detach_that_was_begun_is_ended(self, operator: Operator, tmp_path: Path) -> None:
        """DETACH CONCURRENTLY commits half-way: whoever dies then leaves a partition that only FINALIZE ends."""
        old_deposit(operator, new_player(operator), 5000)
        way = steps.archive_day(operator, YESTERDAY, root=tmp_path)
        while next(way).step != "carried":
            pass
        way.close()
        name = f"{operator.schema_name}.wallet_transaction"
        partition = f"{name}_{YESTERDAY:%Y%m%d}"
        reader = _other_connection()
        with reader.transaction(), connection.cursor() as cursor:
            reader.execute(f"SELECT count(*) FROM {name}")  # holds the table's lock, so the detach waits in its middle
            cursor.execute("SET lock_timeout = '300ms'")
            with pytest.raises(DatabaseError, match="lock timeout"):
                cursor.execute(f"ALTER TABLE {name} DETACH PARTITION {partition} CONCURRENTLY")
            cursor.execute("RESET lock_timeout")
            cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhdetachpending")
            assert cursor.fetchone() == (1,)
        reader.close()
        list(policy.archive_operator(operator, before=YESTERDAY + timedelta(days=1), where=tmp_path))
        assert rows("SELECT count(*) FROM pg_inherits WHERE inhdetachpending") == [(0,)]
        assert broken(operator.slug) == {}

    def test_two_at_once_do_not_meet(self, operator: Operator, tmp_path: Path) -> None:
        old_deposit(operator, new_player(operator), 5000)
        other = _other_connection()
        other.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"archive {operator.schema_name}"])
        told = list(policy.archive_operator(operator, before=YESTERDAY + timedelta(days=1), where=tmp_path))
        other.close()
        assert [one.result for one in told] == ["busy"]


def _killed(operator: Operator, root: Path, begin: str, stop: str) -> None:
    """A process of its own that is killed right after this step."""
    environment = {
        **os.environ,
        "DATABASE_URL": f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{connection.settings_dict['NAME']}",
        "DJANGO_SETTINGS_MODULE": "keno_platform.settings",
    }
    command = [sys.executable, "-c", PROGRAM, operator.slug, str(YESTERDAY), str(root), begin, stop]
    assert subprocess.run(command, env=environment, check=False).returncode == -signal.SIGKILL, (begin, stop)


def _other_connection() -> Any:
    import psycopg

    from tests.support.database import parameters

    return psycopg.connect(**parameters(), autocommit=True)


class TestSeamless:
    def test_a_day_of_a_seamless_operator_waits_for_its_calls_and_adds_up_without_its_movements(
        self, unique: Any, tmp_path: Path
    ) -> None:
        operator, _ = new_seamless_operator(unique("far"), url="http://127.0.0.1:9")
        drawn, void = commit_rounds(new_game(owner_id=operator.pk), count=2, timing=Timing(opens_in=1.0, betting=2.0))
        player = new_player(operator)
        wait_until(drawn.opens_at)
        drive([drawn], RoundStatus.OPEN)
        for n in range(40):
            old_seamless_bets(operator, [drawn], player, stake=1000 + n, picks=[2 * n + 1])
        old_seamless_bets(operator, [void], player)
        drive([drawn])
        void_round(round_id=void.pk, reason="a test", actor="test")
        drive([void])
        with pytest.raises(steps.NotFinished, match="at the wallet is pending"):
            archive(operator, tmp_path)
        assert deliver_all(operator) > 1
        assert broken(operator.slug) == {}
        archive(operator, tmp_path)
        assert broken(operator.slug) == {}
        assert rows(f"SELECT count(*) FROM {operator.schema_name}.wallet_transaction") == [(0,)]
        for change, code in (
            ("DELETE FROM wallet_walletcall WHERE kind = 6 AND state = 'ok' AND amount = 1007", DAYS),
            ("UPDATE wallet_walletcall SET amount = amount + 1 WHERE kind = 7 AND amount > 0", DAYS),
            ("UPDATE wallet_walletcall SET state = 'ok' WHERE kind = 6 AND state = 'rolled_back'", DAYS),
            ("UPDATE wallet_walletcall SET bet_amounts = ARRAY[1] WHERE kind = 7", "I37-archived-bets-add-up"),
        ):
            self.found(operator, change, code)

    def found(self, operator: Operator, change: str, code: str) -> None:
        with rolled_back():
            with tenant_context(operator), connection.cursor() as own:
                own.execute("ALTER TABLE wallet_walletcall DISABLE TRIGGER USER")
                own.execute(change)
            assert code in broken(operator.slug), change
