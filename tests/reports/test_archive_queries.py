"""What is read of archived days is what was read of them while they were online, row by row."""

import io
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from bets.services.cancellation import cancel_bet
from operators.jurisdictions import Jurisdiction
from operators.models import Operator
from operators.selectors import get_operator
from players.models import Player
from reports.archive import queries, steps
from reports.archive.files import ArchiveUnusable
from reports.archive.queries import ArchiveMoved, Only, Span
from reports.archive.rounds import settled_rounds
from reports.catalogue import get_report, theory
from reports.query import Query
from reports.reading import snapshot
from rounds.models import RoundStatus
from rounds.services.voiding import void_round
from tests.support import clickhouse
from tests.support.archives import archive
from tests.support.bets import new_player
from tests.support.old_days import YESTERDAY, old_bets, old_deposit, own_operator
from tests.support.rounds import Timing, again, commit_rounds, drive, new_game, wait_until

pytestmark = pytest.mark.usefixtures("committed")
pytest.importorskip("pyarrow", reason="the archive is written with pyarrow: install the extra `analysis`")
pytest.importorskip("chdb", reason="archived days are read with chdb: install the extra `analysis`")
BETS = """
    SELECT b.id, b.round_id, b.player_id, b.paytable_id, b.ticket_id, b.picks::text, b.pick_count, b.stake,
           b.potential_max_win, b.blind, b.leaf_hash, b.created_at, y.token, g.code, s.outcome,
           c.bet_id IS NOT NULL, p.hits, p.multiplier_hundredths, p.amount, p.created_at
    FROM {bets} b
    JOIN {s}.players_player y ON y.id = b.player_id
    JOIN public.rounds_round r ON r.id = b.round_id JOIN public.rounds_game g ON g.id = r.game_id
    LEFT JOIN {s}.bets_settlement s ON s.round_id = b.round_id
    LEFT JOIN {s}.bets_cancellation c ON c.bet_id = b.id
    LEFT JOIN {payouts} p ON p.bet_id = b.id AND p.bet_id >= %(low)s AND p.bet_id < %(high)s
    WHERE b.id >= %(low)s AND b.id < %(high)s AND (%(player)s::bigint IS NULL OR b.player_id = %(player)s)
      AND p.amount IS DISTINCT FROM -1 AND (%(least)s::bigint IS NULL OR p.amount >= %(least)s)
    ORDER BY b.id
"""
MOVEMENTS = """
    SELECT t.created_at, t.id, t.kind, t.amount, t.balance_after, t.reference, b.round_id
    FROM {movements} t
    LEFT JOIN {bets} b ON t.kind NOT IN (4, 5) AND b.id = (left(t.id::text, 35) || '0')::uuid
    WHERE t.account_id = (SELECT id FROM {s}.wallet_account WHERE player_id = %(player)s)
      AND t.created_at >= %(since)s AND t.created_at < %(until)s
    ORDER BY t.created_at, t.id
"""
Reading = Callable[[Operator, "Books"], list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """A time of an operator's, and some of its players."""

    since: datetime
    until: datetime
    players: list[Player]

    @property
    def span(self) -> Span:
        return Span.between(self.since, self.until)


def read_bets(operator: Operator, books: Books, player: int | None = None, least: int | None = None) -> list[Any]:
    parameters = {"low": books.span.low, "high": books.span.high, "player": player, "least": least}
    only = Only(player_id=player, won_from=least)
    return [as_plain(row) for row in queries.stream_bets(operator, BETS, parameters, span=books.span, only=only)]


def read_movements(operator: Operator, books: Books, player: int) -> list[Any]:
    period = {"since": books.since, "until": books.until}
    rows = queries.stream_account(operator, MOVEMENTS, {**period, "player": player}, player_id=player, **period)
    return [as_plain(row) for row in rows]


def read_rounds(operator: Operator, books: Books) -> list[Any]:
    found = list(settled_rounds(operator, since=books.since, until=books.until))
    return sorted((one.round_id, one.day, one.game, one.payouts, sorted(map(repr, one.parts))) for one in found)


def read_report(code: str, **narrow: str) -> Reading:
    """A report of the catalogue, as it is made: its rows and the facts of its head, from one snapshot."""

    def read(operator: Operator, books: Books) -> list[Any]:
        query = Query(since=books.since, until=books.until, operator=operator.slug, **narrow)
        report = get_report(code)
        with snapshot(operator):
            facts = dict(report.facts(operator, query)) if report.facts else {}
            return [facts, *map(tuple, report.read(operator, query))]

    return read


def as_plain(row: Any) -> tuple[Any, ...]:
    return tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)


