"""The proof document of one bet: its leaf, the path to its round's `bets_root`, and the signed CLOSE."""

from typing import Any

from bets import paytables, receipts
from bets.models import BetState, BetStatus
from bets.selectors import all_leaves, carried_of, multipliers
from fairness.merkle import audit_path
from operators.models import Operator
from rounds.models import Round
from rounds.proofs import close_part, signed
from rounds.selectors import get_round
from wallet.horizon import archived


def bet_proof(operator: Operator, bet: BetState) -> dict[str, Any]:
    """
    The KPS-1 proof of a bet. Before the close, and for a bet that was cancelled, path and CLOSE are null.

    The path runs through leaves of other operators' bets, of which only hashes are known to anybody.

    :raises Archived: some bets of its round are in the archive, so the path cannot be computed from here.
    """
    one = get_round(round_id=bet.round_id)
    table = {
        str(pick): {str(hits): paytables.text_of(pays) for hits, pays in row.items()}
        for pick, row in multipliers(bet.paytable).items()
    }
    document = {
        "protocol": "KPS-1",
        "bet_id": str(bet.pk),
        "bet": _bet_part(operator, bet, one),
        "close": close_part(one),
        "paytable": {"id": str(bet.paytable_id), "hash": bytes(bet.paytable.hash).hex(), "multipliers": table},
        "outcome": _outcome_part(bet, one),
    }
    return signed([document])[0]


def _outcome_part(bet: BetState, one: Round) -> dict[str, Any] | None:
    """What became of the bet, once that is settled; None before, and for a bet that was given back."""
    if bet.settlement_status not in (BetStatus.WON, BetStatus.LOST):
        return None
    won = bet.multiplier_hundredths
    return {
        "status": bet.settlement_status,
        "hits": len(set(bet.picks) & set(one.numbers_drawn or ())),
        "multiplier": paytables.text_of(won) if won is not None else None,
        "win_minor": bet.win_amount or 0,
    }


def _bet_part(operator: Operator, bet: BetState, one: Round) -> dict[str, Any]:
    leaf = receipts.receipt(bet, operator=operator, stream=one.game.stream, round_number=one.number)
    known: dict[str, Any] = {"leaf": leaf.hex(), "index": None, "size": None, "path": None, "root": None}
    if one.close_message is None:
        return known
    leaves = all_leaves(one.pk)
    if len(leaves) != one.bets_count and carried_of(one.pk):
        raise archived(bet_id=str(bet.pk), round_id=str(one.pk))
    places = {bet_id: place for place, (bet_id, _) in enumerate(leaves)}
    if bet.pk not in places:
        return known
    path = audit_path([leaf for _, leaf in leaves], places[bet.pk])
    return known | {
        "index": places[bet.pk],
        "size": len(leaves),
        "path": [step.hex() for step in path],
        "root": bytes(one.bets_root or b"").hex(),
    }
