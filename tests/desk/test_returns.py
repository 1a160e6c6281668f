"""The return of players against theory: the band is neither narrower than the rounds' own spread nor than chance's."""

import math
import random
from collections.abc import Sequence

import pytest

from bets import paytables
from bets.models import Settlement
from bets.selectors import RoundSums, active_paytable, sums_since
from desk.returns import ROUNDS_MIN, Returned, Theory, returned, theory_of
from operators.models import Operator
from operators.tenancy import tenant_context
from tests.admin.desk import Played

THEORY = Theory(lowest=0.8848, highest=0.8897, deviation=5.0)


def sums(rounds: Sequence[tuple[int, int, int]]) -> RoundSums:
    """Of rounds with (bets, stakes, payouts)."""
    return RoundSums(
        rounds=len(rounds),
        bets=sum(bets for bets, _, _ in rounds),
        stakes=sum(stakes for _, stakes, _ in rounds),
        payouts=sum(payouts for _, _, payouts in rounds),
        stakes_squared=sum(stakes**2 for _, stakes, _ in rounds),
        payouts_squared=sum(payouts**2 for _, _, payouts in rounds),
        products=sum(stakes * payouts for _, stakes, payouts in rounds),
    )


def told(rounds: Sequence[tuple[int, int, int]], theory: Theory = THEORY) -> Returned:
    return returned(sums(rounds), theory)


def played(rounds: int, *, rtp: float = 1.0, seed: int = 1) -> list[tuple[int, int, int]]:
    """Rounds with ten bets of one pick each on one number, as K88 pays them, `rtp` times as often."""
    chance, pays = 0.25 * rtp, paytables.K88[1][1]
    draw = random.Random(seed)
    return [(10, 1000, 10 * pays if draw.random() < chance else 0) for _ in range(rounds)]


def test_the_actual_return_is_what_was_paid_of_what_was_staked() -> None:
    assert told([(1, 100, 50), (3, 300, 310)]).actual == pytest.approx(0.9)
    assert told([]).actual is None
    assert not told([]).has_drifted


def test_the_measured_spread_is_that_of_the_rounds_not_of_the_bets() -> None:
    rounds = played(2_000)
    got = told(rounds, Theory(lowest=0.88, highest=0.89, deviation=0.001))
    mean = sum(paid for _, _, paid in rounds) / sum(stake for _, stake, _ in rounds)
    spread = math.sqrt(sum((paid - mean * stake) ** 2 for _, stake, paid in rounds)) / sum(s for _, s, _ in rounds)
    assert got.error == pytest.approx(spread)
    # Ten equal bets share each draw: as independent ones they would seem to vary sqrt(10) times less.
    alone = math.sqrt(0.25 * 0.75) * 3.55 / math.sqrt(20_000)
    assert got.error == pytest.approx(alone * math.sqrt(10), rel=0.05)


def test_a_prize_that_has_not_come_yet_narrows_no_band() -> None:
    nothing_won = [(10, 1000, 0)] * 500
    assert told(nothing_won).error == pytest.approx(THEORY.deviation / math.sqrt(5_000))


def test_fair_play_is_no_drift_and_a_paytable_that_pays_twice_is_one() -> None:
    fair = [told(played(4_000, seed=seed), Theory(lowest=0.8875, highest=0.8875, deviation=1.54)) for seed in range(50)]
    assert not [got for got in fair if got.has_drifted]
    wrong = told(played(4_000, rtp=1.5), Theory(lowest=0.8875, highest=0.8875, deviation=1.54))
    assert wrong.has_drifted
    assert wrong.distance > 4


def test_few_rounds_say_nothing_however_far_they_are_off() -> None:
    few = [(1_000_000, 1000, 10_000 + number) for number in range(ROUNDS_MIN - 1)]
    assert not told(few).has_drifted
    assert told([*few, few[-1], few[-1]]).has_drifted


def test_within_the_range_of_theory_there_is_no_distance() -> None:
    inside = [(1_000_000, 10_000, 8_860)] * 300
    assert told(inside).distance == 0


def test_theory_is_the_exact_range_of_the_paytable(committed: None, operator_a: Operator) -> None:
    with tenant_context(operator_a):
        theory = theory_of(active_paytable())
    assert theory.lowest == pytest.approx(0.8848, abs=5e-5)
    assert theory.highest == pytest.approx(0.8897, abs=5e-5)
    assert theory.deviation == max(
        paytables.statistics(pick, row).standard_deviation for pick, row in paytables.K88.items()
    )


def test_the_sums_are_those_of_the_settlements(committed: None, played: dict[str, Played]) -> None:
    own = played["alpha"]
    with tenant_context(own.operator):
        since = Settlement.objects.get(pk=own.round.pk).settled_at
        rows = Settlement.objects.filter(settled_at__gte=since, outcome="drawn", stakes__gt=0)
        wanted = sums([(one.bets, one.stakes, one.payouts) for one in rows])
        assert sums_since(since) == wanted
    assert wanted.bets >= 80
