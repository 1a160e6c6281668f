"""Whether a round or a bet proves itself: the checks of any stranger, made here while the page is."""

import json
from typing import Any

from bets.models import BetState
from bets.proofs import bet_proof
from desk.stories.timeline import BAD, GOOD, OPEN, Check
from fairness.checks import Knowledge, State, examine, open_case
from fairness.errors import FairnessError
from keno_platform.core import clock
from keno_platform.core.errors import Refusal
from operators.models import Operator
from rounds.custody import own_public_keys
from rounds.models import Round
from rounds.proofs import round_proof
from rounds.selectors import get_round_for_proof

CLAIMS = {
    "document": "The documents are signed by the house",
    "commit-leaf": "The round was committed under the rules of KPS-1",
    "commit-inclusion": "Its commitment stands in the epoch's tree",
    "commit-anchor": "The epoch's root is final on the chain",
    "anchored-before-open": "It was fixed before betting opened",
    "beacon-round": "The close determines the beacon's round",
    "seed": "The seed is the committed one",
    "beacon-signature": "The beacon's value is the network's",
    "numbers": "The numbers follow from seed and beacon",
    "close-and-bet": "The bets were fixed at the close, before any outcome could be known",
    "payout": "The bet was paid by its paytable",
    "result": "The result stands in a tree whose root is final on the chain",
    "epoch-key": "The seed came from the epoch's key",
}
_UNLISTED_MAX = 160


def checks_of(one: Round, *, operator: Operator | None = None, bet: BetState | None = None) -> list[Check]:
    """All checks in their order; after the first that fails there is none, because the others rest on it."""
    try:
        documents = {"document": _bytes(round_proof(get_round_for_proof(one.pk)))}
        if bet is not None and operator is not None:
            documents["bet"] = _bytes(bet_proof(operator, bet))
    except Refusal as refusal:
        return [Check(claim="The proof can be made here", tone=OPEN, said=refusal.detail or str(refusal.title))]
    known = Knowledge(
        now_ms=clock.to_milliseconds(clock.now()),
        keys=own_public_keys(),
        keys_from="this installation",
        allow_signed_only=True,
    )
    return _examined(documents, known)


def _examined(documents: dict[str, bytes], known: Knowledge) -> list[Check]:
    found = []
    try:
        for check, outcome in examine(open_case(known=known, **documents)):
            done = outcome.state is State.PASSED
            said = _said(outcome.evidence) if done else outcome.reason
            found.append(Check(claim=CLAIMS[check.id], tone=GOOD if done else OPEN, said=said))
    except FairnessError as failure:
        claim = CLAIMS.get(failure.check or "", "The documents have their form")
        found.append(Check(claim=claim, tone=BAD, said=f"{type(failure).__name__}: {failure}"))
    return found


def _bytes(document: dict[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _said(evidence: Any) -> str:
    """What a check saw, in a line."""
    parts = (f"{name.replace('_', ' ')}: {value}" for name, value in evidence.items() if value not in (None, "", []))
    text = ", ".join(parts)
    return text if len(text) <= _UNLISTED_MAX else f"{text[:_UNLISTED_MAX]}…"
