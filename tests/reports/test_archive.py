"""A day goes to the archive whole and once, whatever happens on the way, and the books stay right without it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from audit.models import AuditEntry
from bets.selectors import bets_of_slips
from bets.services.cancellation import cancel_bet
from bets.services.placement import place_slips
from bets.slips import SlipAsk
from keno_platform.core import clock, ids
from keno_platform.core.errors import IdempotencyKeyReused
from operators.jurisdictions import Jurisdiction
from operators.models import Operator
from operators.selectors import get_operator
from operators.tenancy import tenant_context
from players.models import Player
from reconciliation import daily, feeds
from reports.archive import policy, steps
from reports.archive.restore import restore_day
from reports.selectors import TurnoverRow, turnover
from rounds.models import RoundStatus
from rounds.services.voiding import void_round
from tests.plans.grown import rolled_back
from tests.support.archives import archive, broken, contents
from tests.support.bets import backend, balance, code_of, new_player, slip
from tests.support.database import rows
from tests.support.old_days import (
    YESTERDAY,
    OldBet,
    id_of,
    old_bets,
    old_deposit,
    own_operator,
)
from tests.support.rounds import Timing, again, commit_rounds, drive, new_game, wait_until
from wallet.horizon import Archived
from wallet.models import TransferKey
from wallet.selectors import archived_days
from wallet.services import deposit

pytestmark = pytest.mark.usefixtures("committed")
pytest.importorskip("pyarrow", reason="the archive is written with pyarrow: install the extra `analysis`")


@pytest.fixture
def operator(unique: Any) -> Operator:
    return own_operator(unique("old"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day that was archived, and what was there before."""

    operator: Operator
    root: Path
    players: list[Player]
    bets: list[OldBet]
    retried: SlipAsk
    ticket: list[OldBet]
    contents: dict[str, list[Any]]
    balances: list[int]
    turnover: list[TurnoverRow]
    period: dict[str, Any]
    done: list[steps.Done]
    broken_before: dict[str, tuple[str, ...]]


@pytest.fixture(scope="module")
def archived(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Day]:
    """
    A finished day: two rounds, one of them void, a ticket over both and over midnight, a cancelled bet, deposits; and a
    bet of today in one of them, so that this round lies across the horizon.
    """
    with django_db_blocker.unblock():
        yield _make_archived(tmp_path_factory.mktemp("archive"))


def _make_archived(root: Path) -> Day:
    operator = own_operator(f"old-{uuid4().hex[:8]}")
    drawn, void = commit_rounds(new_game(owner_id=operator.pk), count=2, timing=Timing(opens_in=1.0, betting=3.0))
    players = [new_player(operator) for _ in range(3)]
    for player in players:
        old_deposit(operator, player, 10_000_000)
    wait_until(drawn.opens_at)
    drive([drawn], RoundStatus.OPEN)
    many = [old_bets(operator, [drawn], players[n % 3], stake=1000 + n, picks=[2 * n + 1])[0] for n in range(39)]
    retried = slip(operator, players[0], round_id=drawn.pk, stake="10.39", picks=[79])
    many += old_bets(
        operator, [drawn], players[0], stake=1039, picks=[79], key=retried.key, fingerprint=retried.fingerprint()
    )
    ticket = old_bets(operator, [drawn, void], players[0], stake=700, next_days=1)
    taken_back = old_bets(operator, [drawn], players[1], stake=5555)[0]
    Jurisdiction.objects.filter(pk=operator.jurisdiction_id).update(bet_cancellation=True)
    cancel_bet(operator=get_operator(slug=operator.slug), bet_id=taken_back.id)
    drive([drawn])
    void_round(round_id=void.pk, reason="a test", actor="test")
    drive([void])
    moment = again(drawn).closes_at
    period = {"since": moment - timedelta(days=2), "until": moment + timedelta(days=1)}
    before = {
        "contents": contents(operator),
        "balances": [balance(operator, one) for one in players],
        "turnover": turnover(operator=operator, **period),
        "broken_before": broken(operator.slug),
    }
    done = list(steps.archive_day(operator, YESTERDAY, root=root))
    return Day(
        operator=operator,
        root=root,
        players=players,
        bets=many,
        retried=retried,
        ticket=ticket,
        period=period,
        done=done,
        **before,
    )


