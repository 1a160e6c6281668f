"""What a chain must not say if the document is true."""

import copy
from collections.abc import Callable
from typing import Any

from tests.fairness.handmade.telling import (
    honest,
)
from tests.fairness.house import (
    Document,
    House,
)

Evidence = list[Document]


def _of(house: House, evidence: Evidence) -> Document:
    """The evidence on the epoch of the ordinary round."""
    wanted = honest(house)["commit"]["anchor"]["transaction"]
    return next(one for one in evidence if one["receipt"]["transactionHash"] == wanted)


def _set(*path: Any, value: Any) -> Callable[[House, Evidence], None]:
    def change(house: House, evidence: Evidence) -> None:
        holder: Any = _of(house, evidence)
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = value

    return change


CHAIN_LIES: dict[str, tuple[str, Callable[[House, Evidence], None]]] = {
    "the transaction failed": ("AnchorNotOnChain", _set("receipt", "status", value="0x0")),
    "the event is another contract's": (
        "AnchorNotOnChain",
        _set("receipt", "logs", 0, "address", value="0x" + "ab" * 20),
    ),
    "the event was removed by a reorganisation": (
        "AnchorNotOnChain",
        _set("receipt", "logs", 0, "removed", value=True),
    ),
    "there is no event": ("AnchorNotOnChain", _set("receipt", "logs", value=[])),
    "the event has another name": ("AnchorNotOnChain", _set("receipt", "logs", 0, "topics", 0, value="0x" + "ab" * 32)),
    "the event has another root": ("AnchorMismatch", _set("receipt", "logs", 0, "topics", 2, value="0x" + "ab" * 32)),
    "the event has another place": ("AnchorMismatch", _set("receipt", "logs", 0, "topics", 1, value=f"0x{99:064x}")),
    "the event is of another size": (
        "AnchorMismatch",
        _set("receipt", "logs", 0, "data", value="0x" + f"{13:064x}" + f"{1:064x}" + "00" * 32),
    ),
    "the chain is another one": ("AnchorNotOnChain", _set("chain_id", value="0x1")),
    "the block is unknown": ("AnchorNotOnChain", _set("block", value=None)),
    "the transaction is in another block": ("AnchorMismatch", _set("receipt", "blockHash", value="0x" + "ab" * 32)),
    "the block has another number": ("AnchorMismatch", _set("block", "number", value="0x99")),
    "the block has another time": ("AnchorMismatch", _set("block", "timestamp", value="0x1")),
    "the block's header is not the hashed one": ("AnchorMismatch", _set("block", "stateRoot", value="0x" + "ab" * 32)),
    "the root before was sent by another publisher": (
        "AnchorNotOnChain",
        _set("previous", "from", value="0x" + "ab" * 20),
    ),
    "the root before is in another contract": (
        "AnchorNotOnChain",
        _set("previous", "logs", 0, "address", value="0x" + "ab" * 20),
    ),
    "the root before left another head": (
        "AnchorHeadWrong",
        _set("previous", "logs", 0, "data", value="0x" + f"{1:064x}" + f"{2:064x}" + "ab" * 32),
    ),
    "the root before is not the one before": (
        "AnchorHeadWrong",
        _set("previous", "logs", 0, "topics", 1, value=f"0x{1:064x}"),
    ),
}
"""What a chain must not say if the document is true."""


def chain_lie(house: House, name: str) -> Evidence:
    """All evidence, changed as this lie says."""
    evidence = copy.deepcopy(house.evidence())
    CHAIN_LIES[name][1](house, evidence)
    return evidence
