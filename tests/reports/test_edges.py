"""At the edges: small stakes lose to rounding exactly what is said, and no accepted stake's prize is ever cut off."""

from fractions import Fraction
from typing import Any

import pytest

from bets.models import Payout
from bets.paytables import K88, chance, highest_stake, payout_of, potential_of, statistics
from bets.selectors import active_paytable, multipliers
from operators.models import Operator
from operators.tenancy import tenant_context
from reports.statistics.edges import Edge, Limits, edges
from reports.statistics.returns import simulate
from rounds.models import RoundStatus
from tests.support.bets import new_player, place
from tests.support.old_days import own_operator
from tests.support.rounds import Timing, commit_rounds, drive, new_game, wait_until

SEED = "a seed of the tests"
KES = Limits(currency="KES", min_bet=100, max_bet=100_000, max_win=1_000_000_000)
XOF = Limits(currency="XOF", min_bet=7, max_bet=5_000, max_win=100_000)


def found(*limits: Limits, bets: int = 200_000) -> dict[tuple[str, int], Edge]:
    played = simulate(K88, bets=bets, seed=SEED, processes=1)
    return {(one.name, one.pick_count): one for one in edges(K88, played, limits)}


def returned(pick: int, stake: int) -> Fraction:
    """By another way: every number of hits with its chance, its prize rounded down by division."""
    total = sum((chance(pick_count=pick, hits=h) * (stake * pays // 100) for h, pays in K88[pick].items()), Fraction(0))
    return total / stake


class TestExactly:
    def test_what_is_exact_at_a_stake_is_the_sum_over_all_hits(self) -> None:
        for (_, pick), one in found(KES, XOF).items():
            assert one.exact == returned(pick, one.stake)
            assert one.lost == statistics(pick, K88[pick]).rtp - one.exact >= 0

    def test_the_smallest_amount_loses_what_is_behind_the_point(self) -> None:
        one = found()["smallest amount", 1]
        assert (one.stake, one.exact, one.lost) == (1, Fraction(3, 4), Fraction(55, 400))

    def test_whole_multiples_of_a_hundred_lose_nothing(self) -> None:
        assert {one.lost for (name, _), one in found(KES).items() if name == "lowest stake, KES"} == {0}

    def test_the_highest_stake_is_the_last_one_that_is_accepted_and_nothing_of_its_prize_is_cut_off(self) -> None:
        for (name, pick), one in found(KES, XOF).items():
            assert not one.capped
            if name == "highest stake, XOF":
                top = max(K88[pick].values())
                assert potential_of(stake=one.stake, top=top) <= XOF.max_win
                above = potential_of(stake=one.stake + 1, top=top)
                assert one.stake == XOF.max_bet or above > XOF.max_win

    def test_a_pick_count_of_which_no_stake_is_accepted_has_no_highest_one(self) -> None:
        narrow = Limits(currency="XOF", min_bet=100, max_bet=5_000, max_win=100_000)
        names = {name for name, pick in found(narrow) if pick == 10}
        assert names == {"smallest amount"}

    @pytest.mark.parametrize(("top", "max_win"), [(355, 1000), (1_000_000, 1_000_000), (1_000_000, 999_999), (100, 1)])
    def test_the_highest_stake_is_the_one_at_which_placement_stops(self, top: int, max_win: int) -> None:
        highest = highest_stake(top=top, max_win=max_win)
        assert potential_of(stake=highest, top=top) <= max_win < potential_of(stake=highest + 1, top=top)


class TestSimulated:
    def test_what_was_simulated_lies_about_the_exact_value(self) -> None:
        for key, one in found(KES, XOF).items():
            assert one.holds, key
            assert one.low < one.simulated < one.high

    def test_a_prize_that_is_cut_off_is_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from reports.statistics import edges as module

        monkeypatch.setattr(module, "potential_of", lambda *, stake, top: stake * top // 200)
        off = [one for one in found(KES).values() if not one.holds]
        assert off
        assert all(one.capped for one in off)


@pytest.mark.usefixtures("committed")
class TestAgainstTheBooks:
    def test_settlement_pays_each_bet_what_the_edges_reckon_with(self, unique: Any) -> None:
        operator = own_operator(unique("edges"))
        Operator.objects.filter(pk=operator.pk).update(min_bet=1)
        operator.refresh_from_db()
        player = new_player(operator, money=1_000_000)
        [one] = commit_rounds(new_game(owner_id=operator.pk), timing=Timing(opens_in=0.3, betting=3.0))
        wait_until(one.opens_at)
        drive([one], RoundStatus.OPEN)
        stakes = {}
        for n in range(1, 81):
            bet = place(operator, player, round_id=one.pk, picks=[n], stake=operator.money(n))
            stakes[bet.pk] = n
        drive([one])
        with tenant_context(operator):
            row = multipliers(active_paytable())[1]
            paid = dict(Payout.objects.filter(round_id=one.pk).values_list("bet_id", "amount"))
        assert len(paid) == 20
        for bet_id, amount in paid.items():
            stake = stakes[bet_id]
            potential = potential_of(stake=stake, top=max(row.values()))
            assert amount == payout_of(stake=stake, hundredths=row[1], potential=potential)
