"""Feeds forward in time: nothing is missed, nothing is told twice, and nothing of another operator's is told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection

from keno_platform.core import ids
from operators.models import Operator
from operators.tenancy import tenant_context
from reconciliation import feeds
from reconciliation.horizon import MARGIN, settled_until
from reconciliation.transactions import complete_until
from rounds.selectors import database_now
from rounds.services.voiding import void_round
from tests.reconciliation.books import bet_on_every_number, conclude, credit, debit, movement, roll_back, staked
from tests.support import database
from tests.support.bets import Backend, backend, give, new_player, place
from tests.support.rounds import Timing, drive, new_game, open_round, settle, wait_until

pytestmark = pytest.mark.usefixtures("committed")


def end(operator: Operator, feed: Callable[..., feeds.Slice] = feeds.transactions) -> str:
    """The place behind everything that is told by now."""
    after = None
    with tenant_context(operator):
        while True:
            part = feed(operator, after=after, limit=1000)
            after = part.after
            if not part.more:
                return after


def follow(
    operator: Operator, after: str, *, limit: int = 1000, feed: Callable[..., feeds.Slice] = feeds.transactions
) -> list[Any]:
    """Everything behind a place, when all that was written until now must be told."""
    wait_until(database_now() + MARGIN)
    found = []
    with tenant_context(operator):
        while True:
            part = feed(operator, after=after, limit=limit)
            found += part.items
            after = part.after
            if not part.more:
                return found


@contextmanager
def another_connection() -> Iterator["psycopg.Connection[Any]"]:
    with psycopg.connect(**database.parameters(), autocommit=True) as other:
        yield other


def slow_deposit(other: "psycopg.Connection[Any]", operator: Operator, player_id: int) -> UUID:
    """A movement of another connection's open transaction."""
    cause = ids.bet_id()
    schema = operator.schema_name
    other.execute("BEGIN")
    other.execute(f"SELECT set_config('app.tenant', '{schema}', true)")
    other.execute(
        f'SELECT "{schema}".post_movements(4, %s::uuid[], %s::bigint[], %s::bigint[], NULL)',
        [[cause], [player_id], [700]],
    )
    return movement(cause, 4)


class TestTransactions:
    def test_following_tells_every_movement_once_in_the_order_of_time_whatever_the_page(
        self, transfer: Operator
    ) -> None:
        start = end(transfer)
        player = new_player(transfer)
        for amount in range(1, 8):
            give(transfer, player, amount * 100)
        for limit in (1, 3, 7, 1000):
            told = follow(transfer, start, limit=limit)
            assert [fact.amount for fact in told] == [amount * 100 for amount in range(1, 8)]
        assert {(fact.kind, fact.status, fact.player_token) for fact in told} == {("deposit", "ok", player.token)}

    def test_a_transaction_that_commits_late_is_told_although_later_ones_were_there_before_it(
        self, transfer: Operator
    ) -> None:
        slow, quick = new_player(transfer, money=100), new_player(transfer, money=100)
        start = (follow(transfer, end(transfer)) and end(transfer)) or end(transfer)
        with another_connection() as other:
            late = slow_deposit(other, transfer, slow.pk)
            give(transfer, quick, 900)
            wait_until(database_now() + MARGIN)
            with tenant_context(transfer):
                meanwhile = feeds.transactions(transfer, after=start, limit=10)
                assert (list(meanwhile.items), meanwhile.more) == ([], False)
                assert meanwhile.complete_until < database_now() - MARGIN
            other.execute("COMMIT")
        told = follow(transfer, meanwhile.after)
        assert [fact.amount for fact in told] == [700, 900]
        assert told[0].transaction_id == late

    def test_a_reader_at_the_latest_row_would_have_missed_it(self, transfer: Operator) -> None:
        """The control of the test above: without the horizon the late row lies behind the reader."""
        slow, quick = new_player(transfer, money=100), new_player(transfer, money=100)
        with another_connection() as other:
            late = slow_deposit(other, transfer, slow.pk)
            give(transfer, quick, 900)
            with tenant_context(transfer), connection.cursor() as cursor:
                cursor.execute("SELECT max(created_at) FROM wallet_transaction")
                [seen] = cursor.fetchone()
            other.execute("COMMIT")
        with tenant_context(transfer), connection.cursor() as cursor:
            cursor.execute("SELECT created_at < %s FROM wallet_transaction WHERE id = %s", [seen, late])
            assert cursor.fetchone() == (True,)

    def test_one_who_only_reads_for_long_holds_nothing_back(self, transfer: Operator) -> None:
        with another_connection() as other:
            other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            other.execute(f'SELECT count(*) FROM "{transfer.schema_name}".wallet_transaction')
            now = database_now()
            wait_until(now + MARGIN)
            with tenant_context(transfer):
                assert complete_until(transfer) > now
            other.execute("COMMIT")

    def test_writers_of_other_operators_hold_nothing_back(self, transfer: Operator, seamless: Operator) -> None:
        elsewhere = new_player(seamless)
        debit(seamless, elsewhere, 100)
        with another_connection() as other:
            slow_deposit(other, seamless, elsewhere.pk)
            now = database_now()
            wait_until(now + MARGIN)
            with tenant_context(transfer):
                assert complete_until(transfer) > now
            with tenant_context(seamless):
                assert complete_until(seamless) < now
            other.execute("ROLLBACK")

    def test_many_writers_at_once_and_a_reader_that_follows_them_miss_nothing(self, transfer: Operator) -> None:
        players = [new_player(transfer, money=100) for _ in range(4)]
        wait_until(database_now() + MARGIN)
        start = end(transfer)
        stop = threading.Event()
        written: list[UUID] = []

        def write(player_id: int) -> None:
            with another_connection() as other:
                for _ in range(25):
                    one = slow_deposit(other, transfer, player_id)
                    other.execute("SELECT pg_sleep(0.01 + random() * 0.03)")
                    other.execute("COMMIT")
                    written.append(one)

        told: list[UUID] = []

        def read() -> str:
            after = start
            try:
                while not stop.is_set():
                    with tenant_context(transfer):
                        part = feeds.transactions(transfer, after=after, limit=7)
                    told.extend(fact.transaction_id for fact in part.items)
                    after = part.after
            finally:
                places.append(after)
                connection.close()
            return after

        places: list[str] = []
        reader = threading.Thread(target=read)
        writers = [threading.Thread(target=write, args=[player.pk]) for player in players]
        for thread in (reader, *writers):
            thread.start()
        for thread in writers:
            thread.join()
        stop.set()
        reader.join()
        told += [fact.transaction_id for fact in follow(transfer, places[0])]
        assert len(told) == len(set(told)) == len(written) == 100
        assert set(told) == set(written)


