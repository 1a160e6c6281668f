"""Rounds that benchmarks fill: their rows are those that placement would have left."""

import pytest

from bench.full_rounds import PICK_COUNTS, draw, fill
from bench.setting import make_game, make_operator, make_players, open_round
from bets import paytables
from bets.models import Bet, Settlement, Slip
from bets.receipts import receipt
from bets.services.settlement import settle_round
from fairness.merkle import leaf_hash
from fairness.messages import BET_BLIND_LENGTH
from operators.tenancy import tenant_context
from reports.invariants import check_all
from tests.support.rounds import drive

BETS, PLAYERS = 2_000, 150


@pytest.mark.usefixtures("committed")
def test_a_filled_round_keeps_every_invariant_from_its_bets_to_its_payouts() -> None:
    operator, _ = make_operator("full", max_win_per_ticket=10**12)
    tokens = make_players(operator, PLAYERS, 10**9)
    one = open_round(make_game("full"), seconds=4)
    fill(operator, one, bets=BETS, tokens=tokens)
    one = draw(one)
    assert one.bets_count == BETS
    assert settle_round(operator_id=operator.pk, round_id=one.pk)
    drive([one])
    findings = list(check_all(rounds_max=5))
    assert [finding for finding in findings if finding.count and operator.slug in str(finding.examples)] == []
    assert [f for f in findings if f.count and (f"round {one.pk}" in f.examples or str(one.pk) in f.examples)] == []
    with tenant_context(operator):
        settlement = Settlement.objects.get(round_id=one.pk)
        assert settlement.bets == BETS
        assert 0.1 < settlement.winners / BETS < 0.2
        assert Slip.objects.count() == BETS
        for bet in Bet.objects.select_related("player", "paytable").order_by("pk")[:: BETS // 20]:
            assert len(bet.blind) == BET_BLIND_LENGTH
            leaf = receipt(bet, operator=operator, stream=one.game.stream, round_number=one.number)
            assert bytes(bet.leaf_hash) == leaf_hash(leaf)


def test_its_pick_counts_win_in_149_of_1000_bets() -> None:
    frequency = sum(paytables.statistics(p, paytables.K88[p]).hit_frequency for p in PICK_COUNTS) / len(PICK_COUNTS)
    assert 0.147 < frequency < 0.151
