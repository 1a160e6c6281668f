"""Checks 1 to 4: the round was committed, in a tree, on a chain, before it opened."""

from fairness.chain import EPOCH_KIND, verify_claim, verify_head, verify_on_chain
from fairness.checks.case import Case, Outcome, passed, skipped
from fairness.checks.times import text_of_ms
from fairness.documents import Anchor, Place, Statement, Status
from fairness.ed25519 import verify_ed25519
from fairness.errors import AnchoredAfterOpening, AnchorMissing, FairnessError, SignatureInvalid, StatementInvalid
from fairness.merkle import leaf_hash, verify_inclusion
from fairness.messages import VoidCause

NO_CHAIN_GIVEN = "no chain address was given"


def check_commit_leaf(case: Case) -> Outcome:
    """:raises MessageMalformed: (a kind of it) the leaf is no COMMIT message."""
    commit = case.commit
    return passed(
        stream=str(commit.stream),
        round_number=commit.round_number,
        opens=text_of_ms(commit.open_ms),
        closes=text_of_ms(commit.close_ms),
        leaf_hash=case.commit_hash.hex(),
    )


def check_commit_inclusion(case: Case) -> Outcome:
    """
    :raises InclusionProofInvalid: the leaf is not in the epoch's tree.
    :raises StatementInvalid: the house's signed word about the tree is missing, or about another one.
    """
    place = case.document.commit.place
    verify_place(place)
    _require_statement(case, case.document.commit.statement)
    return passed(root=place.root.hex(), index=place.index, size=place.size, path_steps=len(place.path))


def check_commit_anchor(case: Case) -> Outcome:
    """
    :raises AnchorMissing: the round has opened, and its epoch's root is not claimed to be on a chain.
    :raises AnchorNotOnChain: it is not there. :raises AnchorMismatch: something else is.
    :raises AnchorHeadWrong: the contract's head does not bind it.
    """
    anchor = case.document.commit.anchor
    if anchor is not None:
        return check_anchor(case, anchor, case.document.commit.place, kind=EPOCH_KIND)
    if _is_void_for_want_of_anchor(case):
        return skipped("the round is void, and its epoch was not anchored")
    if not _has_opened(case):
        return skipped("the round has not opened, and its epoch is not anchored yet")
    if not case.known.allow_signed_only:
        raise AnchorMissing("the round has opened, and the root of its epoch is on no chain")
    return skipped("signed only: the epoch's root is on no chain", by_choice=True)


def check_anchored_before_open(case: Case) -> Outcome:
    """:raises AnchoredAfterOpening: the commitment was not public before the round opened."""
    anchor, opens_ms = case.document.commit.anchor, case.commit.open_ms
    if case.statement is not None and case.statement.committed_ms >= opens_ms:
        raise AnchoredAfterOpening("the house's own statement dates the commitment after the opening")
    in_time = anchor is not None and anchor.block_time * 1000 < opens_ms
    if anchor is not None and in_time:
        seen = {
            "block_time": text_of_ms(anchor.block_time * 1000),
            "before_opening_s": opens_ms // 1000 - anchor.block_time,
        }
        if case.known.chain is None:
            return skipped(NO_CHAIN_GIVEN, seen, by_choice=True)
        return passed(**seen)
    if _is_void_for_want_of_anchor(case):
        return skipped("the round is void: its epoch was not anchored in time, and nothing was drawn")
    if not _has_opened(case):
        return skipped("the round has not opened, and its epoch is not anchored yet")
    if not case.known.allow_signed_only or case.statement is None:
        raise AnchoredAfterOpening("the epoch's root was not on the chain when the round opened")
    return passed(signed_only="by the house's word alone", committed=text_of_ms(case.statement.committed_ms))


def verify_place(place: Place) -> None:
    """
    Check that a leaf is at its place in its tree.

    :raises InclusionProofInvalid: it is not.
    """
    verify_inclusion(
        leaf_hash=leaf_hash(place.leaf), index=place.index, size=place.size, path=place.path, root=place.root
    )


def check_anchor(case: Case, anchor: Anchor, place: Place, *, kind: int) -> Outcome:
    """
    An anchor against the chain, or against itself where no chain is given.

    :raises AnchorNotOnChain: (and AnchorMismatch, AnchorHeadWrong) as `check_commit_anchor`.
    """
    verify_claim(anchor=anchor, place=place, kind=kind, expected=case.known.anchored)
    seen = {
        "chain_id": anchor.chain_id,
        "contract": anchor.contract,
        "seq": anchor.seq,
        "transaction": anchor.transaction,
    }
    if case.known.chain is None:
        verify_head(anchor)
        return skipped(NO_CHAIN_GIVEN, seen, by_choice=True)
    evidence = case.known.chain.evidence_of(anchor.transaction, contract=anchor.contract, seq=anchor.seq)
    verify_on_chain(anchor=anchor, evidence=evidence)
    return passed(
        **seen,
        block=anchor.block_number,
        block_hash=anchor.block_hash,
        block_hash_from_header=bool(evidence and evidence.block and evidence.block.computed_hash),
        head=anchor.head.hex(),
        head_before="of the root before" if evidence and evidence.previous else "the contract begins with this root",
    )


def verify_statement(signed: Statement) -> None:
    """
    Check the signature under an epoch's statement.

    :raises StatementInvalid: it is not that key's.
    """
    by = signed.by
    try:
        verify_ed25519(public_key=by.public_key, message=signed.message, signature=by.signature)
    except SignatureInvalid as refusal:
        raise StatementInvalid("the signature under the epoch's statement is wrong") from refusal


def _require_statement(case: Case, signed: Statement | None) -> None:
    if signed is None:
        raise StatementInvalid("the epoch has no signed statement")
    verify_statement(signed)
    place = case.document.commit.place
    try:
        stated = case.statement
    except FairnessError as refusal:
        raise StatementInvalid(f"what is signed is no statement: {refusal}") from refusal
    if stated is None or (stated.root, stated.size) != (place.root, place.size):
        raise StatementInvalid("the signed statement is about another root or size")


def _has_opened(case: Case) -> bool:
    return case.document.status is not Status.SCHEDULED or case.known.now_ms >= case.commit.open_ms


def _is_void_for_want_of_anchor(case: Case) -> bool:
    """A void round may have no anchor when that is its cause, or while its result does not say the cause yet."""
    cause = case.result.cause if case.result else VoidCause.EPOCH_NOT_ANCHORED
    return case.document.status is Status.VOID and cause is VoidCause.EPOCH_NOT_ANCHORED