class TestTheSeamlessWallet:
    def test_each_call_is_told_once_when_it_is_definite_and_never_changes(self, seamless: Operator) -> None:
        start = end(seamless)
        player, [won, gone] = staked(seamless, 1000, 2000)
        debit(seamless, player, 300, state="refused")
        pending = debit(seamless, player, 400, state=None)
        doubtful = debit(seamless, player, 500, state="in_doubt")
        first = follow(seamless, start)
        assert [(fact.kind, fact.amount, fact.status) for fact in first] == [
            ("debit", 1000, "ok"),
            ("debit", 2000, "ok"),
            ("debit", 300, "refused"),
        ]
        assert {fact.operator_reference for fact in first} == {"op-1"}
        place_now = end(seamless)
        conclude(seamless, movement(doubtful, 8))
        credit(seamless, player, [won], [3550])
        conclude(seamless, movement(won, 7))
        roll_back(seamless, gone)
        conclude(seamless, movement(gone, 8))
        second = follow(seamless, place_now)
        assert sorted((fact.kind, fact.amount, fact.status, fact.bet_id) for fact in second) == sorted(
            [
                ("debit", 500, "rolled_back", doubtful),
                ("rollback", 500, "nothing_taken", doubtful),
                ("credit", 3550, "ok", won),
                ("rollback", 2000, "ok", gone),
            ]
        )
        # From the start again: the debit that was rolled back since is still told as it was.
        assert follow(seamless, start) == first + second
        assert movement(pending, 6) not in {fact.transaction_id for fact in first + second}

    def test_what_is_not_definite_is_in_doubt(self, seamless: Operator) -> None:
        player, [winner] = staked(seamless, 1000)
        last = winner
        pending = debit(seamless, player, 400, state=None)
        doubtful = debit(seamless, player, 500, state="in_doubt")
        credit(seamless, player, [winner], [3550])
        conclude(seamless, movement(winner, 7), "dead")
        with tenant_context(seamless):
            found, more = feeds.in_doubt(seamless, after=last, limit=10)
            [one], more_of_one = feeds.in_doubt(seamless, after=last, limit=1)
        assert not more
        assert more_of_one
        assert one == found[0]
        assert [(call.transaction_id, call.state, call.amount) for call in found] == [
            (movement(winner, 7), "dead", 3550),
            (movement(pending, 6), "pending", 400),
            (movement(doubtful, 6), "in_doubt", 500),
            (movement(doubtful, 8), "pending", 500),
        ]

    def test_on_the_transfer_wallet_nothing_is_ever_in_doubt(self, transfer: Operator) -> None:
        assert feeds.in_doubt(transfer, after=None, limit=10) == ([], False)