class TestADay:
    def test_its_files_hold_every_row_with_counts_and_sums(self, archived: Day) -> None:
        assert [one.step for one in archived.done] == ["written", "verified", "carried"] + ["detached", "kept"] * 3
        assert {name: len(own) for name, own in archived.contents.items()}["bets_bet"] == 42
        assert len(archived.contents["bets_payout"]) > 0
        place = archived.root / f"operator={archived.operator.slug}" / f"day={YESTERDAY}"
        tables = json.loads((place / "manifest.json").read_text())["tables"]
        assert {name: one["rows"] for name, one in tables.items()} == {
            name: len(own) for name, own in archived.contents.items()
        }
        assert tables["bets_bet"]["sums"]["stake"] == sum(1000 + n for n in range(40)) + 700 + 5555
        moved = sum(amount for _, _, _, amount, *_ in archived.contents["wallet_transaction"])
        assert tables["wallet_transaction"]["sums"]["amount"] == moved

    def test_the_books_stay_right(self, archived: Day) -> None:
        assert archived.broken_before == {}
        assert broken(archived.operator.slug) == {}
        assert [balance(archived.operator, one) for one in archived.players] == archived.balances

    def test_the_rows_stand_aside_as_they_were_and_only_those_of_today_are_online(self, archived: Day) -> None:
        assert contents(archived.operator, steps.archive_schema(archived.operator)) == archived.contents
        left = rows(f"SELECT id FROM {archived.operator.schema_name}.bets_bet ORDER BY id")
        assert left == [(archived.ticket[1].id,)]

    def test_the_tables_aside_keep_their_guards(self, archived: Day) -> None:
        name = f"{steps.archive_schema(archived.operator)}.bets_bet_{YESTERDAY:%Y%m%d}"
        for statement in (f"UPDATE {name} SET stake = 1", f"DELETE FROM {name}", f"TRUNCATE {name}"):
            with (
                tenant_context(archived.operator),
                connection.cursor() as cursor,
                pytest.raises(DatabaseError, match=r"tenant guard|append-only"),
            ):
                cursor.execute(statement)

    def test_a_guard_that_is_missing_there_breaks_an_invariant(self, archived: Day) -> None:
        name = f"{steps.archive_schema(archived.operator)}.bets_bet_{YESTERDAY:%Y%m%d}"
        with rolled_back(), connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER append_only ON {name}")
            assert "I27-history-is-append-only" in broken(archived.operator.slug)

    def test_turnover_is_the_same_before_and_after(self, archived: Day) -> None:
        assert sum(row.refunds for row in archived.turnover) == 5555 + 700
        assert turnover(operator=archived.operator, **archived.period) == archived.turnover

    def test_staff_read_who_archived_it_and_where_it_is(self, archived: Day) -> None:
        [entry] = AuditEntry.objects.filter(event_type="day.archived", operator_id=archived.operator.pk)
        with tenant_context(archived.operator):
            [row] = archived_days()
        assert entry.after["directory"] == row.directory
        assert entry.after["manifest_sha256"] == bytes(row.manifest_sha256).hex()
        assert (archived.root / row.directory / "manifest.json").is_file()
        assert (row.bets, row.slips, row.winners) == (42, 42, len(archived.contents["bets_payout"]))

    def test_a_restored_day_is_the_day_row_by_row_and_leaves_the_books_alone(self, archived: Day) -> None:
        restore_day(archived.operator, YESTERDAY, where=archived.root)
        restore_day(archived.operator, YESTERDAY, where=archived.root)
        schema = f"restored_{archived.operator.schema_name.removeprefix('op_')}"
        assert contents(archived.operator, schema) == archived.contents
        with connection.cursor() as cursor, pytest.raises(DatabaseError, match="append-only"):
            cursor.execute(f"DELETE FROM {schema}.bets_bet_{YESTERDAY:%Y%m%d}")
        assert broken(archived.operator.slug) == {}

    def test_a_file_that_was_touched_is_refused_and_its_tables_are_not_dropped(
        self, archived: Day, tmp_path: Path
    ) -> None:
        shutil.copytree(archived.root, tmp_path / "copy")
        [bets] = (tmp_path / "copy").rglob("bets.parquet")
        raw = bytearray(bets.read_bytes())
        raw[len(raw) // 2] ^= 1
        bets.write_bytes(raw)
        [told] = policy.check(archived.operator, where=tmp_path / "copy")
        assert told.result == "failed"
        assert "is not the file that was written" in told.text
        [told] = policy.check(archived.operator, where=archived.root)
        assert told.result == "whole"
        later = clock.now() + timedelta(days=365)
        [told] = policy.drop_kept(archived.operator, where=tmp_path / "copy", now=later, actor="test")
        assert told.result == "failed"
        assert contents(archived.operator, steps.archive_schema(archived.operator)) == archived.contents

    def test_tables_are_dropped_only_when_they_were_kept_long_enough(self, archived: Day) -> None:
        assert list(policy.drop_kept(archived.operator, where=archived.root, actor="test")) == []


class TestReading:
    def test_an_archived_bet_is_gone_with_a_code_and_what_to_do(self, archived: Day) -> None:
        api = backend(archived.operator)
        for path in (f"bets/{archived.bets[0].id}", f"wallet/transactions?bet_id={archived.bets[0].id}"):
            answer = api.get(path)
            assert answer.status_code == 410, answer.content
            told = answer.json()
            assert told["code"] == "archived"
            assert told["params"] == {"archived_until": str(YESTERDAY), "bet_id": str(archived.bets[0].id)}

    def test_an_id_of_an_archived_day_says_nothing_about_whether_there_was_such_a_bet(self, archived: Day) -> None:
        assert backend(archived.operator).get(f"bets/{id_of(YESTERDAY)}").json()["code"] == "archived"
        assert backend(archived.operator).get(f"bets/{ids.bet_id()}").status_code == 404

    def test_a_bet_that_is_online_is_read_and_its_proof_is_computed_where_it_can_be(self, archived: Day) -> None:
        bet = archived.ticket[1]
        assert backend(archived.operator).get(f"bets/{bet.id}").json()["status"] == "rolled_back"

    def test_a_retry_of_an_archived_bets_key_is_told_so_and_takes_no_money(self, archived: Day) -> None:
        operator, before = archived.operator, [balance(archived.operator, one) for one in archived.players]
        asks = [
            archived.retried,
            slip(operator, archived.players[0], key=archived.retried.key, round_id=archived.retried.round_id),
            slip(operator, archived.players[0], round_id=archived.retried.round_id),
        ]
        again, other, fresh = (place_slips(operator=operator, asks=[ask])[0] for ask in asks)
        assert isinstance(again, Archived)
        assert UUID(again.params["bet_id"]) in {one.id for one in archived.bets}
        assert [code_of(other), code_of(fresh)] == ["idempotency_key_reused", "round_not_open"]
        assert [balance(operator, one) for one in archived.players] == before

    def test_a_ticket_over_midnight_is_never_answered_in_part(self, archived: Day) -> None:
        with tenant_context(archived.operator):
            assert isinstance(bets_of_slips([archived.ticket[0].id])[archived.ticket[0].id], Archived)

    def test_a_retry_of_an_archived_deposit_is_told_so_and_moves_no_money(
        self, operator: Operator, tmp_path: Path
    ) -> None:
        player = new_player(operator)
        movement = old_deposit(operator, player, 5000, key="first")
        archive(operator, tmp_path)
        with tenant_context(operator), pytest.raises(IdempotencyKeyReused):
            deposit(key="first", player=player, amount=6000, reference="")
        with tenant_context(operator):
            TransferKey.objects.filter(pk="first").update(
                fingerprint=sha256(msgspec.json.encode([4, player.token, 5000, ""])).digest()
            )
        with tenant_context(operator), pytest.raises(Archived) as refused:
            deposit(key="first", player=player, amount=5000, reference="")
        assert refused.value.params["transaction_id"] == str(movement)
        assert balance(operator, player) == 5000

    def test_the_days_file_and_a_feed_from_then_are_refused_rather_than_incomplete(self, archived: Day) -> None:
        with tenant_context(archived.operator):
            last = archived_days().get().last_at
        with pytest.raises(Archived):
            daily.require_finished(archived.operator, last.date())
        daily.require_finished(archived.operator, YESTERDAY - timedelta(days=1))
        place = feeds._write(last - timedelta(seconds=1), ids.uuid7())
        with pytest.raises(Archived):
            feeds.transactions(archived.operator, after=place, limit=10)


class TestWhatTheInvariantsFind:
    """Carrying forward must not hide what is wrong: each breach is made behind the guards' back, and found."""

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ("UPDATE wallet_account SET balance = balance + 1", "I2-balances-are-sums"),
            ("UPDATE wallet_carriedbalance SET amount = amount + 1", "I37-archived-days-add-up"),
            ("UPDATE wallet_carriedkind SET movements = movements + 1", "I37-archived-days-add-up"),
            ("DELETE FROM wallet_transferkey", "I37-archived-days-have-their-keys"),
            ("DELETE FROM bets_slip WHERE first_bet_id < archive_horizon()", "I37-archived-bets-add-up"),
            ("UPDATE bets_settlement SET stakes = stakes + 1", "I5-settled-once"),
            ("UPDATE bets_settlement SET payouts = payouts + 1", "I20-sums-agree"),
            ("UPDATE bets_carriedround SET bets = bets + 1", "I5-settled-once"),
            ("UPDATE bets_carriedround SET winners = winners + 1", "I20-sums-agree"),
            ("DELETE FROM bets_carriedcancellation", "I37-archived-bets-add-up"),
            ("DELETE FROM bets_bet", "I4-one-stake-a-bet"),
        ],
    )
    def test_a_breach_is_found(self, archived: Day, change: str, code: str) -> None:
        operator, table = archived.operator, change.removeprefix("DELETE FROM ").removeprefix("UPDATE ").split()[0]
        with rolled_back():
            with tenant_context(operator), connection.cursor() as own:
                own.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
                own.execute(change)
            assert code in broken(operator.slug)


