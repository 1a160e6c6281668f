"""Settlement: the right winners, the right amounts, once. Void rounds and cancelled bets: stakes back, once."""

import random
from fractions import Fraction
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from bets.models import Bet, BetState, Cancellation, Payout, Settlement
from bets.paytables import K88
from bets.services.cancellation import CancellationNotAllowed, cancel_bet
from bets.services.placement import place_slips
from bets.services.settlement import settle_round
from bets.tasks import settle_overdue
from fairness.merkle import root_of
from keno_platform.core.errors import NotFound
from operators.jurisdictions import Jurisdiction
from operators.models import Operator
from operators.tenancy import tenant_context
from rounds.models import Participation, Round
from rounds.selectors import RoundNotOpen
from rounds.services import tick
from rounds.services.voiding import void_round
from tests.support.bets import backend, balance, changes_nothing, new_player, place, place_ticket, slip
from tests.support.rounds import Timing, again, commit_rounds, drive, new_game, open_round, settle, wait_for, wait_until
from tests.support.threads import at_once
from wallet.models import Account, Kind, Transaction

MONEY = 1_000_000_000


def _drawn(one: Round) -> Round:
    drive([one], "drawn", pay=False)
    return again(one)


@pytest.mark.usefixtures("committed")
def test_thousands_of_random_bets_are_paid_what_an_independent_sum_says(
    operator_a: Operator, operator_b: Operator
) -> None:
    one = open_round(new_game(), timing=Timing(betting=8))
    chance = random.Random(4)
    players = {operator: [new_player(operator, money=MONEY) for _ in range(5)] for operator in (operator_a, operator_b)}
    stakes: dict[UUID, tuple[Operator, int, tuple[int, ...], int]] = {}
    for operator in (operator_a, operator_b, operator_a):
        asks, asked = [], []
        for n in range(1000):
            picks = chance.sample(range(1, 81), n % 10 + 1)
            stake = chance.randrange(operator.min_bet, operator.max_bet // (100 if n % 10 > 6 else 1))
            player = chance.choice(players[operator])
            asks.append(slip(operator, player, round_id=one.pk, picks=picks, stake=operator.money(stake)))
            asked.append((player.pk, tuple(picks), stake))
        for placed, (player_id, picks_, stake) in zip(place_slips(operator=operator, asks=asks), asked, strict=True):
            assert isinstance(placed, list), placed
            stakes[placed[0].pk] = (operator, player_id, picks_, stake)
    assert len(stakes) == 3000
    wait_until(one.closes_at)
    drive([one], "revealed")
    drawn = set(again(one).numbers_drawn or ())

    balances = {(operator, player.pk): MONEY for operator, own in players.items() for player in own}
    expected: dict[UUID, tuple[int, int]] = {}
    for bet_id, (operator, player_id, picks_, stake) in stakes.items():
        hits = len(drawn & set(picks_))
        times = Fraction(K88[len(picks_)].get(hits, 0), 100)
        won = int(stake * times)  # towards zero: down
        balances[operator, player_id] += won - stake
        if won:
            expected[bet_id] = (hits, won)

    for operator in players:
        own = {bet_id for bet_id, terms in stakes.items() if terms[0] is operator}
        with tenant_context(operator):
            paid = {row.bet_id: (row.hits, row.amount) for row in Payout.objects.filter(round_id=one.pk)}
            assert paid == {bet_id: expected[bet_id] for bet_id in own if bet_id in expected}
            state = {bet.pk: bet for bet in BetState.objects.filter(round_id=one.pk)}
            assert {bet_id for bet_id, bet in state.items() if bet.settlement_status == "won"} == set(paid)
            assert {bet.settlement_status for bet_id, bet in state.items() if bet_id not in paid} == {"lost"}
            row = Settlement.objects.get(round_id=one.pk)
            assert (row.bets, row.winners, row.outcome) == (len(own), len(paid), "drawn")
            assert row.stakes == sum(stakes[bet_id][3] for bet_id in own)
            assert row.payouts == sum(amount for _, amount in paid.values())
            payouts = Transaction.objects.filter(kind=Kind.PAYOUT, id__in=[UUID(int=b.int | 2) for b in paid])
            assert {UUID(int=t.pk.int & ~0xF): t.amount for t in payouts} == {b: won for b, (_, won) in paid.items()}
    for (operator, player_id), money in balances.items():
        with tenant_context(operator):
            assert Account.objects.get(player_id=player_id).balance == money
    assert len(expected) > 300
    assert {len(stakes[bet_id][2]) for bet_id in expected} == set(range(1, 11))


@pytest.mark.usefixtures("db")
def test_a_win_is_rounded_down_to_the_minor_unit(operator_b: Operator) -> None:
    """Picks 1 of 80 pay 3.55: a stake of 1 wins 3, of 3 wins 10 (10.65), of 20 exactly 71."""
    one = open_round(new_game(), timing=Timing(betting=2))
    player = new_player(operator_b, money=10_000)
    asks = [
        slip(operator_b, player, round_id=one.pk, picks=[number], stake=str(stake))
        for number in range(1, 81)
        for stake in (1, 3, 20)
    ]
    assert all(isinstance(placed, list) for placed in place_slips(operator=operator_b, asks=asks))
    drive([one], "revealed")

    with tenant_context(operator_b):
        won = BetState.objects.filter(player_id=player.pk, settlement_status="won")
        assert sorted(won.values_list("stake", "win_amount")) == [(1, 3)] * 20 + [(3, 10)] * 20 + [(20, 71)] * 20
    assert balance(operator_b, player) == 10_000 - 80 * 24 + 20 * (3 + 10 + 71)


@pytest.mark.usefixtures("committed")
def test_two_concurrent_settlements_pay_once(operator_a: Operator) -> None:
    players = [new_player(operator_a, money=100_000) for _ in range(20)]
    one = open_round(new_game(), timing=Timing(betting=2))
    placed = place_slips(
        operator=operator_a,
        asks=[slip(operator_a, player, round_id=one.pk, picks=[n + 1, n + 31]) for n, player in enumerate(players)],
    )
    assert all(isinstance(bets, list) for bets in placed)
    one = _drawn(one)
    before = [balance(operator_a, player) for player in players]

    done = at_once([lambda: settle_round(operator_id=operator_a.pk, round_id=one.pk)] * 6)

    assert sorted(done, key=str) == [False] * 5 + [True]
    drawn = set(one.numbers_drawn or ())
    won = [K88[2].get(len(drawn & {n + 1, n + 31}), 0) * 10 for n in range(20)]
    assert [balance(operator_a, player) for player in players] == [b + w for b, w in zip(before, won, strict=True)]
    assert changes_nothing(lambda: settle_round(operator_id=operator_a.pk, round_id=one.pk)) is False
    drive([one], "revealed")


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    "guard", ["AND settled_at IS NULL", "FOR UPDATE"], ids=["without the mark", "without the lock"]
)
def test_control_with_the_participations_guard_off_a_constraint_still_forbids_a_second_settlement(
    operator_a: Operator, guard: str
) -> None:
    one = open_round(new_game(), timing=Timing(betting=2))
    player = new_player(operator_a, money=100_000)
    placed = place_slips(
        operator=operator_a,
        asks=[slip(operator_a, player, round_id=one.pk, picks=[n], stake="1.00") for n in range(1, 81)],
    )
    assert all(isinstance(bets, list) for bets in placed)
    drive([one], "drawn", pay=False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('op_alpha.settle_round'::regproc)")
        text = cursor.fetchone()[0]
        assert guard in text
        cursor.execute(text.replace(guard, ""))
    settle_round(operator_id=operator_a.pk, round_id=one.pk)
    paid = balance(operator_a, player)
    assert paid == 100_000 - 8_000 + 20 * 355

    # As for a second task that has not seen the first one's mark.
    Participation.objects.filter(round=one).update(settled_at=None)
    with pytest.raises(DatabaseError, match="duplicate key"):
        settle_round(operator_id=operator_a.pk, round_id=one.pk)
    assert balance(operator_a, player) == paid


@pytest.mark.usefixtures("committed")
def test_a_settlement_that_crashes_leaves_nothing_and_is_found_again(operator_a: Operator) -> None:
    one = open_round(new_game())
    player = new_player(operator_a, money=10_000)
    place(operator_a, player, round_id=one.pk, picks=[1, 2], stake="10.00")
    one = _drawn(one)

    def crash() -> None:
        with tenant_context(operator_a), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT op_alpha.settle_round(%s, %s, 'drawn', %s, %s, %s)",
                [operator_a.pk, one.pk, "1" * 80, UUID(int=0), UUID(int=2**128 - 1)],  # everything wins
            )
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    [outcome] = at_once([crash])
    assert isinstance(outcome, DatabaseError)
    assert balance(operator_a, player) == 9_000
    with tenant_context(operator_a):
        assert not Settlement.objects.filter(round_id=one.pk).exists()

    def swept() -> bool:
        settle_overdue()
        return Participation.objects.get(round=one).settled_at is not None

    wait_for(swept, what="the sweeper to find the round", seconds=6, every=0.1)
    hits = len({1, 2} & set(one.numbers_drawn or ()))
    assert balance(operator_a, player) == 9_000 + K88[2].get(hits, 0) * 10
    drive([one], "revealed")


