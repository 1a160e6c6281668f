"""Checks 9 and 10: the bets were fixed before the outcome could be known, and a bet was paid what was agreed."""

from uuid import UUID

from fairness.checks.case import Case, Outcome, SavedClose, passed, skipped
from fairness.checks.commitment import verify_place
from fairness.checks.times import text_of_ms
from fairness.documents import BetDocument, Close, Status, countersign_bytes, key_id
from fairness.ed25519 import verify_ed25519
from fairness.errors import (
    BetNotAsReceipt,
    BetOfAnotherRound,
    BetTooLate,
    CloseMissing,
    CloseOfAnotherRound,
    CloseSignatureInvalid,
    CloseTooEarly,
    CloseTooLate,
    CloseTwice,
    CountersignatureInvalid,
    InclusionProofInvalid,
    SignatureInvalid,
    SigningKeyUnknown,
)
from fairness.messages import BetLeaf, CloseMessage
from fairness.networks import beacon_time

UNSEALED_MS_MAX = 60_000
"""Without a beacon to be earlier than: how long after the close the CLOSE may still be missing."""


def check_close_and_bet(case: Case) -> Outcome:
    """
    :raises CloseMissing: betting is over, and nothing fixes the bets.
    :raises CloseSignatureInvalid: (and CloseOfAnotherRound, CloseTooEarly, CloseTooLate) what fixes them is no CLOSE
        of this round, or from a wrong time.
    :raises CloseTwice: there is another CLOSE of this round.
    :raises CountersignatureInvalid: an operator's signature under it is wrong, or one that was asked for is missing.
    :raises BetNotAsReceipt: (and BetOfAnotherRound, BetTooLate, InclusionProofInvalid) the bet is another one than the
        bettor's, was placed elsewhere or too late, or is not among those that were fixed.
    """
    close = _verified_close(case, case.document.close) if case.document.close else None
    if close is None:
        _require_close_undue(case)
    if case.bet is not None:
        _require_bet(case, case.bet, close)
    if close is None:
        return skipped("the round is void" if case.document.status is Status.VOID else "betting is not over yet")
    witnesses = case.document.close.countersignatures if case.document.close else ()
    return passed(
        closed=text_of_ms(close.closed_ms),
        bets=close.bets_count,
        bets_root=close.bets_root.hex(),
        countersigned_by=[str(witness.operator_id) for witness in witnesses],
        **_bet_evidence(case),
    )


def _verified_close(case: Case, close: Close) -> CloseMessage:
    for where, one in case.closes():
        _require_close_signature(one.message, one.by.public_key, one.by.signature, where)
        _require_close_in_time(case, CloseMessage.decode(one.message))
        _require_countersignatures(one)
        _require_witnesses(one, where, case.known.asked.countersigners)
    if case.bet is not None and case.bet.close is not None and case.bet.close.message != close.message:
        raise CloseTwice("the documents of the round and of the bet show two different CLOSE messages")
    if case.known.close is not None:
        _require_same_as_saved(case, case.known.close, close)
    return CloseMessage.decode(close.message)


def _require_close_undue(case: Case) -> None:
    """Only a round that is void, or whose betting has just ended, may have no CLOSE."""
    status, network, commit = case.document.status, case.document.network, case.commit
    if case.bet is not None and case.bet.close is not None:
        raise CloseMissing("the bet's document has a CLOSE, and the round's has none")
    if case.known.close is not None:
        _require_kept(case, case.known.close, {})
        raise CloseMissing("a CLOSE of this round was kept, and its document has none")
    if status in (Status.VOID, Status.SCHEDULED, Status.OPEN):
        return
    due_ms = commit.close_ms + UNSEALED_MS_MAX
    if network.has_beacon:
        due_ms = beacon_time(network, commit.beacon_round) * 1000
    if status is not Status.CLOSED or case.known.now_ms >= due_ms:
        raise CloseMissing(f"the round is {status}, and no signed CLOSE fixes its bets")


def _require_close_signature(message: bytes, public_key: bytes, signature: bytes, where: str) -> None:
    try:
        verify_ed25519(public_key=public_key, message=message, signature=signature)
    except SignatureInvalid as refusal:
        raise CloseSignatureInvalid(f"{where}: key {key_id(public_key)} did not sign this CLOSE") from refusal


