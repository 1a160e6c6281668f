"""What exactly is signed: documents as a whole, operators' countersignatures, and how keys are named."""

from collections.abc import Mapping
from uuid import UUID

from fairness.errors import InputInvalid
from fairness.hashing import sha256
from fairness.messages import CLOSE_LENGTH
from fairness.rules import canonical_json

_DOCUMENT_DOMAIN = b"KPS1-DOCUMENT\0"
_COUNTERSIGN_DOMAIN = b"KPS1-COUNTERSIGN\0"


def document_bytes(document: Mapping[str, object]) -> bytes:
    """
    What the house signs of a document: all its members but `signed`, in their canonical form.

    :raises RulesMalformed: a member has no canonical form.
    """
    unsigned = {name: value for name, value in document.items() if name != "signed"}
    return _DOCUMENT_DOMAIN + canonical_json(unsigned)


def countersign_bytes(*, operator_id: UUID, close: bytes) -> bytes:
    """
    What an operator signs when it bears witness to a round's CLOSE message.

    :raises InputInvalid: a CLOSE message has 112 bytes.
    """
    if len(close) != CLOSE_LENGTH:
        raise InputInvalid(f"a CLOSE message has {CLOSE_LENGTH} bytes, not {len(close)}")
    return _COUNTERSIGN_DOMAIN + operator_id.bytes + close


def key_id(public_key: bytes) -> str:
    """A short name of a public key: the first 8 bytes of its SHA-256, in hex."""
    return sha256(public_key)[:8].hex()
