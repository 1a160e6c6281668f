"""All bets of a player in a time that is archived, with the proof that none is missing: the same document as before."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from audit.models import AuditEntry
from desk import evidence
from fairness.checks import Knowledge
from fairness.period import verify_period
from keno_platform.core import clock
from operators.models import Operator
from players.models import Player
from reports.archive import steps
from rounds.custody import own_public_keys
from rounds.models import Round
from rounds.selectors import database_now
from tests.support.api import call
from tests.support.bets import backend, new_player
from tests.support.old_days import YESTERDAY, old_bets, old_deposit, own_operator
from tests.support.rounds import Timing, commit_rounds, drive, new_game, wait_until

pytestmark = pytest.mark.usefixtures("committed")
pytest.importorskip("pyarrow", reason="the archive is written with pyarrow: install the extra `analysis`")
pytest.importorskip("chdb", reason="archived days are read with chdb: install the extra `analysis`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Two operators' bets in two rounds, all but one of yesterday, archived; and the document from before that."""

    operator: Operator
    player: Player
    bets: list[str]
    root: Path
    since: str
    until: str
    before: list[bytes]


def document(operator: Operator, player: Player, rounds: list[Round], until: Any, **how: Any) -> list[bytes]:
    lines = evidence.lines(
        operator=operator, player_token=player.token, since=rounds[0].opens_at, until=until, now=until, **how
    )
    return [line.rstrip(b"\n") for line in lines]


@pytest.fixture(scope="module")
def day(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Day]:
    with django_db_blocker.unblock():
        yield _made(tmp_path_factory.mktemp("archive"))


def _made(root: Path) -> Day:
    own, other = (own_operator(f"{name}-{uuid4().hex[:8]}") for name in ("evident", "beside"))
    rounds = commit_rounds(new_game(f"old-{uuid4().hex[:8]}"), count=2, timing=Timing(opens_in=1.5, betting=4.0))
    player, neighbour, stranger = new_player(own), new_player(own), new_player(other)
    for operator, who in ((own, player), (own, neighbour), (other, stranger)):
        old_deposit(operator, who, 10_000_000)
    wait_until(rounds[0].opens_at)
    drive(rounds[:1], "open", pay=False)
    mine = old_bets(own, rounds, player, proven=True, next_days=1)
    mine += [bet for n in range(3) for bet in old_bets(own, rounds[:1], player, picks=[n + 1], proven=True)]
    for operator, who in ((own, neighbour), (other, stranger)):
        old_bets(operator, rounds, who, proven=True, next_days=1)
    drive(rounds)
    until = database_now()
    before = document(own, player, rounds, until, open_all=False)
    for operator in (own, other):
        list(steps.archive_day(operator, YESTERDAY, root=root))
    return Day(
        operator=own,
        player=player,
        bets=sorted(str(bet.id) for bet in mine),
        root=root,
        since=clock.to_text(rounds[0].opens_at),
        until=clock.to_text(until),
        before=before,
    )


@pytest.fixture(autouse=True)
def _the_archive(day: Day, settings: Any) -> None:
    settings.ARCHIVE_DIR = day.root
    settings.CLICKHOUSE = ""


def written(day: Day, path: Path, *more: str) -> list[bytes]:
    call_command("bets_evidence", day.operator.slug, day.player.token, day.since, day.until, *more, output=path)
    return path.read_bytes().splitlines()


def known() -> Knowledge:
    return Knowledge(
        now_ms=clock.to_milliseconds(clock.now()), keys=own_public_keys(), keys_from="this test", allow_signed_only=True
    )


def test_the_document_of_archived_days_proves_every_bet_of_the_player(day: Day, tmp_path: Path) -> None:
    found = verify_period(written(day, tmp_path / "bets.ndjson"), known())
    assert sorted(str(leaf.bet_id) for leaf in found.bets) == day.bets
    assert found.others == 2  # the neighbour's, opened too
    assert found.closed >= 2  # the other operator's, and those of other tests in that time
    whole = verify_period(written(day, tmp_path / "whole.ndjson", "--open-all"), known())
    assert (len(whole.bets), whole.closed) == (len(day.bets), 0)


def test_its_rounds_and_leaves_are_those_from_before_the_archive(day: Day, tmp_path: Path) -> None:
    now, before = written(day, tmp_path / "bets.ndjson"), day.before
    leaves = [[(one["leaves"], one["opened"]) for one in map(json.loads, lines[1:-1])] for lines in (now, before)]
    assert leaves[0] == leaves[1]
    assert any(opened for _, opened in leaves[0])


def test_the_api_says_where_it_is_when_no_server_reads_the_archive(day: Day) -> None:
    query = f"player_token={day.player.token}&from={day.since}&to={day.until}"
    answer = call("GET", f"evidence/bets?{query}", credential=backend(day.operator).secret)
    assert (answer.status_code, json.loads(answer.content)["code"]) == (410, "archived")


def test_an_archive_that_was_touched_proves_nothing_and_leaves_no_file(day: Day, tmp_path: Path, settings: Any) -> None:
    settings.ARCHIVE_DIR = tmp_path / "nothing-here"
    with pytest.raises(CommandError, match="archive"):
        written(day, tmp_path / "bets.ndjson")
    assert not (tmp_path / "bets.ndjson").exists()


def test_who_took_it_is_on_record(day: Day, tmp_path: Path) -> None:
    written(day, tmp_path / "bets.ndjson")
    entry = AuditEntry.objects.filter(event_type="evidence.exported").latest("pk")
    assert (entry.actor, entry.operator_id) == ("command", day.operator.pk)
    assert (entry.after or {})["player_token"] == day.player.token
