"""Placement in seamless mode: what one debit's answer means for the bet, for our books and for the operator's."""

import pytest

from bets.models import Attempt, Bet
from bets.services import seamless
from keno_kit.sandbox.faults import FAULTS
from keno_platform.core import loops
from keno_platform.core.errors import Refusal
from operators.models import Operator
from operators.services import resume_operator, suspend_operator
from operators.tenancy import tenant_context, tenant_transaction
from players.models import Player
from rounds.models import Round
from tests.seamless.books import call_of, calls_of, differences, held_by_operator, movements_of
from tests.support.bets import backend, balance, bet_body, slip
from tests.support.rounds import Timing, drive, new_game, open_round, wait_until
from tests.support.seamless import START, Sandbox, deliver, new_player, place_seamless
from tests.support.threads import at_once
from wallet.models import CallState, Kind, Reason, WalletCall
from wallet.services import calls

pytestmark = pytest.mark.usefixtures("committed")
STAKE = 1000
ANSWERS_WELL = {"wrong-content-type", "closes-connections", "refusal-without-ids"}
"""Odd, but the answer is definite all the same."""
SLOW = {"timeout-before", "timeout-after", "late", "drip"}
DOUBTFUL = sorted(
    name for name, fault in FAULTS.items() if fault.stage in ("before", "after") and name not in ANSWERS_WELL
)


def _bets(operator: Operator, player: Player) -> int:
    with tenant_context(operator):
        return Bet.objects.filter(player=player).count()


def _settle_doubts(operator: Operator, player: Player) -> None:
    """Deliver until nothing of this player is open; the pauses between attempts are passed over."""
    for _ in range(10):
        if not any(call.due_at for call in calls_of(operator, player)):
            return
        with tenant_transaction(operator):
            WalletCall.objects.filter(player=player, due_at__isnull=False).update(due_at="2026-01-01T00:00Z")
        deliver(operator)
    raise AssertionError([str(call) + call.error for call in calls_of(operator, player) if call.due_at])


def test_a_bet_is_in_the_round_when_its_debit_succeeded(
    gamma: Operator, sandbox: Sandbox, standing_rounds: list[Round]
) -> None:
    player = new_player(gamma)
    placed = place_seamless(gamma, player, round_id=standing_rounds[0].pk)
    assert not isinstance(placed, Refusal), placed
    [bet] = placed
    assert bet.round_id == standing_rounds[0].pk
    debit = call_of(gamma, player, Kind.DEBIT)
    assert (debit.state, debit.amount, debit.bet_id) == (CallState.OK, STAKE, bet.pk)
    assert movements_of(gamma, player) == [(Kind.STAKE, -STAKE), (Kind.DEBIT, STAKE)]
    assert balance(gamma, player) == 0
    assert held_by_operator(sandbox, player) == START - STAKE
    with tenant_context(gamma):
        assert not Attempt.objects.filter(first_bet_id=bet.pk).exists()


@pytest.mark.parametrize("fault", [each for each in DOUBTFUL if each not in SLOW] + ["drip", "timeout-after"])
def test_a_doubtful_answer_leaves_the_bet_out_of_the_round_and_is_rolled_back(
    fault: str, gamma: Operator, sandbox: Sandbox, standing_rounds: list[Round]
) -> None:
    player = new_player(gamma, token=f"magic-{fault}.{standing_rounds[0].pk}")
    with sandbox.fault("timeout-before", share=0):  # only this player's calls suffer
        placed = place_seamless(gamma, player, round_id=standing_rounds[0].pk)
    assert isinstance(placed, Refusal)
    assert placed.code == "wallet_unavailable"
    assert _bets(gamma, player) == 0
    debit = call_of(gamma, player, Kind.DEBIT)
    assert debit.state == CallState.IN_DOUBT
    assert call_of(gamma, player, Kind.ROLLBACK).reason == Reason.IN_DOUBT
    assert movements_of(gamma, player) == []


@pytest.mark.parametrize(
    ("token", "code", "outcome"),
    [
        ("magic-insufficient", "insufficient_funds", CallState.REFUSED),
        ("magic-poor", "insufficient_funds", CallState.REFUSED),
        ("magic-limit", "limit_reached", CallState.REFUSED),
        ("magic-blocked", "player_blocked", CallState.REFUSED),
        ("magic-session", "wallet_refused", CallState.REFUSED),
        ("magic-nobody", "wallet_refused", CallState.REFUSED),
    ],
)
def test_a_definite_refusal_is_told_and_nothing_is_rolled_back(
    token: str, code: str, outcome: CallState, gamma: Operator, standing_rounds: list[Round]
) -> None:
    player = new_player(gamma, token=f"{token}.{standing_rounds[0].pk}")
    placed = place_seamless(gamma, player, round_id=standing_rounds[0].pk)
    assert isinstance(placed, Refusal)
    assert placed.code == code
    assert [(call.kind, call.state) for call in calls_of(gamma, player)] == [(Kind.DEBIT, outcome)]
    assert _bets(gamma, player) == 0


