"""
Proof documents: JSON that carries everything a verifier needs of one round or one bet, signed as a whole.

Reading a document checks its form to the last member, and that its members agree on how far the round has come. What
it says is checked by `fairness.checks`.
"""

from fairness.documents.bet import BetDocument, BetOutcome, Multipliers, Paytable
from fairness.documents.house import Contract, KeyList, Root, parse_roots
from fairness.documents.parts import Anchor, Close, Commit, Countersignature, Place, Result, Signature, Statement
from fairness.documents.round import EpochKey, Reveal, RoundDocument, Status
from fairness.documents.signing import countersign_bytes, document_bytes, key_id

__all__ = [
    "Anchor",
    "BetDocument",
    "BetOutcome",
    "Close",
    "Commit",
    "Contract",
    "Countersignature",
    "EpochKey",
    "KeyList",
    "Multipliers",
    "Paytable",
    "Place",
    "Result",
    "Reveal",
    "Root",
    "RoundDocument",
    "Signature",
    "Statement",
    "Status",
    "countersign_bytes",
    "document_bytes",
    "key_id",
    "parse_roots",
]
