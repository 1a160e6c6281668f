"""The close gate: a bet is committed before the close or refused. And what happens without it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections, transaction

from bets.models import Bet
from bets.selectors import leaves_for_close
from bets.services.placement import place_slips
from fairness.merkle import root_of
from keno_platform.core import ids
from operators.models import Operator
from operators.tenancy import tenant_context
from rounds.models import Round
from rounds.ports import RECORD_BYTES
from rounds.services import transitions
from rounds.services.voiding import void_round
from tests.support.bets import balance, code_of, new_player, place, slip
from tests.support.rounds import Timing, again, drive, new_game, open_round, settle, wait_for, wait_until

pytestmark = pytest.mark.usefixtures("committed")
BRISK = Timing(betting=0.8)


class SlowBet:
    """A placement that stops after its statement and before its commit, in a thread of its own."""

    def __init__(self, operator: Operator, ask: Any) -> None:
        self.operator, self.ask = operator, ask
        self.placed, self.go = threading.Event(), threading.Event()
        self.outcome: Any = None
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        from bets.services import placement

        try:
            with tenant_context(self.operator), transaction.atomic():
                market = placement.terms.read_market(self.operator, [self.ask])
                checked = placement.check(self.ask, self.operator, market)
                assert isinstance(checked, placement.Slip)
                self.outcome = placement.write(self.operator, [checked])
                self.placed.set()
                assert self.go.wait(20)
        finally:
            self.placed.set()
            connections.close_all()

    def __enter__(self) -> "SlowBet":
        self._thread.start()
        assert self.placed.wait(20)
        return self

    def finish(self) -> None:
        self.go.set()
        self._thread.join(20)
        assert not self._thread.is_alive()

    def __exit__(self, *error: object) -> None:
        self.finish()


@contextmanager
def in_thread(call: Any) -> Iterator[threading.Thread]:
    """This call on its own thread and connection; joined at the end."""

    def run() -> None:
        try:
            call()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(20)
        assert not thread.is_alive()


def waiting_for_advisory_lock(one: Round) -> bool:
    """Whether somebody waits for this round's gate, by PostgreSQL's own view of locks."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND (classid::bigint << 32) | objid::bigint = public.rounds_lock_key(%s)",
            [one.pk],
        )
        return bool(cursor.fetchone()[0])


def test_the_close_waits_for_a_bet_in_flight_and_counts_it(operator_a: Operator) -> None:
    one = open_round(new_game(), timing=BRISK)
    player = new_player(operator_a, money=10_000)
    with SlowBet(operator_a, slip(operator_a, player, round_id=one.pk)) as slow:
        assert [one.word for one in slow.outcome] == ["accepted"]
        wait_until(one.closes_at)
        with in_thread(transitions.close_due):
            wait_for(lambda: waiting_for_advisory_lock(one), what="the close to wait at the gate")
            assert again(one).status == "open"
            slow.finish()

    drive([one], "revealed")
    sealed = again(one)
    with tenant_context(operator_a):
        leaf = bytes(Bet.objects.get(player=player).leaf_hash)
    assert (sealed.bets_count, bytes(sealed.bets_root or b"")) == (1, root_of([leaf]))
    assert balance(operator_a, player) >= 9_000


def test_voiding_waits_for_a_bet_in_flight_and_returns_its_stake(operator_a: Operator) -> None:
    one = open_round(new_game(), timing=Timing(betting=5))
    player = new_player(operator_a, money=10_000)
    with (
        SlowBet(operator_a, slip(operator_a, player, round_id=one.pk)) as slow,
        in_thread(lambda: void_round(round_id=one.pk, reason="test", actor="test")),
    ):
        wait_for(lambda: waiting_for_advisory_lock(one), what="the void to wait at the gate")
        slow.finish()
    assert again(one).status == "void"
    assert balance(operator_a, player) == 9_000
    settle([one.pk])
    assert balance(operator_a, player) == 10_000