def _require_close_in_time(case: Case, close: CloseMessage) -> None:
    commit, network = case.commit, case.document.network
    if (close.stream, close.round_number) != (commit.stream, commit.round_number):
        raise CloseOfAnotherRound(f"the CLOSE is of round {close.round_number} of stream {close.stream}")
    if close.closed_ms < commit.close_ms:
        raise CloseTooEarly(f"closed {commit.close_ms - close.closed_ms} ms before the committed time")
    if network.has_beacon and close.closed_ms >= beacon_time(network, commit.beacon_round) * 1000:
        raise CloseTooLate("the bets were fixed when the beacon's value was out")


def _require_countersignatures(close: Close) -> None:
    for one in close.countersignatures:
        message = countersign_bytes(operator_id=one.operator_id, close=close.message)
        try:
            verify_ed25519(public_key=one.public_key, message=message, signature=one.signature)
        except SignatureInvalid as refusal:
            raise CountersignatureInvalid(f"operator {one.operator_id} did not sign this CLOSE") from refusal


def _require_witnesses(close: Close, where: str, asked: frozenset[UUID]) -> None:
    missing = asked - {one.operator_id for one in close.countersignatures}
    if missing:
        raise CountersignatureInvalid(f"{where} is not countersigned by {', '.join(sorted(map(str, missing)))}")


def _require_same_as_saved(case: Case, saved: SavedClose, close: Close) -> None:
    _require_kept(case, saved, {close.by.key_id: close.by.public_key})
    if saved.message != close.message:
        raise CloseTwice("the house has signed another CLOSE of this round than the one that was kept")


def _require_kept(case: Case, saved: SavedClose, shown: dict[str, bytes]) -> None:
    """What was kept counts only with the house's signature under it."""
    keys = {key_id(key): key for key in case.known.keys or ()} | shown
    if saved.key_id not in keys:
        raise SigningKeyUnknown(f"the CLOSE that was kept is signed by key {saved.key_id}, which is not known")
    _require_close_signature(saved.message, keys[saved.key_id], saved.signature, "the CLOSE that was kept")
    kept = CloseMessage.decode(saved.message)
    if (kept.stream, kept.round_number) != (case.commit.stream, case.commit.round_number):
        raise CloseOfAnotherRound(f"the CLOSE that was kept is of round {kept.round_number} of stream {kept.stream}")


def _require_bet(case: Case, bet: BetDocument, close: CloseMessage | None) -> None:
    leaf, commit = BetLeaf.decode(bet.leaf), case.commit
    if case.known.receipt is not None and case.known.receipt != bet.leaf:
        raise BetNotAsReceipt("the bet's leaf is not the receipt")
    if leaf.bet_id != bet.bet_id:
        raise BetNotAsReceipt(f"the document calls bet {leaf.bet_id} by another name")
    if (leaf.stream, leaf.round_number) != (commit.stream, commit.round_number):
        raise BetOfAnotherRound(f"the bet is in round {leaf.round_number} of stream {leaf.stream}")
    if leaf.accepted_ms >= commit.close_ms or (close and leaf.accepted_ms >= close.closed_ms):
        raise BetTooLate(f"accepted {leaf.accepted_ms - commit.close_ms} ms after betting was to end")
    if close is not None:
        _require_bet_in(bet, close)


def _require_bet_in(bet: BetDocument, close: CloseMessage) -> None:
    if bet.place is None:
        raise InclusionProofInvalid("the close of the round is not shown to contain the bet")
    if (bet.place.root, bet.place.size) != (close.bets_root, close.bets_count):
        raise InclusionProofInvalid("the bet is shown in another tree than the one that was signed at the close")
    verify_place(bet.place)


def _bet_evidence(case: Case) -> dict[str, object]:
    if case.bet_leaf is None:
        return {"bet": "no bet was given"}
    leaf = case.bet_leaf
    seen: dict[str, object] = {"bet": str(leaf.bet_id), "accepted": text_of_ms(leaf.accepted_ms)}
    return seen | {"receipt": "the same" if case.known.receipt is not None else "none was given"}
