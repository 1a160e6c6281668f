"""The part of a proof document that says where a root stands on the chain."""

from typing import Any

from anchors.selectors import Anchored


def anchor_part(anchored: Anchored) -> dict[str, Any]:
    """
    A final root's place, for a verifier to compare with the chain. Roots and heads in hex without 0x, addresses and
    hashes as the chain writes them.
    """
    return {
        "chain_id": anchored.chain_id,
        "contract": anchored.contract,
        "seq": anchored.seq,
        "kind": anchored.kind,
        "root": anchored.root.hex(),
        "size": anchored.size,
        "transaction": anchored.transaction,
        "block_number": anchored.block_number,
        "block_hash": anchored.block_hash,
        "block_time": anchored.block_time,
        "head": anchored.head.hex(),
        "previous_head": anchored.previous_head.hex(),
    }