def test_a_bet_that_waits_at_the_gate_while_it_shuts_is_refused(operator_a: Operator) -> None:
    """The bet read an open round, then came to the gate when the close held it already."""
    one = open_round(new_game(), timing=BRISK)
    player = new_player(operator_a, money=10_000)
    answers: list[str] = []

    def bet() -> None:
        [placed] = place_slips(operator=operator_a, asks=[slip(operator_a, player, round_id=one.pk)])
        answers.append(code_of(placed))

    closer = connections.create_connection("default")
    try:
        with closer.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT public.rounds_shut(%s)", [[one.pk]])
            with in_thread(bet):
                wait_for(lambda: waiting_for_advisory_lock(one), what="the bet to wait at the gate")
                wait_until(one.closes_at)
                cursor.execute(transitions._CLOSE, [[one.pk]])
                cursor.execute("COMMIT")
    finally:
        closer.close()

    assert answers == ["round_not_open"]
    assert balance(operator_a, player) == 10_000
    drive([one], "revealed")
    assert again(one).bets_count == 0


def test_after_the_close_every_bet_is_refused(operator_a: Operator) -> None:
    one = open_round(new_game(), timing=BRISK)
    player = new_player(operator_a, money=100_000)
    place(operator_a, player, round_id=one.pk)
    wait_until(one.closes_at)

    for _ in range(5):
        [placed] = place_slips(operator=operator_a, asks=[slip(operator_a, player, round_id=one.pk)])
        assert code_of(placed) == "round_not_open"
    drive([one], "revealed")
    assert again(one).bets_count == 1


def test_control_without_the_shared_lock_a_bet_commits_after_it_should_have_been_counted(
    operator_a: Operator,
) -> None:
    """
    The same race with a bet that looks at the clock, as the gate does, and takes no lock: the close does not
    wait, the bet is in no `bets_root`, and still it is there afterwards. So the tests above see the lock at work.
    """
    one = open_round(new_game(), timing=BRISK)
    player = new_player(operator_a)
    bet_id = ids.bet_id()
    inserted, go = threading.Event(), threading.Event()

    def bet_without_gate() -> None:
        with tenant_context(operator_a), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_UNGATED, [bet_id, player.pk, one.pk])
            assert cursor.rowcount == 1  # in time, by the database's clock
            inserted.set()
            assert go.wait(20)

    try:
        with in_thread(bet_without_gate):
            assert inserted.wait(20)
            drive([one], "revealed")
            go.set()
        with tenant_context(operator_a):
            late = Bet.objects.get(pk=bet_id)
            assert late.created_at < one.closes_at
            assert len(leaves_for_close(operator_a.pk, [one.pk])[one.pk]) == RECORD_BYTES
        assert again(one).bets_count == 0
        assert again(one).numbers_drawn is not None
    finally:
        go.set()
        _remove(operator_a, bet_id)


def _remove(operator: Operator, bet_id: UUID) -> None:
    """Take the control's bet away, past the trigger, so that other tests find sound books."""
    with tenant_context(operator), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM bets_bet WHERE id = %s", [bet_id])
        found = cursor.fetchone()
        if found:
            cursor.execute(f"ALTER TABLE {found[0]} DISABLE TRIGGER append_only")
            cursor.execute(f"DELETE FROM {found[0]} WHERE id = %s", [bet_id])
            cursor.execute(f"ALTER TABLE {found[0]} ENABLE TRIGGER append_only")


_UNGATED = """
    INSERT INTO bets_bet (id, round_id, player_id, paytable_id, picks, pick_count, stake, potential_max_win, blind,
                          leaf_hash, created_at)
    SELECT %s, r.id, %s, p.id, set_bit(0::bit(80), 6, 1), 1, 100, 355, '\\x00', sha256('control'), clock_timestamp()
    FROM public.rounds_round r, bets_paytable p
    WHERE r.id = %s AND p.active AND r.status = 'open' AND clock_timestamp() < r.closes_at
"""
