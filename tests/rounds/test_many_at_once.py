"""A step takes all games at once: each round ends as it would alone, and a fault stays its own."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection

from fairness.draw import draw_key, draw_numbers
from fairness.ed25519 import verify_ed25519
from fairness.hashing import sha256
from fairness.merkle import EMPTY_ROOT, leaf_hash
from fairness.messages import CloseMessage
from fairness.seeds import commit_seed
from keno_platform.core.clock import to_milliseconds
from operators.models import Operator
from rounds import announce, custody
from rounds.leaves import Networks, commit_leaf
from rounds.models import Game, Round, RoundStatus
from rounds.services import agenda, drawing, sets, tick, transitions
from tests.support.live import Frames, frames_of
from tests.support.rounds import Timing, again, commit_rounds, drive, new_game, wait_for, wait_until
from webhooks.services.endpoints import create_endpoint, delete_endpoint

pytestmark = pytest.mark.usefixtures("committed")
GAMES = 250
EVENTS = ("opened", "closed", "drawn", "settled", "revealed")


def due_rounds(games: int, *, count: int = 1) -> list[Round]:
    """Committed rounds of so many new games, all of them over by now and none attended."""
    rounds = commit_rounds([new_game() for _ in range(games)], count=count, timing=Timing(betting=0.02, pause=0.01))
    wait_until(max(one.closes_at for one in rounds))
    return rounds


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement that is sent meanwhile, by whatever cursor; each is really sent."""
    sent, execute = [], psycopg.Cursor.execute

    def counted(self: Any, query: Any, *arguments: Any, **options: Any) -> Any:
        sent.append(str(query))
        return execute(self, query, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", counted)
        yield sent


def assert_each_is_right(rounds: list[Round]) -> None:
    """Each round by itself: its seed, draw, CLOSE and signature from its own row and the one before it."""
    networks = Networks()
    keys = {key.key_id: key.public_key for key in custody.signing_keys()}
    done = [again(one) for one in rounds]
    assert {one.status for one in done} == {RoundStatus.REVEALED}
    before: dict[int, bytes] = {}
    for one in sorted(done, key=lambda one: (one.game_id, one.number)):
        seed, message = bytes(one.server_seed or b""), bytes(one.close_message or b"")
        assert commit_seed(stream=one.game.stream, round_number=one.number, seed=seed) == bytes(one.server_seed_hash)
        lh = leaf_hash(commit_leaf(one, networks[one.network]).encode())
        assert one.numbers_drawn == list(
            draw_numbers(key=draw_key(seed=seed, commit_leaf_hash=lh, beacon_signature=None))
        )
        assert one.closed_at is not None
        assert CloseMessage.decode(message) == CloseMessage(
            stream=one.game.stream,
            round_number=one.number,
            closed_ms=to_milliseconds(one.closed_at),
            bets_count=0,
            bets_root=EMPTY_ROOT,
            prev_close_hash=before.get(one.game_id, bytes(32)),
        )
        verify_ed25519(public_key=keys[one.close_key_id], message=message, signature=bytes(one.close_signature or b""))
        assert bytes(one.bets_root or b"") == EMPTY_ROOT
        before[one.game_id] = sha256(message)
        moments = [one.opened_at, one.closed_at, one.drawn_at, one.settled_at, one.revealed_at]
        assert moments == sorted(moment for moment in moments if moment is not None)


def assert_all_is_told(frames: Frames, rounds: list[Round]) -> None:
    """Each event of each round once, numbered in its game without a gap, and at the end what its row says."""
    by_game: dict[str, list[dict[str, Any]]] = {}
    for frame in frames:
        by_game.setdefault(frame["game"], []).append(frame)
    for code, own in by_game.items():
        assert [frame["seq"] for frame in own] == list(range(1, len(own) + 1)), code
        numbers = [one.number for one in rounds if one.game.code == code]
        told = sorted((frame["number"], EVENTS.index(frame["type"].removeprefix("round."))) for frame in own)
        assert told == list(itertools.product(numbers, range(len(EVENTS))))
    last = {frame["round_id"]: frame for frame in frames if frame["type"] == "round.revealed"}
    for one in rounds:
        row = again(one)
        told_last = {name: value for name, value in last[one.pk].items() if name not in ("type", "seq")}
        assert told_last == announce.describe(row)


@pytest.mark.parametrize("way", ["at-once", "in-threads", "one-by-one"])
def test_rounds_of_250_games_due_at_once_end_as_they_would_one_by_one(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    games = GAMES if way == "at-once" else 30
    if way == "one-by-one":
        for module in (sets, transitions, drawing):
            monkeypatch.setattr(module, "SET_MAX", 1)
    if way == "in-threads":
        monkeypatch.setattr(agenda, "MANY", 10)
    rounds = due_rounds(games, count=2)
    with frames_of(*{one.game.code: one.game for one in rounds}.values()) as frames:
        assert tick.run_due() >= len(rounds) * len(EVENTS)
        frames.wait(len(rounds) * len(EVENTS))
    assert_each_is_right(rounds)
    assert_all_is_told(frames, rounds)


@contextmanager
def failing(one: Round, column: str) -> Iterator[None]:
    """Whoever sets this column of this round fails."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE FUNCTION public.fault() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'this round fails'; END $$;
            CREATE TRIGGER fault BEFORE UPDATE OF {column} ON public.rounds_round
                FOR EACH ROW WHEN (NEW.id = {one.pk}) EXECUTE FUNCTION public.fault()"""
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER fault ON public.rounds_round; DROP FUNCTION public.fault()")


@pytest.mark.parametrize("column", ["close_message", "numbers_drawn"])
def test_a_fault_in_the_middle_of_a_set_leaves_the_others_right_and_is_mended_later(
    column: str, caplog: pytest.LogCaptureFixture
) -> None:
    rounds = due_rounds(40)
    broken, others = rounds[17], [one for one in rounds if one.pk != rounds[17].pk]
    with failing(broken, column):
        drive(others, RoundStatus.REVEALED)
        assert_each_is_right(others)
        assert again(broken).status == RoundStatus.CLOSED
        assert f"rounds [{broken.pk}] cannot be" in caplog.text
        assert f"{others[0].pk}] cannot be" not in caplog.text
    drive([broken], RoundStatus.REVEALED)
    assert_each_is_right([broken])


def test_where_a_close_is_missing_the_next_of_its_game_waits_for_it() -> None:
    """Two rounds of one game closed and not sealed: the second's CLOSE names the first's, which fails."""
    rounds = due_rounds(2, count=2)
    first, second = (one for one in rounds if one.game_id == rounds[0].game_id)
    with failing(first, "close_message"):
        drive([one for one in rounds if one.game_id != first.game_id], RoundStatus.REVEALED)
        wait_for(lambda: tick.run_due() == 0 and again(second).status == RoundStatus.CLOSED, what="both to be closed")
        assert again(second).close_message is None
    drive([first, second], RoundStatus.REVEALED)
    assert_each_is_right(rounds)


def test_a_tick_with_nothing_due_is_one_statement() -> None:
    tick.run_due()
    with statements() as sent:
        assert tick.run_due() == 0
    assert sent == [agenda._LOOK]


def sent_for(games: int) -> int:
    """Statements of one tick over so many games; the least of three, as rounds of other tests may come due in one."""
    counts = []
    for _ in range(3):
        rounds = due_rounds(games)
        with statements() as sent:
            tick.run_due()
        assert {again(one).status for one in rounds[:: max(1, games // 10)]} == {RoundStatus.REVEALED}
        counts.append(len(sent))
    return min(counts)


def test_a_tick_sends_as_many_statements_for_250_games_as_for_ten(
    monkeypatch: pytest.MonkeyPatch, operator_a: Operator
) -> None:
    """Even where an operator listens to the end of every round."""
    endpoint, _ = create_endpoint(
        operator=operator_a, url="http://127.0.0.1:9/", events=["round.finished"], is_local=True, actor="test"
    )
    monkeypatch.setattr(agenda, "MANY", 10 * GAMES)  # each of two threads would send its own
    try:
        few, many = sent_for(10), sent_for(GAMES)
    finally:
        delete_endpoint(endpoint_id=endpoint.pk, actor="test")
    assert abs(many - few) <= 2
    assert many <= 60


def test_an_epoch_of_many_rounds_is_committed_with_as_many_statements_as_one_of_few() -> None:
    counts = []
    for count in (2, 400):
        games: list[Game] = [new_game() for _ in range(3)]
        with statements() as sent:
            commit_rounds(games, count=count, timing=Timing(opens_in=7200))
        counts.append(len(sent))
    assert counts[0] == counts[1]
