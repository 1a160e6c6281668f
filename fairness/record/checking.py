"""The checks of the record. Each raises the error that names what is wrong."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from fairness.chain import RECORD_KIND, ChainSource, Expected, verify_claim, verify_head, verify_on_chain
from fairness.documents import key_id
from fairness.documents.parts import Place, Statement
from fairness.ed25519 import verify_ed25519
from fairness.errors import (
    AnchorMissing,
    InclusionProofInvalid,
    KeyIdWrong,
    SignatureInvalid,
    SigningKeyUnknown,
)
from fairness.growing import Frontier, verify_consistency
from fairness.merkle import verify_inclusion
from fairness.record.documents import ConsistencyDocument, EntryDocument, HeadDocument, PlacedEntry
from fairness.record.errors import (
    CheckpointSignatureInvalid,
    EntriesOutOfOrder,
    EntryNotInLog,
    HeadNotInCheckpoint,
    HistoryForked,
    LogNotAsSealed,
)
from fairness.record.messages import Checkpoint

_LEVELS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What the verifier knows from elsewhere: the house's keys, its contract, and a chain. None: not known."""

    keys: frozenset[bytes] | None = None
    expected: Expected = field(default_factory=Expected)
    chain: ChainSource | None = None
    anchor_required: bool = False


def verify_checkpoint(signed: Statement, *, keys: frozenset[bytes] | None) -> Checkpoint:
    """
    Check that the house signed a checkpoint, with one of the keys that are trusted where some are.

    :raises MessageMalformed: (a kind of it) it is no checkpoint. :raises KeyIdWrong: the key has another one's id.
    :raises SigningKeyUnknown: the key is not trusted. :raises CheckpointSignatureInvalid: it is not signed so.
    """
    if key_id(signed.by.public_key) != signed.by.key_id:
        raise KeyIdWrong("the checkpoint's key id is not the beginning of the key's SHA-256")
    if keys is not None and signed.by.public_key not in keys:
        raise SigningKeyUnknown(f"the checkpoint is signed with key {signed.by.key_id}, which is not trusted")
    try:
        verify_ed25519(public_key=signed.by.public_key, message=signed.message, signature=signed.by.signature)
    except SignatureInvalid as refusal:
        raise CheckpointSignatureInvalid(str(refusal)) from refusal
    return Checkpoint.decode(signed.message)


def verify_state(state: HeadDocument, trust: Trust) -> Checkpoint:
    """
    Check that the house signed this state of a log, and its anchor where there is one.

    :raises HeadNotInCheckpoint: the checkpoint holds another state. :raises AnchorMissing: an anchor is required, and
        there is none. :raises FairnessError: what `verify_checkpoint` and the checks of anchors raise.
    """
    checkpoint = verify_checkpoint(state.checkpoint, keys=trust.keys)
    if state.head.size != checkpoint.logs:
        raise HeadNotInCheckpoint(f"the checkpoint is about {checkpoint.logs} logs, not {state.head.size}")
    try:
        verify_inclusion(
            leaf_hash=state.leaf.hash,
            index=state.head.index,
            size=state.head.size,
            path=state.head.path,
            root=checkpoint.root,
        )
    except InclusionProofInvalid as refusal:
        raise HeadNotInCheckpoint(f"log {state.log} at {state.size} entries: {refusal}") from refusal
    _verify_anchor(state, checkpoint, trust)
    return checkpoint


def verify_entry(document: EntryDocument, trust: Trust) -> Checkpoint:
    """
    Check that an entry is, as it is shown, in its log as the house signed it.

    :raises EntryNotInLog: it is not, or belongs to another log. :raises FairnessError: what `verify_state` raises.
    """
    state, place = document.state, document.place
    checkpoint = verify_state(state, trust)
    if document.entry.log != str(state.log):
        raise EntryNotInLog(f"entry {document.entry.id} belongs to log {document.entry.log}, not to {state.log}")
    if place.size != state.size:
        raise EntryNotInLog(f"its place is in a log of {place.size} entries, and the log has {state.size}")
    try:
        verify_inclusion(
            leaf_hash=document.entry.hash, index=place.index, size=place.size, path=place.path, root=state.root
        )
    except InclusionProofInvalid as refusal:
        raise EntryNotInLog(f"entry {document.entry.id}: {refusal}") from refusal
    return checkpoint


