"""
The five messages of KPS-1 in bytes: big-endian, every field of fixed width, zeros where nothing is.

A message that exists is valid: building one checks every field, whether from values or from bytes, so each
has exactly one encoding and `decode` accepts nothing else.
"""

from fairness.messages.bet import (
    BET_ACCEPTED_MS_OFFSET,
    BET_BLIND_LENGTH,
    BET_BLIND_OFFSET,
    BET_LENGTH,
    BET_PREFIX_LENGTH,
    BITMAP_LENGTH,
    BetForm,
    BetLeaf,
    BetTerms,
    bitmap_to_picks,
    picks_to_bitmap,
)
from fairness.messages.close import CLOSE_LENGTH, CloseMessage
from fairness.messages.commit import COMMIT_LENGTH, CommitLeaf
from fairness.messages.epoch import EPOCH_LENGTH, EpochStatement
from fairness.messages.fields import HEADER_LENGTH, PROTOCOL, MessageType
from fairness.messages.result import RESULT_LENGTH, ResultLeaf, ResultStatus, VoidCause

__all__ = [
    "BET_ACCEPTED_MS_OFFSET",
    "BET_BLIND_LENGTH",
    "BET_BLIND_OFFSET",
    "BET_LENGTH",
    "BET_PREFIX_LENGTH",
    "BITMAP_LENGTH",
    "CLOSE_LENGTH",
    "COMMIT_LENGTH",
    "EPOCH_LENGTH",
    "HEADER_LENGTH",
    "PROTOCOL",
    "RESULT_LENGTH",
    "BetForm",
    "BetLeaf",
    "BetTerms",
    "CloseMessage",
    "CommitLeaf",
    "EpochStatement",
    "MessageType",
    "ResultLeaf",
    "ResultStatus",
    "VoidCause",
    "bitmap_to_picks",
    "picks_to_bitmap",
]