@pytest.mark.parametrize("token", ["magic-timeout", "magic-error", "magic-unavailable", "magic-reset", "magic-html"])
def test_what_was_in_doubt_ends_with_equal_books(
    token: str, gamma: Operator, sandbox: Sandbox, standing_rounds: list[Round]
) -> None:
    player = new_player(gamma, token=f"{token}.end{standing_rounds[0].pk}")
    assert isinstance(place_seamless(gamma, player, round_id=standing_rounds[0].pk), Refusal)
    _settle_doubts(gamma, player)
    assert call_of(gamma, player, Kind.DEBIT).state == CallState.ROLLED_BACK
    assert call_of(gamma, player, Kind.ROLLBACK).state == CallState.OK
    assert held_by_operator(sandbox, player) == START
    assert balance(gamma, player) == 0


def test_a_bet_whose_debit_comes_back_after_the_close_is_rolled_back(gamma: Operator, sandbox: Sandbox) -> None:
    one = open_round(new_game(), timing=Timing(betting=2))
    player = new_player(gamma)
    with tenant_context(gamma):
        [opened] = seamless.open_slips(operator=gamma, asks=[slip(gamma, player, round_id=one.pk)])
    assert isinstance(opened, seamless.Opened)
    answered = loops.run(seamless.ask(opened))
    assert answered.is_paid
    wait_until(one.closes_at)
    [placed] = seamless.conclude(operator=gamma, answered=[answered])
    assert isinstance(placed, Refusal)
    assert placed.code == "round_not_open"
    assert call_of(gamma, player, Kind.ROLLBACK).reason == Reason.ROUND_CLOSED
    assert balance(gamma, player) == STAKE  # held for the operator
    _settle_doubts(gamma, player)
    assert held_by_operator(sandbox, player) == START
    assert balance(gamma, player) == 0
    assert movements_of(gamma, player) == [(Kind.DEBIT, STAKE), (Kind.ROLLBACK, -STAKE)]
    drive([one], "revealed")


def test_a_ticket_has_a_debit_for_each_round_and_is_whole_or_not_at_all(
    gamma: Operator, sandbox: Sandbox, standing_rounds: list[Round]
) -> None:
    player = new_player(gamma)
    placed = place_seamless(gamma, player, round_id=standing_rounds[0].pk, rounds=3)
    assert not isinstance(placed, Refusal), placed
    assert [call.state for call in calls_of(gamma, player)] == [CallState.OK] * 3
    assert held_by_operator(sandbox, player) == START - 3 * STAKE
    poor = new_player(gamma, token=f"magic-poor.ticket{standing_rounds[0].pk}")  # has one unit
    refused = place_seamless(gamma, poor, round_id=standing_rounds[0].pk, rounds=3, stake="1.00")
    assert isinstance(refused, Refusal)
    assert refused.code == "insufficient_funds"
    _settle_doubts(gamma, poor)
    states = sorted(call.state for call in calls_of(gamma, poor) if call.kind == Kind.DEBIT)
    assert states == [CallState.REFUSED, CallState.REFUSED, CallState.ROLLED_BACK]
    assert held_by_operator(sandbox, poor) == 100
    assert _bets(gamma, poor) == 0


def test_the_same_key_is_one_debit_however_often_it_comes(
    gamma: Operator, sandbox: Sandbox, standing_rounds: list[Round]
) -> None:
    player = new_player(gamma)
    caller = backend(gamma)
    body = bet_body(gamma, player, round_id=standing_rounds[0].pk)
    key = f"same-{player.token}"
    answers = at_once([lambda: caller.again().post("bets", body, key=key) for _ in range(6)])
    statuses = sorted(answer.status_code for answer in answers)  # type: ignore[union-attr]
    assert set(statuses) <= {201, 409}, [answer.content for answer in answers]  # type: ignore[union-attr]
    assert 201 in statuses
    again = caller.post("bets", body, key=key)
    assert again.status_code == 201
    assert {a.content for a in answers if a.status_code == 201} == {again.content}  # type: ignore[union-attr]
    assert len(calls_of(gamma, player)) == 1
    assert held_by_operator(sandbox, player) == START - STAKE
    reused = caller.post("bets", body | {"picks": [1]}, key=key)
    assert reused.json()["code"] == "idempotency_key_reused"


