"""Settlement in seamless mode: winners are credited, void and cancelled stakes are rolled back, each once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from approvals import services as approvals
from approvals.models import Request, State
from approvals.services import Person
from bets.invariants import INVARIANTS as BETS_INVARIANTS
from bets.models import Bet, BetState, BetStatus
from bets.services.cancellation import cancel_bet
from keno_platform.core.errors import Refusal
from operators.models import Operator, WalletConnection
from operators.tenancy import tenant_context, tenant_transaction
from players.models import Player
from rounds.models import Round
from rounds.services.voiding import void_round
from tests.approvals.people import approve, person
from tests.seamless.books import call_of, calls_of, differences, held_by_operator, movements_of
from tests.support.bets import balance
from tests.support.rounds import Timing, drive, new_game, open_round, settle, wait_until
from tests.support.seamless import START, Sandbox, deliver, new_player, place_seamless
from wallet.approvals import RESOLVE
from wallet.invariants import INVARIANTS as WALLET_INVARIANTS
from wallet.models import CallState, Kind, Reason, Remedy, Resolution, Transaction, WalletCall
from wallet.services import calls, delivery, resolutions

pytestmark = pytest.mark.usefixtures("committed")
STAKE = 1000


@pytest.fixture
def settled_by(gamma: Operator) -> Any:
    """Changes how gamma is told of winnings, and puts it back."""
    before = WalletConnection.objects.filter(operator=gamma).values("settlement", "zero_win_notices").get()
    yield lambda **changed: WalletConnection.objects.filter(operator=gamma).update(**changed)
    WalletConnection.objects.filter(operator=gamma).update(**before)


def _winners(operator: Operator, one: Round, player: Player, count: int = 12) -> None:
    """So many bets of one pick each that about a quarter wins, and all ten numbers of some tens."""
    for place in range(count):
        placed = place_seamless(operator, player, round_id=one.pk, picks=[place * 80 // count + 1])
        assert not isinstance(placed, Refusal), placed


def _won(operator: Operator, player: Player) -> dict[Any, int]:
    with tenant_context(operator):
        found = BetState.objects.filter(player=player, settlement_status=BetStatus.WON)
        return {bet.pk: bet.win_amount or 0 for bet in found}


def _play(one: Round) -> None:
    wait_until(one.closes_at)
    drive([one], "revealed")


def test_each_winning_bet_is_credited_once_and_the_books_are_equal(gamma: Operator, sandbox: Sandbox) -> None:
    one = open_round(new_game(), timing=Timing(betting=4))
    player = new_player(gamma)
    _winners(gamma, one, player)
    _play(one)
    won = _won(gamma, player)
    credits_ = [call for call in calls_of(gamma, player) if call.kind == Kind.CREDIT]
    assert {call.bet_id: call.amount for call in credits_} == won
    assert all(call.state == CallState.PENDING for call in credits_)
    assert balance(gamma, player) == sum(won.values())  # owed to the operator
    for _ in range(3):
        deliver(gamma)
        settle([one.pk])  # again: it changes nothing
    assert held_by_operator(sandbox, player) == START - 12 * STAKE + sum(won.values())
    assert balance(gamma, player) == 0
    if won:
        closing = [call for call in calls_of(gamma, player) if call.round_closed]
        assert len(closing) == 1
        done = [call.finished_at for call in calls_of(gamma, player) if call.kind == Kind.CREDIT and call.finished_at]
        assert closing[0].finished_at == max(done)
    assert differences(gamma, sandbox) == []


def test_by_round_a_player_gets_one_credit_for_all_its_wins(gamma: Operator, sandbox: Sandbox, settled_by: Any) -> None:
    settled_by(settlement="round", zero_win_notices=True)
    one = open_round(new_game(), timing=Timing(betting=4))
    player, unlucky = new_player(gamma), new_player(gamma)
    _winners(gamma, one, player, 20)
    place_seamless(gamma, unlucky, round_id=one.pk, picks=[1, 2, 3, 4, 5])
    _play(one)
    won = _won(gamma, player)
    assert won, "of 20 bets on one number each five win on average"
    credit = call_of(gamma, player, Kind.CREDIT)
    assert credit.amount == sum(won.values())
    assert credit.round_closed
    told = dict(zip(credit.bet_ids or (), credit.bet_amounts or (), strict=True))
    assert {bet: amount for bet, amount in told.items() if amount} == won
    assert len(told) == 20
    deliver(gamma)
    assert held_by_operator(sandbox, player) == START - 20 * STAKE + sum(won.values())
    notice = call_of(gamma, unlucky, Kind.CREDIT)
    assert notice.state == CallState.OK
    assert (notice.reason == Reason.NOTICE) == (notice.amount == 0)
    assert balance(gamma, player) == balance(gamma, unlucky) == 0


def test_stakes_of_a_void_round_go_back_as_rollbacks_of_their_debits(gamma: Operator, sandbox: Sandbox) -> None:
    one = open_round(new_game(), timing=Timing(betting=60))
    player = new_player(gamma)
    _winners(gamma, one, player, 4)
    void_round(round_id=one.pk, reason="a test", actor="test")
    settle([one.pk])
    rollbacks = [call for call in calls_of(gamma, player) if call.kind == Kind.ROLLBACK]
    assert [call.reason for call in rollbacks] == [Reason.ROUND_VOID] * 4
    assert sum(call.round_closed for call in rollbacks) == 1
    for _ in range(2):
        deliver(gamma)
    assert held_by_operator(sandbox, player) == START
    assert {call.state for call in calls_of(gamma, player) if call.kind == Kind.DEBIT} == {CallState.ROLLED_BACK}
    assert balance(gamma, player) == 0


def test_a_cancelled_bet_is_rolled_back(gamma: Operator, sandbox: Sandbox) -> None:
    one = open_round(new_game(), timing=Timing(betting=60))
    player = new_player(gamma)
    [bet] = _placed(place_seamless(gamma, player, round_id=one.pk))
    for _ in range(2):
        cancel_bet(operator=gamma, bet_id=bet.pk)
    assert call_of(gamma, player, Kind.ROLLBACK).reason == Reason.CANCELLED
    deliver(gamma)
    assert held_by_operator(sandbox, player) == START
    assert movements_of(gamma, player) == [
        (Kind.STAKE, -STAKE),
        (Kind.REFUND, STAKE),
        (Kind.DEBIT, STAKE),
        (Kind.ROLLBACK, -STAKE),
    ]


def _placed(placed: Any) -> list[Bet]:
    assert not isinstance(placed, Refusal), placed
    return list(placed)


def _owed(operator: Operator, token: str) -> Player:
    """A player to whom one credit is owed."""
    player = new_player(operator, token=token)
    for _ in range(40):
        one = open_round(new_game(), timing=Timing(betting=1.5))
        place_seamless(operator, player, round_id=one.pk, picks=[1], stake="1.00")
        place_seamless(operator, player, round_id=one.pk, picks=[2], stake="1.00")
        place_seamless(operator, player, round_id=one.pk, picks=[3], stake="1.00")
        place_seamless(operator, player, round_id=one.pk, picks=[4], stake="1.00")
        _play(one)
        if _won(operator, player):
            return player
    raise AssertionError("nobody won")


def test_a_credit_is_sent_until_it_is_paid_and_paid_once(gamma: Operator, sandbox: Sandbox) -> None:
    player = _owed(gamma, "magic-credit-twice.a")
    owed = balance(gamma, player)
    before = held_by_operator(sandbox, player)
    for _ in range(20):
        with tenant_transaction(gamma):
            WalletCall.objects.filter(player=player, due_at__isnull=False).update(due_at="2026-01-01T00:00Z")
        deliver(gamma, seconds=0.3)
        if balance(gamma, player) == 0:
            break
    assert held_by_operator(sandbox, player) == before + owed
    attempts = [call.attempts for call in calls_of(gamma, player) if call.kind == Kind.CREDIT]
    assert set(attempts) == {3}


def test_after_a_day_of_attempts_a_credit_is_a_dead_letter_and_nothing_is_lost(
    gamma: Operator, sandbox: Sandbox
) -> None:
    player = _owed(gamma, "magic-credit-never.a")
    owed = balance(gamma, player)
    for _ in range(6):
        with tenant_transaction(gamma):
            WalletCall.objects.filter(player=player, due_at__isnull=False).update(
                due_at="2026-01-01T00:00Z", attempts=delivery.ATTEMPTS_MAX
            )
        deliver(gamma, seconds=0.3)
    dead = [call for call in calls_of(gamma, player) if call.kind == Kind.CREDIT]
    assert {call.state for call in dead} == {CallState.DEAD}
    assert balance(gamma, player) == owed == sum(call.amount for call in dead)
    pauses = sum(delivery.pause_after(Kind.CREDIT, n).total_seconds() for n in range(1, delivery.ATTEMPTS_MAX))
    assert 24 * 3600 <= pauses <= 25 * 3600


def test_two_deliverers_at_once_send_each_call_once_and_without_the_claim_both_would(
    gamma: Operator, sandbox: Sandbox
) -> None:
    player = _owed(gamma, "p-two-deliverers")
    with tenant_transaction(gamma):
        first, second = calls.claim(100), calls.claim(100)
    assert [call for call in first if call.player_id == player.pk]
    assert not [call for call in second if call.player_id == player.pk]
    with tenant_context(gamma):  # the control: who only looks what is due finds it again and again
        due = WalletCall.objects.filter(player=player, state=CallState.PENDING)
        assert [due.count(), due.count()] == [due.count()] * 2 != [0, 0]
    with tenant_transaction(gamma):
        WalletCall.objects.filter(due_at__isnull=False).update(due_at="2026-01-01T00:00Z")
    deliver(gamma)
    deliver(gamma)
    assert balance(gamma, player) == 0


@pytest.mark.parametrize(
    "change", ["state = 'refused'", "amount = 1", "state = 'rolled_back'", "kind = 8", "player_id = 1"]
)
def test_a_call_moves_only_as_it_may_whatever_writes_it(
    change: str, gamma: Operator, standing_rounds: list[Round]
) -> None:
    player = new_player(gamma)
    place_seamless(gamma, player, round_id=standing_rounds[0].pk)
    debit = call_of(gamma, player, Kind.DEBIT)
    with tenant_context(gamma):
        if change == "state = 'rolled_back'":
            change = "state = 'dead'"
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE wallet_walletcall SET {change} WHERE id = %s", [debit.pk])
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM wallet_walletcall WHERE id = %s", [debit.pk])


def test_the_clearing_accounts_hold_exactly_what_is_owed(gamma: Operator, sandbox: Sandbox) -> None:
    """For every player: the balance is what pending and dead credits, and rollbacks of good debits, will take away."""
    with tenant_context(gamma):
        for player in Player.objects.all():
            owed = sum(
                call.amount
                for call in calls_of(gamma, player)
                if (call.kind == Kind.CREDIT and call.state in (CallState.PENDING, CallState.DEAD))
                or (
                    call.kind == Kind.ROLLBACK
                    and call.state == CallState.PENDING
                    and Transaction.objects.filter(account__player=player, kind=Kind.DEBIT, pk=_debit_id(call)).exists()
                )
            )
            assert balance(gamma, player) == owed, player


def _debit_id(call: WalletCall) -> Any:
    from wallet.protocol import movement_id

    return movement_id(call.bet_id, Kind.DEBIT)


def test_a_dead_letter_is_resolved_by_two_people_and_never_by_one(
    gamma: Operator, sandbox: Sandbox, unique: Callable[[str], str]
) -> None:
    player = _owed(gamma, "magic-credit-never.b")
    owed = balance(gamma, player)
    dead = _all_dead(gamma, player)
    ann, ben = person(unique("ann")), person(unique("ben"))
    for call in dead:
        asked = ask_to_resolve(gamma, call, by=ann, remedy=Remedy.BY_HAND)
        with pytest.raises(approvals.SamePerson):
            approve(asked, ann)
        with pytest.raises(approvals.AlreadyAsked):
            ask_to_resolve(gamma, call, by=ben, remedy=Remedy.RETRY)
        assert balance(gamma, player) == owed
        assert approve(asked, ben).state == State.APPROVED
        owed -= call.amount
        assert balance(gamma, player) == owed
        with tenant_context(gamma):
            one = Resolution.objects.get(call_id=call.pk)
            assert (one.requested_by, one.decided_by, one.remedy) == (ann.name, ben.name, Remedy.BY_HAND)
            with pytest.raises(DatabaseError), transaction.atomic():
                Resolution.objects.filter(pk=one.pk).update(decided_by=ann.name)
    assert owed == 0
    with pytest.raises(resolutions.NotDead):
        ask_to_resolve(gamma, dead[0], by=ben, remedy=Remedy.RETRY)


def _all_dead(operator: Operator, player: Player) -> list[WalletCall]:
    """The player's calls after so many attempts in vain that nobody tries again."""
    for _ in range(6):
        with tenant_transaction(operator):
            WalletCall.objects.filter(player=player, due_at__isnull=False).update(
                due_at="2026-01-01T00:00Z", attempts=delivery.ATTEMPTS_MAX
            )
        deliver(operator, seconds=0.3)
    return [call for call in calls_of(operator, player) if call.state == CallState.DEAD]


