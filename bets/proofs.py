"""The proof document of one bet: its leaf, the path to its round's `bets_root`, and the signed CLOSE."""

from typing import Any

from bets import paytables, receipts
from bets.models import BetState
from bets.selectors import all_leaves, multipliers
from fairness.merkle import audit_path
from operators.models import Operator
from rounds.models import Round
from rounds.proofs import close_part
from rounds.selectors import get_round


def bet_proof(operator: Operator, bet: BetState) -> dict[str, Any]:
    """
    The KPS-1 proof of a bet. Before the close, and for a bet that was cancelled, path and CLOSE are null.

    The path runs through leaves of other operators' bets, of which only hashes are known to anybody.
    """
    one = get_round(round_id=bet.round_id)
    table = {
        str(pick): {str(hits): paytables.text_of(pays) for hits, pays in row.items()}
        for pick, row in multipliers(bet.paytable).items()
    }
    return {
        "protocol": "KPS-1",
        "bet": _bet_part(operator, bet, one),
        "close": close_part(one),
        "paytable": {"id": bet.paytable_id, "hash": bytes(bet.paytable.hash).hex(), "multipliers": table},
    }


def _bet_part(operator: Operator, bet: BetState, one: Round) -> dict[str, Any]:
    leaf = receipts.receipt(bet, operator=operator, stream=one.game.stream, round_number=one.number)
    known: dict[str, Any] = {"leaf": leaf.hex(), "index": None, "size": None, "path": None, "root": None}
    if one.close_message is None:
        return known
    leaves = all_leaves(one.pk)
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