@pytest.mark.usefixtures("db")
def test_what_has_no_outcome_yet_cannot_be_settled(operator_a: Operator) -> None:
    one = open_round(new_game())
    place(operator_a, new_player(operator_a, money=10_000), round_id=one.pk)

    with pytest.raises(ValueError, match="nothing to settle yet"):
        settle_round(operator_id=operator_a.pk, round_id=one.pk)


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("moment", ["open", "closed"])
def test_a_void_round_gives_every_stake_back_once_and_its_seed_after_the_close(
    operator_a: Operator, operator_b: Operator, moment: str
) -> None:
    one = open_round(new_game(network="local"))  # whose draw waits for a beacon, so that it can be void when closed
    players = {operator: new_player(operator, money=50_000) for operator in (operator_a, operator_b)}
    bets = [place(operator, player, round_id=one.pk) for operator, player in players.items()]
    taken_back = place(operator_a, players[operator_a], round_id=one.pk)
    cancel_bet(operator=operator_a, bet_id=taken_back.pk)
    if moment == "closed":
        drive([one], "closed")
    void_round(round_id=one.pk, reason="power cut", actor="test")
    if moment == "open":
        tick.run_due()
        assert again(one).server_seed is None  # betting time is not over: the seed stays secret
    settle([one.pk])
    settle([one.pk])
    wait_until(one.closes_at)
    tick.run_due()

    assert [balance(operator, player) for operator, player in players.items()] == [50_000, 50_000]
    assert settle_round(operator_id=operator_a.pk, round_id=one.pk) is False
    shown = backend(operator_a).get(f"bets/{bets[0].pk}").json()
    assert (shown["status"], shown["win_amount"]) == ("rolled_back", "0.00")
    with tenant_context(operator_a):
        row = Settlement.objects.get(round_id=one.pk)
        assert (row.outcome, row.bets, row.stakes, row.payouts) == ("void", 1, 1_000, 1_000)
        refunds = Transaction.objects.filter(kind=Kind.REFUND, account__player_id=players[operator_a].pk)
        assert sorted(refunds.values_list("amount", flat=True)) == [1_000, 1_000]
    done = again(one)
    assert (done.status, done.numbers_drawn) == ("void", None)
    assert done.server_seed is not None
    assert backend(operator_a).get(f"rounds/{one.pk}").json()["server_seed"] == bytes(done.server_seed).hex()