def ask_to_resolve(operator: Operator, call: WalletCall, *, by: Person, remedy: Remedy) -> Request:
    return approvals.ask(
        action=RESOLVE,
        subject=str(call.pk),
        operator_id=operator.pk,
        payload={"remedy": remedy.value},
        person=by,
        reason="paid in the shop",
    )


def test_a_dead_letter_that_was_sent_again_meanwhile_is_not_booked_by_hand(
    gamma: Operator, sandbox: Sandbox, unique: Callable[[str], str]
) -> None:
    player = _owed(gamma, "magic-credit-never.c")
    owed = balance(gamma, player)
    dead = _all_dead(gamma, player)
    asked = ask_to_resolve(gamma, dead[0], by=person(unique("ann")), remedy=Remedy.BY_HAND)
    agreed = resolutions.Agreed(remedy=Remedy.RETRY, reason="r", requested_by="staff:x", decided_by="staff:y")
    resolutions.resolve(operator=gamma, call_id=dead[0].pk, agreed=agreed)
    failed = approve(asked, person(unique("ben")))
    assert (failed.state, balance(gamma, player)) == (State.FAILED, owed)
    _all_dead(gamma, player)


def test_every_invariant_holds_after_all_this(gamma: Operator) -> None:
    """Of the money: whatever the other tests of this folder have left open is open as it may be."""
    for own in (*WALLET_INVARIANTS, *BETS_INVARIANTS):
        with tenant_context(gamma), connection.cursor() as cursor:
            cursor.execute(own.violations)
            assert cursor.fetchall() == [], own.code