class TestTheCommand:
    def test_it_says_what_is_due_and_archives_nothing_before_the_last_two_days(
        self, operator: Operator, tmp_path: Path, settings: Any, capsys: Any
    ) -> None:
        settings.ARCHIVE_DIR = tmp_path
        old_deposit(operator, new_player(operator), 5000)
        call_command("archive_partitions", operator=operator.slug, before=YESTERDAY + timedelta(days=9))
        assert capsys.readouterr().out == ""
        with tenant_context(operator):
            assert archived_days().count() == 0

    def test_without_a_directory_it_says_so_and_does_nothing(self, settings: Any) -> None:
        settings.ARCHIVE_DIR = None
        with pytest.raises(CommandError, match="Set KENO_ARCHIVE"):
            call_command("archive_partitions")

    def test_without_pyarrow_it_says_what_to_install_and_does_nothing(self, tmp_path: Path) -> None:
        program = (
            "import sys; sys.modules['pyarrow'] = None\n"
            "import django; django.setup()\n"
            "from django.core.management import call_command; call_command('archive_partitions')"
        )
        environment = {**os.environ, "KENO_ARCHIVE": str(tmp_path), "DJANGO_SETTINGS_MODULE": "keno_platform.settings"}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
        )
        assert "install the extra `analysis`" in done.stderr
        assert list(tmp_path.iterdir()) == []
