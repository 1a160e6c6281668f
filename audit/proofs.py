"""Documents about the record, for whoever checks it with `python -m fairness record`; see docs/audit.md."""

from contextlib import suppress
from dataclasses import asdict
from functools import partial
from typing import Any
from uuid import UUID

from anchors.proofs import anchor_part
from anchors.selectors import anchored
from audit import selectors
from audit.models import Checkpoint
from audit.selectors import NotOnRecord, Placed, Sealed
from fairness.growing import consistency_path, inclusion_path
from fairness.merkle import audit_path, root_of
from fairness.record.documents import PROTOCOL

KEPT_LEVELS = 8
CHUNK = 1 << KEPT_LEVELS
PAGE = 1000
_ON_CHAIN_LOOKED_AT = 50
"""So many of the checkpoints that were given to the chain, the newest, are looked through for one that is final."""


class StoredTree:
    """The nodes of one log: those that are stored, and between them those that follow from these. Chunks are kept."""

    def __init__(self, log: UUID) -> None:
        self._log = log
        self._chunks: dict[tuple[int, int], list[bytes]] = {}

    def node(self, level: int, index: int) -> bytes:
        """The hash of a complete node."""
        base, above = level - level % KEPT_LEVELS, level % KEPT_LEVELS
        chunk, place = divmod(index << above, CHUNK)
        hashes = self._chunk(base, chunk)[place : place + (1 << above)]
        if len(hashes) != 1 << above:
            raise RuntimeError(f"log {self._log}: node {index} of level {level} is not there")
        return root_of(hashes)

    def _chunk(self, level: int, chunk: int) -> list[bytes]:
        read = partial(selectors.nodes, self._log, level=level, first=chunk * CHUNK, count=CHUNK)
        if (level, chunk) not in self._chunks:
            self._chunks[level, chunk] = read()
        return self._chunks[level, chunk]


def state_document(log: UUID, *, checkpoint: int | None = None) -> dict[str, Any]:
    """
    What a log was as of a checkpoint, or is now, as the house signed it.

    :raises NotOnRecord: there is no such checkpoint, or nothing in the log by then.
    """
    return _state(log, selectors.get_checkpoint(checkpoint))[1]


def entry_document(log: UUID, entry_id: UUID) -> dict[str, Any]:
    """
    An entry, and its place in its log as of a checkpoint: one that is final on the chain where there is one, else the
    newest.

    :raises NotOnRecord: there is no such entry in this log, or it is not sealed yet.
    """
    leaf = selectors.find_leaf(entry_id)
    if leaf is None or leaf.log != log:
        raise NotOnRecord()
    sealed, document = _best_state(log, leaf.index)
    [placed] = selectors.placed_entries(log, first=leaf.index, last=leaf.index + 1)
    path = inclusion_path(StoredTree(log).node, index=leaf.index, size=sealed.size)
    place = {"index": leaf.index, "size": sealed.size, "path": [step.hex() for step in path]}
    return document | {"entry": asdict(placed.entry), "place": place}


def consistency_document(log: UUID, *, first: int, second: int) -> dict[str, Any]:
    """
    What shows that the log with `second` entries begins with the log as it was with `first`.

    :raises NotOnRecord: the log has not so many.
    """
    sealed, _ = _state(log, selectors.get_checkpoint(None))
    if not 0 <= first <= second <= sealed.size:
        raise NotOnRecord()
    path = consistency_path(StoredTree(log).node, first=first, second=second)
    return {
        "protocol": PROTOCOL,
        "log": str(log),
        "first": first,
        "second": second,
        "path": [step.hex() for step in path],
    }


def placed_part(placed: Placed) -> dict[str, Any]:
    """A line of an export."""
    return {"index": placed.index, "entry": asdict(placed.entry)}


def _best_state(log: UUID, index: int) -> tuple[Sealed, dict[str, Any]]:
    given = selectors.latest_on_chain(_ON_CHAIN_LOOKED_AT)
    final = anchored(seq for _, seq in given)
    for number, seq in given:
        if seq in final:
            with suppress(NotOnRecord):
                sealed, document = _state(log, selectors.get_checkpoint(number))
                if sealed.size > index:
                    return sealed, document
            break  # older ones hold even less
    return _state(log, selectors.get_checkpoint(None))


def _state(log: UUID, checkpoint: Checkpoint) -> tuple[Sealed, dict[str, Any]]:
    heads = selectors.heads_at(checkpoint.number)
    place = next((at for at, one in enumerate(heads) if one.log == log), None)
    if place is None:
        raise NotOnRecord()
    own = heads[place]
    path = audit_path([one.head.hash for one in heads], place)
    document = {
        "protocol": PROTOCOL,
        "log": str(log),
        "size": own.size,
        "root": own.root.hex(),
        "checkpoint": {
            "message": bytes(checkpoint.message).hex(),
            "signature": bytes(checkpoint.signature).hex(),
            "key_id": checkpoint.key_id,
            "public_key": bytes(checkpoint.public_key).hex(),
        },
        "head": {"index": place, "size": len(heads), "path": [step.hex() for step in path]},
        "anchor": _anchor(checkpoint),
    }
    return own, document


def _anchor(checkpoint: Checkpoint) -> dict[str, Any] | None:
    seq = selectors.root_of_checkpoint(checkpoint.number)
    found = anchored([seq]).get(seq) if seq else None
    return anchor_part(found) if found else None
