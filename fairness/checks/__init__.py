"""
The numbered checks of KPS-1, in their order. What a check needs is proven by those before it; the first that fails
raises its error, and its `check` says which one it was.
"""

from collections.abc import Iterator

from fairness.checks.bets import check_close_and_bet
from fairness.checks.case import Asked, Case, Check, Knowledge, Outcome, SavedClose, State
from fairness.checks.commitment import (
    check_anchored_before_open,
    check_commit_anchor,
    check_commit_inclusion,
    check_commit_leaf,
)
from fairness.checks.document import check_document
from fairness.checks.draw import check_beacon_round, check_beacon_signature, check_numbers, check_seed
from fairness.checks.payout import check_payout
from fairness.checks.result import check_epoch_key, check_result
from fairness.documents import BetDocument, RoundDocument
from fairness.errors import CheckSkipped, FairnessError

CHECKS = (
    Check(number=0, id="document", run=check_document),
    Check(number=1, id="commit-leaf", run=check_commit_leaf),
    Check(number=2, id="commit-inclusion", run=check_commit_inclusion),
    Check(number=3, id="commit-anchor", run=check_commit_anchor),
    Check(number=4, id="anchored-before-open", run=check_anchored_before_open),
    Check(number=5, id="beacon-round", run=check_beacon_round),
    Check(number=6, id="seed", run=check_seed),
    Check(number=7, id="beacon-signature", run=check_beacon_signature),
    Check(number=8, id="numbers", run=check_numbers),
    Check(number=9, id="close-and-bet", run=check_close_and_bet),
    Check(number=10, id="payout", run=check_payout),
    Check(number=11, id="result", run=check_result),
    Check(number=12, id="epoch-key", run=check_epoch_key),
)

__all__ = [
    "CHECKS",
    "Asked",
    "Case",
    "Check",
    "Knowledge",
    "Outcome",
    "SavedClose",
    "State",
    "examine",
    "open_case",
    "verify_round",
]


def open_case(*, document: bytes, bet: bytes | None = None, known: Knowledge) -> Case:
    """
    A case from the bytes of its documents.

    :raises DocumentMalformed: a document has not its form.
    """
    try:
        return Case(
            document=RoundDocument.parse(document),
            bet=BetDocument.parse(bet) if bet is not None else None,
            known=known,
        )
    except FairnessError as failure:
        failure.check = CHECKS[0].id
        raise


def examine(case: Case) -> Iterator[tuple[Check, Outcome]]:
    """
    Make the checks one after another, giving the outcome of each.

    :raises FairnessError: the first that fails, by name; `check` says which it was.
    """
    for check in CHECKS:
        try:
            outcome = check.run(case)
            if case.known.strict and outcome.by_choice:
                raise CheckSkipped(outcome.reason)
        except FairnessError as failure:
            failure.check = check.id
            raise
        yield check, outcome


def verify_round(case: Case) -> dict[str, Outcome]:
    """
    All checks of a case, by their ids.

    :raises FairnessError: the first that fails, by name; `check` says which it was.
    """
    return {check.id: outcome for check, outcome in examine(case)}
