"""Parts of the house's documents, signed with its key."""

import copy
import json

from fairness.merkle import audit_path, leaf_hash, root_of
from fairness.messages import (
    EpochStatement,
)
from tests.fairness.chain import Anchoring
from tests.fairness.house_keys import (
    HOUSE_KEY,
    OPERATOR_KEYS,
    OPERATORS,
    Document,
    SigningKey,
)


def anchor_at(anchoring: Anchoring | None, at_ms: int) -> Document | None:
    """The anchor, once its block is there."""
    part = anchoring.part() if anchoring else None
    return part if part and part["block_time"] * 1000 <= at_ms else None


def tree_part(leaves: list[bytes], index: int) -> Document:
    """A leaf and its place, as documents show it."""
    hashes = list(map(leaf_hash, leaves))
    return {
        "leaf": leaves[index].hex(),
        "index": index,
        "size": len(leaves),
        "path": [step.hex() for step in audit_path(hashes, index)],
        "root": root_of(hashes).hex(),
    }


def statement_part(statement: EpochStatement) -> Document:
    message = statement.encode()
    return {"message": message.hex(), **HOUSE_KEY.part(message)}


def close_part(message: bytes) -> Document:
    """A signed CLOSE, with two operators as witnesses."""
    witnesses = [
        {
            "operator_id": str(OPERATORS[name]),
            "public_key": key.public.hex(),
            "signature": key.sign(b"KPS1-COUNTERSIGN\0" + OPERATORS[name].bytes + message).hex(),
        }
        for name, key in OPERATOR_KEYS.items()
    ]
    return {"message": message.hex(), **HOUSE_KEY.part(message), "countersignatures": witnesses}


def sign(document: Document, key: SigningKey = HOUSE_KEY) -> Document:
    """The document with the house's signature over all of it."""
    unsigned = {name: value for name, value in document.items() if name != "signed"}
    text = json.dumps(unsigned, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return {**copy.deepcopy(unsigned), "signed": key.part(b"KPS1-DOCUMENT\0" + text.encode())}


def as_bytes(document: object) -> bytes:
    return json.dumps(document).encode()