READINGS: dict[str, Reading] = {
    "bets": read_bets,
    "bets of a player": lambda operator, books: read_bets(operator, books, player=books.players[0].pk),
    "large wins": lambda operator, books: read_bets(operator, books, least=36_00),
    "movements of a player": lambda operator, books: read_movements(operator, books, books.players[1].pk),
    "rounds": read_rounds,
    "report bet_log": read_report("bet_log"),
    "report bet_log of a player": lambda operator, books: read_report("bet_log", player=books.players[2].token)(
        operator, books
    ),
    "report large_wins": read_report("large_wins", at_least="36.00"),
    "report game_performance": read_report("game_performance", by="day"),
    "report player_statement": lambda operator, books: read_report("player_statement", player=books.players[1].token)(
        operator, books
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day that was archived, and what was read of it before."""

    operator: Operator
    root: Path
    books: Books
    before: dict[str, list[Any]]


@pytest.fixture(scope="module")
def archived(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Day]:
    """A drawn and a void round of yesterday's bets, one of them over midnight; a cancelled bet; deposits with tabs."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        # Nobody bets before a round is committed, except here: ids of yesterday, in rounds of today.
        patch.setattr(theory, "CLOCKS_APART", timedelta(days=2))
        yield _make(tmp_path_factory.mktemp("archive"))


def _make(root: Path) -> Day:
    operator = own_operator(f"read-{uuid4().hex[:8]}")
    drawn, void = commit_rounds(new_game(owner_id=operator.pk), count=2, timing=Timing(opens_in=2.0, betting=6.0))
    players = [new_player(operator) for _ in range(3)]
    for player in players:
        old_deposit(operator, player, 10_000_000)
    taken_back = old_bets(operator, [drawn], players[1], stake=5555)[0]
    Jurisdiction.objects.filter(pk=operator.jurisdiction_id).update(bet_cancellation=True)
    wait_until(drawn.opens_at)
    drive([drawn], RoundStatus.OPEN)
    cancel_bet(operator=get_operator(slug=operator.slug), bet_id=taken_back.id)
    for n in range(80):
        old_bets(operator, [drawn], players[n % 3], stake=1000 + n, picks=[n + 1])
    old_bets(operator, [drawn, void], players[0], stake=700, next_days=1)
    drive([drawn])
    void_round(round_id=void.pk, reason="a test", actor="test")
    drive([void])
    end = again(drawn).closes_at + timedelta(hours=1)
    books = Books(since=datetime.combine(YESTERDAY, time(), UTC), until=end, players=players)
    before = {name: read(operator, books) for name, read in READINGS.items()}
    list(steps.archive_day(operator, YESTERDAY, root=root))
    return Day(operator=operator, root=root, books=books, before=before)


@pytest.fixture(autouse=True)
def _the_archive(archived: Day, settings: Any) -> None:
    settings.ARCHIVE_DIR = archived.root
    settings.CLICKHOUSE = ""


class TestReading:
    def test_what_was_read_before_was_something(self, archived: Day) -> None:
        sizes = {name: len(rows) for name, rows in archived.before.items()}
        assert sizes["bets"] == 83
        assert 0 < sizes["bets of a player"] < 83
        assert 0 < sizes["large wins"] <= 20
        assert sizes["movements of a player"] > 30
        [one] = archived.before["rounds"]
        assert "staked_squared" in str(one)
        assert {name: size for name, size in sizes.items() if name.startswith("report")} == {
            "report bet_log": 1 + 83,
            "report bet_log of a player": 1 + 26,
            "report large_wins": 1 + sizes["large wins"],
            "report game_performance": 1 + 1,
            "report player_statement": 1 + sizes["movements of a player"],
        }

    @pytest.mark.parametrize("name", READINGS)
    def test_the_same_rows_come_from_the_archive_in_the_same_order(self, archived: Day, name: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {archived.operator.schema_name}.bets_bet")
            assert cursor.fetchone() == (1,)  # the one of today: all others are read from files
        assert READINGS[name](archived.operator, archived.books) == archived.before[name]

    def test_a_part_of_a_day_is_that_part(self, archived: Day) -> None:
        middle = archived.before["bets"][40][0]
        low, high = Span(low=archived.books.span.low, high=middle), Span(low=middle, high=archived.books.span.high)
        parts = []
        for span in (low, high):
            parameters = {"low": span.low, "high": span.high, "player": None, "least": None}
            parts.append([as_plain(row) for row in queries.stream_bets(archived.operator, BETS, parameters, span=span)])
        assert [len(part) for part in parts] == [40, 43]
        assert parts[0] + parts[1] == archived.before["bets"]

    def test_no_more_than_a_block_is_asked_at_a_time_and_all_blocks_are_the_whole(
        self, archived: Day, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(queries, "BLOCK", 7)
        assert read_bets(archived.operator, archived.books) == archived.before["bets"]

    def test_another_operators_days_are_not_read(self, archived: Day, unique: Any) -> None:
        assert read_bets(own_operator(unique("other")), archived.books) == []


class TestTrust:
    def test_a_file_that_was_touched_is_not_read(self, archived: Day, tmp_path: Path, settings: Any) -> None:
        shutil.copytree(archived.root, tmp_path / "copy")
        settings.ARCHIVE_DIR = tmp_path / "copy"
        [bets] = (tmp_path / "copy").rglob("bets.parquet")
        raw = bytearray(bets.read_bytes())
        raw[len(raw) // 2] ^= 1
        bets.write_bytes(raw)
        with pytest.raises(ArchiveUnusable, match="is not the file that was written"):
            read_bets(archived.operator, archived.books)

    def test_a_manifest_that_was_written_anew_is_not_believed(
        self, archived: Day, tmp_path: Path, settings: Any
    ) -> None:
        shutil.copytree(archived.root, tmp_path / "copy")
        settings.ARCHIVE_DIR = tmp_path / "copy"
        [manifest] = (tmp_path / "copy").rglob("manifest.json")
        told = json.loads(manifest.read_text())
        manifest.write_text(json.dumps(told))
        with pytest.raises(ArchiveUnusable, match="is not the manifest that was written"):
            read_bets(archived.operator, archived.books)

    def test_files_that_are_gone_are_missed(self, archived: Day, tmp_path: Path, settings: Any) -> None:
        settings.ARCHIVE_DIR = tmp_path
        with pytest.raises(ArchiveUnusable, match="cannot be read"):
            read_bets(archived.operator, archived.books)

    def test_without_a_directory_an_archived_range_is_refused_and_never_half(
        self, archived: Day, settings: Any
    ) -> None:
        settings.ARCHIVE_DIR = None
        with pytest.raises(ArchiveUnusable, match="Set KENO_ARCHIVE"):
            read_bets(archived.operator, archived.books)


class TestAServer:
    """The same from a ClickHouse server by its address, which finds the files below its own directory."""

    @pytest.fixture(scope="class")
    @classmethod
    def address(cls, archived: Day, tmp_path_factory: Any) -> Iterator[str]:
        from clickhouse_connect import common

        directory = tmp_path_factory.mktemp("server")
        shutil.copytree(archived.root, directory / "archive")
        common.set_setting("use_protocol_version", False)  # what stands before chDB here knows no versions of it
        with clickhouse.server(directory) as address:
            yield address
        common.set_setting("use_protocol_version", True)

    @pytest.mark.parametrize("name", READINGS)
    def test_the_same_rows_come_in_the_same_order(self, archived: Day, address: str, name: str, settings: Any) -> None:
        settings.CLICKHOUSE = address
        assert READINGS[name](archived.operator, archived.books) == archived.before[name]

    def test_one_that_reads_other_files_is_not_believed(
        self, archived: Day, tmp_path: Path, settings: Any, address: str
    ) -> None:
        settings.CLICKHOUSE, settings.CLICKHOUSE_ARCHIVE = address, "elsewhere"
        with pytest.raises(ArchiveUnusable, match="ClickHouse"):
            read_bets(archived.operator, archived.books)
        empty_out(archived, tmp_path)
        with clickhouse.server(tmp_path) as other:
            settings.CLICKHOUSE, settings.CLICKHOUSE_ARCHIVE = other, "archive"
            with pytest.raises(ArchiveUnusable, match="is not the file that was written"):
                read_bets(archived.operator, archived.books)

    def test_one_that_does_not_let_us_in_is_told(self, archived: Day, settings: Any, address: str) -> None:
        settings.CLICKHOUSE = address.replace("reader", "stranger")
        with pytest.raises(ArchiveUnusable, match="ClickHouse"):
            read_bets(archived.operator, archived.books)


def empty_out(day: Day, directory: Path) -> None:
    """A copy of the archive without a day's last bet."""
    import pyarrow.parquet as pq

    shutil.copytree(day.root, directory / "archive")
    [bets] = (directory / "archive").rglob("bets.parquet")
    table = pq.read_table(bets)
    pq.write_table(table.slice(0, table.num_rows - 1), bets)


class TestWhileADayGoes:
    def test_a_day_that_goes_to_the_archive_meanwhile_is_never_silently_missing(
        self, unique: Any, tmp_path: Path, settings: Any
    ) -> None:
        settings.ARCHIVE_DIR = tmp_path
        operator = own_operator(unique("moving"))
        player = new_player(operator)
        old_deposit(operator, player, 5000)
        books = Books(since=datetime.combine(YESTERDAY, time(), UTC), until=datetime.now(UTC), players=[player])
        way = steps.archive_day(operator, YESTERDAY, root=tmp_path)
        while next(way).step != "verified":
            pass
        with queries.standing_still(operator, books.span):
            pass
        with pytest.raises(ArchiveMoved), queries.standing_still(operator, books.span):
            carry_elsewhere(operator, tmp_path)

    def test_while_somebody_reads_no_partition_is_taken_away(
        self, unique: Any, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import threading

        settings.ARCHIVE_DIR = tmp_path
        monkeypatch.setattr(steps, "LOCK_TIMEOUT", "500ms")
        operator = own_operator(unique("held"))
        player = new_player(operator)
        old_deposit(operator, player, 5000)
        books = Books(since=datetime.combine(YESTERDAY, time(), UTC), until=datetime.now(UTC), players=[player])
        failed: list[BaseException] = []

        def take_away() -> None:
            try:
                archive(operator, tmp_path)
            except Exception as error:
                failed.append(error)
            finally:
                connection.close()

        with transaction.atomic():
            queries.hold(operator)
            thread = threading.Thread(target=take_away)
            thread.start()
            thread.join(timeout=60)
            assert "lock timeout" in str(failed[0])
        list(steps.let_go(operator, YESTERDAY))
        assert len(read_movements(operator, books, player.pk)) == 1


def carry_elsewhere(operator: Operator, root: Path) -> None:
    """The first steps of the archive, up to the moment from which a day is archived, in another session."""
    import threading

    def carry() -> None:
        try:
            way = steps.archive_day(operator, YESTERDAY, root=root)
            while next(way).step != "carried":
                pass
            way.close()
        finally:
            connection.close()

    thread = threading.Thread(target=carry)
    thread.start()
    thread.join(timeout=60)


class TestTheCommand:
    def test_it_answers_any_question_about_archived_days(self, archived: Day) -> None:
        asked = "SELECT count() AS bets, sum(stake) AS staked FROM bets"
        said = ask(archived.operator.slug, asked)
        assert said.splitlines()[0].split() == ["bets", "staked"]
        staked = sum(row[7] for row in archived.before["bets"][:-1])
        assert said.splitlines()[1].split() == ["82", str(staked)]

    def test_it_joins_the_tables_and_writes_csv(self, archived: Day) -> None:
        asked = "SELECT count() AS n, sum(p.amount) AS won FROM payouts p JOIN bets b ON b.id = p.bet_id"
        [heading, values] = ask(archived.operator.slug, asked, "--csv").splitlines()
        won = [row[18] for row in archived.before["bets"] if row[18]]
        assert (heading, values) == ("n,won", f"{len(won)},{sum(won)}")

    @pytest.mark.parametrize("asked", ["DROP TABLE bets", "SELECT 1; SELECT 2", "INSERT INTO bets SELECT * FROM bets"])
    def test_it_only_reads(self, archived: Day, asked: str) -> None:
        with pytest.raises(CommandError):
            ask(archived.operator.slug, asked)

    def test_a_range_without_archived_days_says_so(self, archived: Day) -> None:
        with pytest.raises(CommandError, match="no archived day"):
            ask(archived.operator.slug, "SELECT 1 FROM bets", "--from", "2001-01-01", "--to", "2001-02-01")


def ask(slug: str, *arguments: str) -> str:
    said = io.StringIO()
    call_command("query_archive", slug, *arguments, stdout=said)
    return said.getvalue()
