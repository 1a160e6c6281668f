"""
The whole life of bets and money against a small model of it: deposits, bets, tickets, cancellations, draws, void rounds
and payouts in any order, each also repeated. The model knows nothing of the platform but its rules, written down anew.

The rounds are a sandbox's: its clock goes on when the machine says so.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

import bets.invariants
import wallet.invariants
from bets.models import PaytableRow
from bets.services.cancellation import cancel_bet
from bets.services.placement import place_slips
from keno_platform.core.errors import Refusal
from keno_platform.core.invariants import Scope
from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Player
from rounds.models import Round, RoundStatus
from rounds.services import clock, tick
from rounds.services.voiding import RoundNotVoidable, void_round
from tests.support.bets import balance, code_of, new_player, slip
from tests.support.database import rows
from tests.support.rounds import settle
from tests.support.sandboxes import new_sandbox_game, new_sandbox_operator
from wallet.services import deposit, withdraw

pytestmark = pytest.mark.usefixtures("committed")
PLAYERS = 3
PICKS = ((7,), (7, 21), (1, 2, 3, 4, 5), tuple(range(11, 21)))
KEYS = st.integers(0, 7)
WHO = st.integers(0, PLAYERS - 1)


@dataclass(slots=True)
class Stake:
    """One bet as the model knows it. `over`: nothing becomes of it any more."""

    player: int
    round_id: int
    amount: int
    picks: tuple[int, ...]
    over: bool = False


@dataclass(slots=True)
class Model:
    """What the players own, and what is under way."""

    balances: list[int] = field(default_factory=lambda: [0] * PLAYERS)
    transfers: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    slips: dict[int, tuple[Any, list[UUID]]] = field(default_factory=dict)
    bets: dict[UUID, Stake] = field(default_factory=dict)

    def end(self, round_id: int, numbers: set[int] | None, pays: dict[tuple[int, int], int]) -> None:
        """A round has come to its end: `numbers` were drawn, or None, it is void."""
        for one in self.bets.values():
            if one.round_id != round_id or one.over:
                continue
            hits = len(set(one.picks) & numbers) if numbers is not None else 0
            won = one.amount * pays.get((len(one.picks), hits), 0) // 100
            self.balances[one.player] += one.amount if numbers is None else won
            one.over = True


class Life(RuleBasedStateMachine):
    """Every rule does one thing to the platform and to the model, and compares the two answers."""

    operator: ClassVar[Operator]
    pays: ClassVar[dict[tuple[int, int], int]]

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.game = new_sandbox_game(self.operator)
        self.players: list[Player] = [new_player(self.operator) for _ in range(PLAYERS)]
        self.ended: set[int] = set()
        self.run = uuid4().hex

    @rule(who=WHO, amount=st.sampled_from([500, 3_000, 20_000]), key=KEYS)
    def deposit(self, who: int, amount: int, key: int) -> None:
        self._transfer("deposit", who, amount, key)

    @rule(who=WHO, amount=st.sampled_from([500, 3_000]), key=KEYS)
    def withdraw(self, who: int, amount: int, key: int) -> None:
        self._transfer("withdrawal", who, -amount, key)

    def _transfer(self, kind: str, who: int, amount: int, key: int) -> None:
        known = self.model.transfers.get((kind, key))
        expected = "done"
        if known is not None:
            expected = "done" if known == (who, amount) else "idempotency_key_reused"
        elif self.model.balances[who] + amount < 0:
            expected = "insufficient_funds"
        else:
            self.model.transfers[kind, key] = (who, amount)
            self.model.balances[who] += amount
        assert self._moved(kind, who, amount, key) == expected

    def _moved(self, kind: str, who: int, amount: int, key: int) -> str:
        move, terms = (deposit, amount) if kind == "deposit" else (withdraw, -amount)
        name = f"{self.run}-{kind}-{key}"
        try:
            with tenant_context(self.operator):
                move(key=name, player=self.players[who], amount=terms, reference="")
        except Refusal as refusal:
            return refusal.code
        return "done"

    @rule(
        who=WHO,
        amount=st.sampled_from([100, 700, 2_500]),
        picks=st.sampled_from(PICKS),
        key=KEYS,
        count=st.sampled_from([1, 1, 1, 3]),
    )
    def place(self, who: int, amount: int, picks: tuple[int, ...], key: int, count: int) -> None:
        asked, known = (who, amount, picks, count), self.model.slips.get(key)
        [answer] = place_slips(operator=self.operator, asks=[self._slip(asked, key)])
        if known is not None:
            expected = "accepted" if known[0] == asked else "idempotency_key_reused"
            assert code_of(answer) == expected
            assert expected != "accepted" or [bet.pk for bet in answer] == known[1]  # type: ignore[union-attr]
        elif not self._open_rounds():
            assert code_of(answer) == "round_not_open"
        elif self.model.balances[who] < amount * count:
            assert code_of(answer) == "insufficient_funds"
        else:
            assert not isinstance(answer, Refusal), answer.code
            self.model.balances[who] -= amount * count
            self.model.slips[key] = (asked, [bet.pk for bet in answer])
            self.model.bets |= {bet.pk: Stake(who, bet.round_id, amount, picks) for bet in answer}

    def _slip(self, asked: Any, key: int) -> Any:
        who, amount, picks, count = asked
        terms = {"picks": list(picks), "stake": self.operator.money(amount), "rounds": count, "game": self.game.code}
        return slip(self.operator, self.players[who], key=f"o:{self.run}-{key}", **terms)

    def _open_rounds(self) -> list[Round]:
        return list(Round.objects.filter(game=self.game, status=RoundStatus.OPEN))

    @precondition(lambda self: self.model.bets)
    @rule(which=st.integers(0, 40))
    def cancel(self, which: int) -> None:
        """Possible until the round is closed; a second time it answers the same and moves nothing."""
        pk, one = list(self.model.bets.items())[which % len(self.model.bets)]
        open_to_bets = Round.objects.get(pk=one.round_id).status in (RoundStatus.OPEN, RoundStatus.SCHEDULED)
        said = self._cancelled(pk)
        assert said == "done" or (said == "round_not_open" and not open_to_bets)
        assert said != "done" or open_to_bets or one.over
        if said == "done" and not one.over:
            self.model.balances[one.player] += one.amount
            one.over = True

    def _cancelled(self, pk: UUID) -> str:
        try:
            cancel_bet(operator=self.operator, bet_id=pk)
        except Refusal as refusal:
            return refusal.code
        return "done"

    @rule()
    def time_goes_on(self) -> None:
        """To the next boundary; who drives the rounds does what is due, twice."""
        clock._advance(self.game, "test")
        self._work()

    @rule()
    def work_again(self) -> None:
        """Doubled ticks and settlements change nothing."""
        self._work()

    @precondition(lambda self: self._open_rounds())
    @rule()
    def void(self) -> None:
        """Also a second time, which is refused."""
        [one] = self._open_rounds()
        void_round(round_id=one.pk, reason="test", actor="test")
        with pytest.raises(RoundNotVoidable):
            void_round(round_id=one.pk, reason="test", actor="test")
        self._work()

    def _work(self) -> None:
        own = Round.objects.filter(game=self.game).exclude(pk__in=self.ended)
        for _ in range(2):
            tick.run_due()
            settle(own.filter(status__in=[RoundStatus.DRAWN, RoundStatus.VOID]).values_list("pk", flat=True))
        for one in own.filter(status__in=[RoundStatus.REVEALED, RoundStatus.SETTLED, RoundStatus.VOID]):
            numbers = None if one.status == RoundStatus.VOID else set(one.numbers_drawn or ())
            self.model.end(one.pk, numbers, self.pays)
            self.ended.add(one.pk)

    @invariant()
    def balances_are_what_the_model_says(self) -> None:
        assert [balance(self.operator, player) for player in self.players] == self.model.balances

    def teardown(self) -> None:
        with tenant_context(self.operator):
            own = (*bets.invariants.INVARIANTS, *wallet.invariants.INVARIANTS)
            found = {one.code: rows(one.violations) for one in own if one.scope is Scope.OPERATOR}
        assert {code: offenders for code, offenders in found.items() if offenders} == {}


@pytest.fixture
def house(committed: None) -> None:
    Life.operator = new_sandbox_operator(f"life-{uuid4().hex[:8]}")
    with tenant_context(Life.operator):
        found = PaytableRow.objects.filter(paytable__active=True)
        Life.pays = {(row.pick_count, row.hit_count): row.multiplier_hundredths for row in found}


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("examples", [10, pytest.param(400, marks=pytest.mark.proof)], ids=["short", "long"])
def test_balances_follow_a_small_model_of_the_rules_whatever_happens_in_which_order(examples: int) -> None:
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
