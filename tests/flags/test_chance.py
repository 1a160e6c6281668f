"""The chance of a win is exact where it is called exact, and a bound is never below it."""

from fractions import Fraction
from itertools import product
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bets.paytables import K88, statistics
from flags import chance
from flags.chance import Played, chance_of, expected, hit_chances

STAKE = 1_000


def prizes(pick_count: int, stake: int = STAKE) -> tuple[int, ...]:
    return tuple(stake * K88[pick_count].get(hits, 0) // 100 for hits in range(pick_count + 1))


def single(pick_count: int, stake: int = STAKE) -> Played:
    return Played(sets=(prizes(pick_count, stake),))


def enumerated(rounds: list[Played], won: int) -> Fraction:
    """By going through everything that can happen, in exact arithmetic."""
    total = Fraction(0)
    for hits in product(*(range(len(one.sets[0])) for one in rounds)):
        if sum(one.sets[0][hit] for one, hit in zip(rounds, hits, strict=True)) >= won:
            p = Fraction(1)
            for one, hit in zip(rounds, hits, strict=True):
                p *= hit_chances(len(one.sets[0]) - 1)[hit]
            total += p
    return total


@pytest.mark.parametrize("pick_count", range(1, 11))
def test_the_chances_of_hits_are_those_of_the_draw(pick_count: int) -> None:
    found = hit_chances(pick_count)
    assert sum(found) == 1
    assert found[pick_count] == Fraction(comb(80 - pick_count, 20 - pick_count), comb(80, 20))


@pytest.mark.parametrize("pick_count", range(1, 11))
def test_what_is_expected_is_the_return_of_the_paytable(pick_count: int) -> None:
    assert expected([single(pick_count)] * 3) == 3 * STAKE * statistics(pick_count, K88[pick_count]).rtp


@pytest.mark.parametrize(
    ("picks", "won"), [((1,), 3550), ((5, 5), 20_000), ((2, 3, 4), 6_000), ((10, 1), 1), ((8, 6, 1, 1), 15_000)]
)
def test_a_few_rounds_are_reckoned_exactly(picks: tuple[int, ...], won: int) -> None:
    rounds = [single(one) for one in picks]
    found = chance_of(rounds, won)
    assert found.exact
    assert found.value == pytest.approx(float(enumerated(rounds, won)), rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    rounds=st.lists(st.tuples(st.integers(1, 10), st.sampled_from((100, 1_000, 2_500))), min_size=1, max_size=4),
    share=st.floats(0.01, 1.0),
)
def test_the_bound_is_never_below_the_truth(rounds: list[tuple[int, int]], share: float) -> None:
    played = [single(pick_count, stake) for pick_count, stake in rounds]
    won = max(1, int(share * sum(max(one.sets[0]) for one in played)))
    assert chance._bound(played, won) >= float(enumerated(played, won)) * (1 - 1e-9)


def test_sets_of_one_round_that_depend_on_each_other_are_bounded_too() -> None:
    """Two disjoint sets of three: their hits together are from a draw of 20, of which none is in both."""
    table = prizes(3)
    won = 50_000
    truth = sum(
        Fraction(comb(3, a) * comb(3, b) * comb(74, 20 - a - b), comb(80, 20))
        for a in range(4)
        for b in range(4)
        if table[a] + table[b] >= won
    )
    same = hit_chances(3)[3]  # the same set twice, were it not merged: wholly dependent
    found = chance_of([Played(sets=(table, table))], won)
    assert not found.exact
    assert found.value >= float(truth)
    assert chance_of([Played(sets=(table, table))], 2 * 44_000).value >= float(same) * (1 - 1e-9)


def test_ordinary_luck_is_not_remarkable_and_the_impossible_is() -> None:
    hundred = [single(1)] * 100
    assert chance_of(hundred, 25 * 3_550).value > 0.4
    assert chance_of(hundred, 70 * 3_550).value < 1e-15
    many = [single(n % 10 + 1) for n in range(2_000)]
    mean = float(expected(many))
    assert chance_of(many, int(mean)).value > 0.1
    assert chance_of(many, 2_000 * 10_000 * STAKE).value == pytest.approx(0.0, abs=1e-300)
    assert chance_of([Played(sets=((0, 0),))], 5).value == 0.0


def test_long_histories_are_left_to_the_bound() -> None:
    many = [single(10, 997 + n % 7) for n in range(2_000)]
    found = chance_of(many, 10_000_000)
    assert not found.exact
    assert 0 < found.value < 1
