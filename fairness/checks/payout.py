"""Check 10: the bet came to what its numbers, stake and paytable give."""

from fairness.checks.case import Case, Outcome, passed, skipped
from fairness.documents import BetDocument, BetOutcome, Status
from fairness.errors import PayoutWrong, PaytableNotCommitted
from fairness.messages import BetLeaf
from fairness.paytables import require_house_edge, win_of
from fairness.rules import paytable_hash


def check_payout(case: Case) -> Outcome:
    """
    :raises PaytableNotCommitted: the paytable is not the one whose hash is in the bet.
    :raises HouseEdgeTooLow: it returns more than 89 % for some number of picks.
    :raises PayoutWrong: the outcome is not stake times the paytable's multiplier for the hits.
    """
    if case.bet is None or case.bet_leaf is None:
        return skipped("no bet was given")
    leaf, table = case.bet_leaf, case.bet.paytable
    if not paytable_hash(table.multipliers) == table.hash == leaf.paytable_hash:
        raise PaytableNotCommitted("the paytable has another hash than the one in the bet")
    highest = require_house_edge(table.multipliers)
    seen = {"paytable": table.id, "highest_return": f"{float(highest):.4%}", "stake_minor": leaf.stake_minor}
    numbers = case.document.reveal.numbers if case.document.reveal else None
    if numbers is None:
        return _without_numbers(case, case.bet, seen)
    due = outcome_of(leaf, case.bet, numbers)
    if case.bet.outcome != due:
        raise PayoutWrong(f"{_said(due)} is due, and the document says {_said(case.bet.outcome)}")
    return passed(**seen, hits=due.hits, multiplier=due.multiplier, win_minor=due.win_minor)


def outcome_of(leaf: BetLeaf, bet: BetDocument, numbers: tuple[int, ...]) -> BetOutcome:
    """
    What a bet comes to with these numbers.

    :raises PayoutWrong: the paytable has nothing for so many picks.
    """
    row = bet.paytable.multipliers.get(len(leaf.picks))
    if row is None:
        raise PayoutWrong(f"the bet has {len(leaf.picks)} picks, and the paytable no row for them")
    hits = len(set(leaf.picks) & set(numbers))
    multiplier = row.get(hits)
    if multiplier is None:
        return BetOutcome(status="lost", hits=hits, multiplier=None, win_minor=0)
    win = win_of(stake_minor=leaf.stake_minor, multiplier=multiplier)
    return BetOutcome(status="won", hits=hits, multiplier=multiplier, win_minor=win)


def _without_numbers(case: Case, bet: BetDocument, seen: dict[str, object]) -> Outcome:
    if case.document.status is Status.VOID:
        if bet.outcome is not None:
            raise PayoutWrong("the round is void, and the bet is said to be won or lost: its stake must go back")
        return skipped("the round is void: the stake goes back", seen)
    return skipped("the numbers are not revealed yet", seen)


def _said(outcome: BetOutcome | None) -> str:
    if outcome is None:
        return "nothing (fetch it again, if it is from before the draw)"
    return f"{outcome.status} with {outcome.hits} hits, {outcome.win_minor} minor units"
