"""
Anchors: what a chain of the verifier's own choice says about the roots that the house published.

`evidence` reads raw answers of JSON-RPC, `anchors` judges them as pure functions, `rpc` fetches them.
"""

from fairness.chain.anchors import (
    EPOCH_KIND,
    RECORD_KIND,
    RESULTS_KIND,
    Expected,
    verify_claim,
    verify_head,
    verify_on_chain,
)
from fairness.chain.event import TOPIC, Anchored, head_after
from fairness.chain.evidence import Block, ChainSource, Evidence, Receipt, SavedEvidence
from fairness.chain.rpc import ChainReader

__all__ = [
    "EPOCH_KIND",
    "RECORD_KIND",
    "RESULTS_KIND",
    "TOPIC",
    "Anchored",
    "Block",
    "ChainReader",
    "ChainSource",
    "Evidence",
    "Expected",
    "Receipt",
    "SavedEvidence",
    "head_after",
    "verify_claim",
    "verify_head",
    "verify_on_chain",
]