def verify_growth(earlier: HeadDocument, later: HeadDocument, proof: ConsistencyDocument, trust: Trust) -> None:
    """
    Check that a log, as it was signed later, begins with the same log as it was signed earlier.

    :raises HistoryForked: it does not, or the documents are about different logs.
    :raises FairnessError: what `verify_state` raises.
    """
    for state in (earlier, later):
        verify_state(state, trust)
    if len({earlier.log, later.log, proof.log}) != 1 or (proof.first, proof.second) != (earlier.size, later.size):
        raise HistoryForked("the proof is about another log, or other sizes, than the two states")
    verify_consistency(
        first=earlier.size,
        second=later.size,
        first_root=earlier.root,
        second_root=later.root,
        path=proof.path,
    )


def verify_log(
    state: HeadDocument, entries: Iterable[PlacedEntry], trust: Trust, *, kept: Iterable[HeadDocument] = ()
) -> int:
    """
    Check that these are all the entries of a log, unchanged and in order, as the house signed it; and that every
    earlier state of it that was kept is a beginning of it. Returns how many entries there are.

    :raises LogNotAsSealed: they do not give the signed root. :raises EntriesOutOfOrder: an index is wrong.
    :raises HistoryForked: a state that was kept is none of this log's. :raises FairnessError: as `verify_state`.
    """
    verify_state(state, trust)
    wanted = sorted(_verified(kept, state, trust), key=lambda one: one.size)
    frontier = Frontier()
    for expected, one in enumerate(entries):
        _meet(wanted, frontier)
        if one.index != expected:
            raise EntriesOutOfOrder(f"entry {one.entry.id} stands at {one.index} where {expected} was expected")
        if one.entry.log != str(state.log):
            raise EntryNotInLog(f"entry {one.entry.id} at {one.index} belongs to log {one.entry.log}")
        frontier, _ = frontier.grown([one.entry.hash], keep_every=_LEVELS)
    _meet(wanted, frontier)
    if frontier.size != state.size:
        raise LogNotAsSealed(f"{frontier.size} entries are shown, and the house signed {state.size}")
    if frontier.root != state.root:
        raise LogNotAsSealed(f"the {state.size} entries give the root {frontier.root.hex()}, not {state.root.hex()}")
    return frontier.size


def _verified(kept: Iterable[HeadDocument], state: HeadDocument, trust: Trust) -> Iterable[HeadDocument]:
    for one in kept:
        verify_state(one, trust)
        if one.log != state.log:
            raise HistoryForked(f"a state that was kept is of log {one.log}, not of {state.log}")
        if one.size > state.size:
            raise HistoryForked(f"the log had {one.size} entries once, and has {state.size} now")
        yield one


def _meet(wanted: list[HeadDocument], frontier: Frontier) -> None:
    """Hold the tree so far against the kept states of this size."""
    while wanted and wanted[0].size == frontier.size:
        one = wanted.pop(0)
        if one.root != frontier.root:
            raise HistoryForked(f"the first {one.size} entries are not those that the house signed once")


def _verify_anchor(state: HeadDocument, checkpoint: Checkpoint, trust: Trust) -> None:
    anchor = state.anchor
    if anchor is None:
        if trust.anchor_required:
            raise AnchorMissing(f"checkpoint {checkpoint.number} is not on the chain")
        return
    root = checkpoint.anchor_root
    place = Place(leaf=state.checkpoint.message, index=0, size=1, path=(), root=root)
    verify_claim(anchor=anchor, place=place, kind=RECORD_KIND, expected=trust.expected)
    verify_head(anchor)
    if trust.chain is not None:
        evidence = trust.chain.evidence_of(anchor.transaction, contract=anchor.contract, seq=anchor.seq)
        verify_on_chain(anchor=anchor, evidence=evidence)
