"""Checks 11 and 12: the round has its one RESULT on the chain, and its seed came from the epoch's key."""

from fairness.chain import RESULTS_KIND
from fairness.checks.case import Case, Outcome, State, passed, skipped
from fairness.checks.commitment import check_anchor, verify_place
from fairness.checks.times import text_of_ms
from fairness.documents import Result, Status
from fairness.errors import AnchorMissing, EpochKeyMissing, ResultContradicts, ResultMissing
from fairness.merkle import EMPTY_ROOT
from fairness.messages import ResultLeaf, ResultStatus, VoidCause
from fairness.verify import verify_epoch_key

GRACE_MS = 3_600_000
"""How long after the time for the epoch's key a root or a key may still be on its way."""
ENDING_MS_MAX = 25 * 60_000
"""By the void policy a round may wait 15 minutes for its beacon, and results go into a tree within 10 more."""
KEY_DUE_MS_MAX = 48 * GRACE_MS
"""No epoch is so long that its key could be due later than this after the close of one of its rounds."""
NOTHING = bytes(32)
"""A seed that is lost, and the root of bets that were never fixed."""


def check_result(case: Case) -> Outcome:
    """
    :raises ResultMissing: it is overdue. :raises ResultContradicts: it says something else than the proof.
    :raises InclusionProofInvalid: it is not in the tree of results.
    :raises AnchorMissing: (and the other errors of anchors) its root should be on the chain, and is not.
    """
    result, due_ms = case.document.result, due_ms_of(case)
    if result is None:
        if case.known.now_ms >= due_ms:
            raise ResultMissing(f"it was due at {text_of_ms(due_ms)} at the latest")
        return skipped(f"not due before {text_of_ms(due_ms)}")
    leaf = ResultLeaf.decode(result.place.leaf)
    verify_result(case, leaf)
    verify_place(result.place)
    seen: dict[str, object] = {
        "status": leaf.status.name.lower(),
        "cause": leaf.cause.name.lower(),
        "ended": text_of_ms(leaf.drawn_ms),
        "index": result.place.index,
        "size": result.place.size,
        "root": result.place.root.hex(),
    }
    anchored = _anchor_outcome(case, result)
    if anchored.state is State.SKIPPED:
        return skipped(anchored.reason, seen | dict(anchored.evidence), by_choice=anchored.by_choice)
    return passed(**seen, **anchored.evidence)


def verify_result(case: Case, leaf: ResultLeaf) -> None:
    """
    Check that a RESULT says what the rest of the proof says.

    :raises ResultContradicts: it does not.
    """
    ended = ResultStatus.VOID if case.document.status is Status.VOID else ResultStatus.DRAWN
    for what, said, expected in (
        ("stream", leaf.stream, case.commit.stream),
        ("round", leaf.round_number, case.commit.round_number),
        ("commitment", leaf.commit_leaf_hash, case.commit_hash),
        ("status", leaf.status, ended),
        *_revealed(case, leaf),
        *_closed(case, leaf),
    ):
        if said != expected:
            shown = [value.hex() if isinstance(value, bytes) else value for value in (said, expected)]
            raise ResultContradicts(f"its {what} is {shown[0]}, and should be {shown[1]}")
    if case.close is not None and leaf.status is ResultStatus.DRAWN and leaf.drawn_ms < case.close.closed_ms:
        raise ResultContradicts("it says that the round was drawn before it was closed")


def check_epoch_key(case: Case) -> Outcome:
    """
    :raises EpochKeyMissing: it is overdue by an hour, or promised for a time that is far off.
    :raises SeedNotFromEpochKey: the epoch's key gives another seed.
    """
    epoch, commit = case.document.epoch, case.commit
    if epoch.key_due_ms > commit.close_ms + KEY_DUE_MS_MAX:
        raise EpochKeyMissing(f"it is promised for {text_of_ms(epoch.key_due_ms)}, which is no time for this round")
    if epoch.key is not None:
        verify_epoch_key(commit=commit, epoch_key=epoch.key)
        return passed(key=epoch.key.hex())
    if case.result is not None and case.result.cause is VoidCause.EPOCH_KEY_LOST:
        return skipped("the round is void because the epoch's key is lost")
    if case.known.now_ms >= due_ms_of(case) + GRACE_MS:
        raise EpochKeyMissing(f"it was due at {text_of_ms(epoch.key_due_ms)}")
    return skipped(f"the key is due at {text_of_ms(epoch.key_due_ms)}")


def due_ms_of(case: Case) -> int:
    """When the house must have published everything of a round."""
    return ended_by_ms(case.document.epoch.key_due_ms, case.commit.close_ms)


def ended_by_ms(key_due_ms: int, close_ms: int) -> int:
    """With the epoch's key, everything of a round must be out; but not before the round has had its time to end."""
    return max(key_due_ms, close_ms + ENDING_MS_MAX)


def _revealed(case: Case, leaf: ResultLeaf) -> list[tuple[str, object, object]]:
    reveal = case.document.reveal
    if reveal is None:
        return [
            ("seed", leaf.seed, NOTHING),
            ("beacon signature", leaf.beacon_signature, None),
            ("numbers", leaf.numbers, ()),
        ]
    return [
        ("seed", leaf.seed, reveal.seed),
        ("beacon signature", leaf.beacon_signature, reveal.beacon_signature),
        ("numbers", leaf.numbers, reveal.numbers or ()),
    ]


def _closed(case: Case, leaf: ResultLeaf) -> list[tuple[str, object, object]]:
    if case.close is not None:
        return [
            ("bets_root", leaf.bets_root, case.close.bets_root),
            ("bets_count", leaf.bets_count, case.close.bets_count),
        ]
    # A round that was void before its close has fixed no bets; both ways of writing "none" are taken for it.
    root = leaf.bets_root if leaf.bets_root in (NOTHING, EMPTY_ROOT) else NOTHING
    return [("bets_root", leaf.bets_root, root), ("bets_count", leaf.bets_count, 0)]


def _anchor_outcome(case: Case, result: Result) -> Outcome:
    if result.anchor is not None:
        return check_anchor(case, result.anchor, result.place, kind=RESULTS_KIND)
    if case.known.allow_signed_only:
        return skipped("signed only: the root of results is on no chain", by_choice=True)
    if case.known.now_ms >= due_ms_of(case) + GRACE_MS:
        raise AnchorMissing("the root of results should be on the chain by now")
    return skipped("the root of results is not final on the chain yet")
