"""Whatever is decided in whatever order, in force is what the rule says: tighter at once, looser after a day."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from operators.models import Operator
from operators.tenancy import tenant_context
from players import selectors
from players.models import Player, PlayerLimit
from players.services import LimitTerms, withdraw_limit
from tests.support.bets import new_player
from tests.support.protection import limit, shut_out, time_passes
from wallet.invariants import INVARIANTS
from wallet.selectors import limits_of

pytestmark = pytest.mark.usefixtures("committed")
WAITING_H = 24


@dataclass
class Model:
    """What the rule says, in words of its own."""

    now: int | None = None
    waiting: int | None = None
    hours: int | None = None
    """How long the decision that waits still does; None where none waits."""

    def decide(self, wanted: int | None) -> None:
        self.hours = None
        if self.now is not None and (wanted is None or wanted > self.now):
            self.waiting, self.hours = wanted, WAITING_H
        else:
            self.now = wanted

    def withdraw(self) -> None:
        self.hours = None

    def wait(self, hours: int) -> None:
        if self.hours is not None:
            self.hours -= hours
            if self.hours <= 0:
                self.now, self.hours = self.waiting, None


steps = st.one_of(
    st.tuples(st.just("decide"), st.sampled_from([None, 0, 10, 20, 30])),
    st.tuples(st.just("wait"), st.sampled_from([1, 12, 23, 24])),
    st.tuples(st.just("withdraw"), st.none()),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(steps, max_size=12))
def test_in_force_is_what_the_rule_says(operator_a: Operator, history: list[tuple[str, int | None]]) -> None:
    player, model = new_player(operator_a), Model()
    for step, value in history:
        match step:
            case "decide":
                model.decide(value)
                limit(operator_a, player, "loss", "day", value)
            case "wait":
                model.wait(value or 0)
                hours_pass(operator_a, player, value or 0)
            case "withdraw":
                model.withdraw()
                withdraw(operator_a, player)
        with tenant_context(operator_a):
            in_force = [one.amount for one in limits_of(operator_a, player.pk)]
            waiting = [one.amount for one in selectors.decisions_waiting(player)]
        assert in_force == ([] if model.now is None else [model.now])
        assert waiting == ([] if model.hours is None else [model.waiting])
    assert unguarded(operator_a) == []


def hours_pass(operator: Operator, player: Player, hours: int) -> None:
    """As if the player had decided everything so much earlier."""
    ago = timedelta(hours=hours)
    with time_passes(operator), tenant_context(operator):
        PlayerLimit.objects.filter(player=player).update(
            created_at=F("created_at") - ago,
            effective_from=F("effective_from") - ago,
            withdrawn_at=F("withdrawn_at") - ago,
        )


def withdraw(operator: Operator, player: Player) -> None:
    with tenant_context(operator):
        terms = LimitTerms(kind="loss", period="day", amount=None)
        withdraw_limit(operator=operator, player=player, terms=terms, actor="test")


def unguarded(operator: Operator) -> list[str]:
    """What the invariant finds."""
    [one] = [each for each in INVARIANTS if each.code == "I38-who-is-protected-is-guarded"]
    with tenant_context(operator), connection.cursor() as cursor:
        cursor.execute(one.violations)
        return [str(row[0]) for row in cursor.fetchall()]


def test_control_a_flag_that_is_lost_is_found(operator_a: Operator) -> None:
    limited, excluded = new_player(operator_a), new_player(operator_a)
    limit(operator_a, limited, "loss", "day", 10)
    shut_out(operator_a, excluded)
    assert unguarded(operator_a) == []
    both = [limited.pk, excluded.pk]
    with tenant_context(operator_a):
        Player.objects.filter(pk__in=both).update(guarded=False)
    assert sorted(unguarded(operator_a)) == sorted(map(str, both))
    with tenant_context(operator_a):
        Player.objects.filter(pk__in=both).update(guarded=True)
    assert unguarded(operator_a) == []