@pytest.mark.usefixtures("db")
def test_voiding_one_round_of_a_ticket_returns_its_stake_only(operator_a: Operator) -> None:
    rounds = commit_rounds(new_game(), count=3, timing=Timing(betting=0.8))
    wait_until(rounds[0].opens_at)
    drive(rounds[:1], "open")
    player = new_player(operator_a, money=3_000)
    first, second, third = place_ticket(operator_a, player, round_id=rounds[0].pk, rounds=3)
    void_round(round_id=rounds[1].pk, reason="test", actor="test")
    drive(rounds)

    with tenant_context(operator_a):
        states = {bet.pk: bet for bet in BetState.objects.filter(player_id=player.pk)}
    assert states[second.pk].settlement_status == "rolled_back"
    assert {states[bet.pk].settlement_status for bet in (first, third)} <= {"won", "lost"}
    won = sum(states[bet.pk].win_amount or 0 for bet in (first, third))
    assert balance(operator_a, player) == 1_000 + won
    assert [again(one).number for one in rounds if again(one).status == "revealed"] == [1, 3]


@pytest.mark.usefixtures("committed")
def test_a_cancelled_bet_is_refunded_once_and_is_not_in_the_round(operator_a: Operator) -> None:
    one = open_round(new_game(), timing=Timing(betting=1.5))
    player = new_player(operator_a, money=10_000)
    kept, dropped = (place(operator_a, player, round_id=one.pk) for _ in range(2))

    answers = at_once([lambda: cancel_bet(operator=operator_a, bet_id=dropped.pk).settlement_status] * 6)

    assert answers == ["rolled_back"] * 6
    assert balance(operator_a, player) == 9_000
    drive([one], "revealed")
    changes_nothing(lambda: cancel_bet(operator=operator_a, bet_id=dropped.pk))  # answers the same for ever
    sealed = again(one)
    with tenant_context(operator_a):
        assert Cancellation.objects.filter(bet_id=dropped.pk).count() == 1
        assert not Payout.objects.filter(bet_id=dropped.pk).exists()
        assert Settlement.objects.get(round_id=one.pk).bets == 1
        assert bytes(sealed.bets_root or b"") == root_of([bytes(Bet.objects.get(pk=kept.pk).leaf_hash)])
    assert sealed.bets_count == 1
    api = backend(operator_a)
    proof = api.get(f"bets/{dropped.pk}/proof").json()
    assert proof["bet"]["path"] is None
    assert api.get(f"bets/{dropped.pk}").json()["status"] == "rolled_back"