class TestFinishedRounds:
    def test_rounds_are_told_when_they_end_with_what_the_operator_had_in_them(
        self, transfer: Operator, seamless: Operator
    ) -> None:
        start = end(transfer, feeds.finished_rounds)
        player = new_player(transfer, money=100_000)
        game = new_game(owner_id=transfer.pk)
        one = open_round(game, timing=Timing(betting=3.0))
        bet_on_every_number(transfer, player, one.pk)
        drive([one])
        told = follow(transfer, start, feed=feeds.finished_rounds)
        [own] = [each for each in told if each.round_id == one.pk]
        assert (own.bets, own.winners, own.stakes, own.payouts, own.refunds) == (80, 20, 80_000, 71_000, 0)
        assert [each.ended_at for each in told] == sorted(each.ended_at for each in told)
        # It is the game of one operator: nobody else is told of it.
        assert one.pk not in {each.round_id for each in follow(seamless, start, feed=feeds.finished_rounds)}

    def test_a_void_round_waits_until_its_stakes_are_back(self, transfer: Operator) -> None:
        start = end(transfer, feeds.finished_rounds)
        player = new_player(transfer, money=100_000)
        one = open_round(new_game(owner_id=transfer.pk), timing=Timing(betting=5))
        place(transfer, player, round_id=one.pk)
        void_round(round_id=one.pk, reason="a test", actor="tests")
        assert one.pk not in {each.round_id for each in follow(transfer, start, feed=feeds.finished_rounds)}
        assert settle([one.pk]) == 1
        told = {each.round_id: each for each in follow(transfer, start, feed=feeds.finished_rounds)}
        assert (told[one.pk].refunds, told[one.pk].payouts) == (1000, 0)


class TestTheApi:
    @pytest.fixture
    def caller(self, transfer: Operator) -> Backend:
        return backend(transfer)

    def test_a_backend_follows_by_the_place_that_it_was_told(self, transfer: Operator, caller: Backend) -> None:
        start = end(transfer)
        player = new_player(transfer)
        give(transfer, player, 100)
        give(transfer, player, 200)
        wait_until(database_now() + MARGIN)
        first = caller.get(f"feeds/transactions?after={start}&limit=1").json()
        assert first["more"]
        second = caller.get(f"feeds/transactions?after={first['after']}").json()
        shown = [*first["results"], *second["results"]]
        assert [(one["kind"], one["amount"], one["currency"]) for one in shown] == [
            ("deposit", "1.00", "KES"),
            ("deposit", "2.00", "KES"),
        ]
        assert {one["player_token"] for one in shown} == {player.token}
        third = caller.get(f"feeds/transactions?after={second['after']}").json()
        assert (third["results"], third["after"], third["more"]) == ([], second["after"], False)

    def test_finished_rounds_and_calls_in_doubt_are_answered(
        self, transfer: Operator, seamless: Operator, caller: Backend
    ) -> None:
        after = end(transfer, feeds.finished_rounds)
        one = open_round(new_game(owner_id=transfer.pk), timing=Timing(betting=0.3))
        drive([one])
        wait_until(database_now() + MARGIN)
        told = caller.get(f"feeds/rounds?after={after}").json()
        [own] = [each for each in told["results"] if each["round"]["round_id"] == one.pk]
        assert (own["bets"], own["stakes"], own["currency"]) == (0, "0.00", "KES")
        assert len(own["round"]["numbers"]) == 20
        bet = debit(seamless, new_player(seamless), 100, state=None)
        last = UUID(int=movement(bet, 6).int - 1)
        doubts = backend(seamless).get(f"feeds/in-doubt?after={last}").json()
        assert [(each["bet_id"], each["state"], each["amount"]) for each in doubts["results"]] == [
            (str(bet), "pending", "1.00")
        ]
        assert caller.get("feeds/in-doubt").json() == {"results": [], "after": None, "more": False}

    @pytest.mark.parametrize("feed", ["transactions", "rounds"])
    @pytest.mark.parametrize("after", ["x", "", "MTIz", "LTEuMQ", "OTk5OTk5OTk5OTk5OTk5OTkuMQ", "MS4", "MS7ZoQ", "é"])
    def test_a_place_that_no_feed_has_told_is_refused(self, caller: Backend, feed: str, after: str) -> None:
        answer = caller.get(f"feeds/{feed}?after={after}")
        assert answer.status_code in (200, 422), answer.content
        if answer.status_code == 422:
            assert answer.json()["code"] == "parameter_invalid"
        else:
            assert answer.json()["results"] == []

    @pytest.mark.parametrize("feed", ["transactions", "rounds", "in-doubt"])
    @pytest.mark.parametrize("limit", ["0", "1001", "-1", "x"])
    def test_a_page_has_a_limit(self, caller: Backend, feed: str, limit: str) -> None:
        assert caller.get(f"feeds/{feed}?limit={limit}").json()["code"] == "parameter_invalid"


def test_without_any_writer_a_feed_is_complete_up_to_now_less_the_margin() -> None:
    before = database_now()
    until = settled_until(["public.audit_auditentry"])
    assert before - MARGIN <= until <= database_now() - MARGIN + timedelta(milliseconds=1)