def test_a_key_whose_debit_is_on_its_way_is_in_progress_and_a_lost_one_is_free_again(
    gamma: Operator, sandbox: Sandbox, standing_rounds: list[Round]
) -> None:
    player = new_player(gamma)
    ask = slip(gamma, player, round_id=standing_rounds[0].pk)
    [lost] = seamless.open_slips(operator=gamma, asks=[ask])  # and whoever opened it dies here
    assert isinstance(lost, seamless.Opened)
    [meanwhile] = seamless.open_slips(operator=gamma, asks=[ask])
    assert isinstance(meanwhile, Refusal)
    assert meanwhile.code == "request_in_progress"
    with tenant_transaction(gamma):
        assert calls.doubt_lost_debits(100) == 0
        WalletCall.objects.filter(player=player).update(due_at="2026-01-01T00:00Z")
        assert calls.doubt_lost_debits(100) == 1
    assert call_of(gamma, player, Kind.DEBIT).state == CallState.IN_DOUBT
    [placed] = [place_seamless(gamma, player, key=ask.key, round_id=standing_rounds[0].pk)]
    assert not isinstance(placed, Refusal), placed
    _settle_doubts(gamma, player)
    assert held_by_operator(sandbox, player) == START - STAKE
    assert _bets(gamma, player) == 1


def test_an_answer_that_comes_after_its_debit_was_taken_as_lost_places_nothing(
    gamma: Operator, sandbox: Sandbox, standing_rounds: list[Round]
) -> None:
    player = new_player(gamma)
    [opened] = seamless.open_slips(operator=gamma, asks=[slip(gamma, player, round_id=standing_rounds[0].pk)])
    assert isinstance(opened, seamless.Opened)
    answered = loops.run(seamless.ask(opened))
    with tenant_transaction(gamma):
        WalletCall.objects.filter(player=player).update(due_at="2026-01-01T00:00Z")
        calls.doubt_lost_debits(100)
    [placed] = seamless.conclude(operator=gamma, answered=[answered])
    assert isinstance(placed, Refusal)
    assert placed.code == "wallet_unavailable"
    assert _bets(gamma, player) == 0
    _settle_doubts(gamma, player)
    assert held_by_operator(sandbox, player) == START


def test_without_the_state_being_compared_a_bet_would_play_whose_debit_is_rolled_back(
    gamma: Operator, standing_rounds: list[Round]
) -> None:
    """The control: the same race, decided without asking who came first."""
    player = new_player(gamma)
    [opened] = seamless.open_slips(operator=gamma, asks=[slip(gamma, player, round_id=standing_rounds[0].pk)])
    assert isinstance(opened, seamless.Opened)
    answered = loops.run(seamless.ask(opened))
    with tenant_transaction(gamma):
        WalletCall.objects.filter(player=player).update(due_at="2026-01-01T00:00Z")
        calls.doubt_lost_debits(100)
        believed = answered.is_paid  # what `conclude` would go by
    assert believed
    assert call_of(gamma, player, Kind.ROLLBACK).state == CallState.PENDING
    _settle_doubts(gamma, player)


def test_a_suspended_operator_is_not_even_asked(gamma: Operator, standing_rounds: list[Round]) -> None:
    player = new_player(gamma)
    suspend_operator(operator=gamma, reason="test", actor="test")
    try:
        placed = place_seamless(gamma, player, round_id=standing_rounds[0].pk)
    finally:
        resume_operator(operator=gamma, reason="test", actor="test")
    assert isinstance(placed, Refusal)
    assert placed.code == "operator_suspended"
    assert calls_of(gamma, player) == []


def test_a_batch_answers_each_bet_by_itself(gamma: Operator, sandbox: Sandbox, standing_rounds: list[Round]) -> None:
    rich, poor = new_player(gamma), new_player(gamma, token=f"magic-insufficient.b{standing_rounds[0].pk}")
    bets = [bet_body(gamma, each, round_id=standing_rounds[0].pk) for each in (rich, poor, rich)]
    bets.append(bet_body(gamma, rich, round_id=standing_rounds[0].pk, picks=[81]))
    answer = backend(gamma).post("bets/batch", {"bets": bets}).json()["results"]
    assert [one["status"] for one in answer] == [201, 409, 201, 422]
    assert held_by_operator(sandbox, rich) == START - 2 * STAKE


def test_the_balance_is_asked_of_the_operator_and_transfers_are_refused(gamma: Operator, sandbox: Sandbox) -> None:
    player, caller = new_player(gamma), backend(gamma)
    assert caller.get(f"wallet/accounts/{player.token}").json()["balance"] == "10000.00"
    body = {"player_token": player.token, "amount": "1.00", "currency": "KES"}
    for call in ("deposits", "withdrawals"):
        assert caller.post(f"wallet/{call}", body).json()["code"] == "wallet_mode_other"
    nobody = new_player(gamma, token="unknown-at-the-operator")
    refused = caller.get(f"wallet/accounts/{nobody.token}").json()
    assert (refused["code"], refused["params"]) == ("wallet_refused", {"wallet_code": "player_not_found"})


def test_after_all_this_the_books_are_equal(gamma: Operator, sandbox: Sandbox) -> None:
    """Runs last in this file; what is still open is delivered first."""
    for _ in range(12):
        with tenant_transaction(gamma):
            open_calls = WalletCall.objects.filter(due_at__isnull=False).exclude(player__token__startswith="magic-")
            if not open_calls.update(due_at="2026-01-01T00:00Z"):
                break
        deliver(gamma)
    assert differences(gamma, sandbox) == []