@pytest.mark.usefixtures("db")
def test_a_bet_cannot_be_cancelled_once_betting_has_ended(operator_a: Operator) -> None:
    one = open_round(new_game())
    bet = place(operator_a, new_player(operator_a, money=10_000), round_id=one.pk)
    wait_until(one.closes_at)

    def cancel() -> None:
        with pytest.raises(RoundNotOpen):
            cancel_bet(operator=operator_a, bet_id=bet.pk)

    changes_nothing(cancel)  # by the clock alone, no tick has come
    drive([one], "revealed")
    changes_nothing(cancel)
    answer = backend(operator_a).post(f"bets/{bet.pk}/cancel", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "round_not_open")


@pytest.mark.usefixtures("db")
def test_where_the_jurisdiction_forbids_it_no_bet_is_cancelled(operator_a: Operator) -> None:
    one = open_round(new_game(), timing=Timing(betting=5))
    bet = place(operator_a, new_player(operator_a, money=10_000), round_id=one.pk)
    Jurisdiction.objects.filter(pk=operator_a.jurisdiction_id).update(bet_cancellation=False)
    operator_a.refresh_from_db()

    def cancel() -> None:
        with pytest.raises(CancellationNotAllowed):
            cancel_bet(operator=operator_a, bet_id=bet.pk)

    changes_nothing(cancel)
    answer = backend(operator_a).post(f"bets/{bet.pk}/cancel", {})
    assert (answer.status_code, answer.json()["code"]) == (403, "cancellation_not_allowed")


@pytest.mark.usefixtures("db")
def test_another_operators_bet_cannot_be_cancelled(operator_a: Operator, operator_b: Operator) -> None:
    one = open_round(new_game(), timing=Timing(betting=5))
    bet = place(operator_a, new_player(operator_a, money=10_000), round_id=one.pk)

    def cancel() -> None:
        with pytest.raises(NotFound):
            cancel_bet(operator=operator_b, bet_id=bet.pk)

    changes_nothing(cancel)
