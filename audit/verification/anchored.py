"""Whether what was given to the chain is what the record says, and the other way round."""

from collections.abc import Iterator

from anchors.selectors import roots_of_kind
from anchors.services import RootKind
from audit.models import CheckpointRoot
from audit.verification.findings import Fault, Finding
from fairness.merkle import leaf_hash


def examine() -> Iterator[Finding]:
    """Every checkpoint that was given to the chain, against the root that stands there."""
    roots = dict(roots_of_kind(RootKind.RECORD))
    for own in CheckpointRoot.objects.select_related("checkpoint").order_by("anchor_seq"):
        root = roots.pop(own.anchor_seq, None)
        if root != leaf_hash(bytes(own.checkpoint.message)):
            yield Finding(
                fault=Fault.ANCHOR_CONTRADICTS,
                subjects=(f"root {own.anchor_seq}", f"checkpoint {own.checkpoint_id}"),
                detail="the root that was registered for the chain is not that of this checkpoint",
            )
    for seq in roots:
        yield Finding(
            fault=Fault.ANCHOR_CONTRADICTS,
            subjects=(f"root {seq}",),
            detail="it was registered for a checkpoint, and no checkpoint says that it is its own",
        )
