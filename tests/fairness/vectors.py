"""Following `fairness/vectors/documents.json`: what a verifier knows in each case, and what it says."""

import copy
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

import fairness
from fairness.chain import Expected, SavedEvidence
from fairness.checks import Asked, Knowledge, examine, open_case, verify_round
from fairness.checks.day import Day
from fairness.cli.inputs import saved_close
from fairness.errors import FairnessError
from tests.fairness.house import Document, as_bytes

FILE = Path(fairness.__file__).parent / "vectors" / "documents.json"


@lru_cache(maxsize=32)
def _saved(data: bytes) -> SavedEvidence:
    return SavedEvidence.parse(data)


def knowledge_of(vectors: Document, case: Document, evidence: list[Document]) -> Knowledge:
    """What a verifier knows in this case."""
    trusted, asked = vectors["trusted"], case["asked"]
    return Knowledge(
        now_ms=case["now_ms"],
        asked=Asked(
            round_id=asked["round_id"],
            game=asked["game"],
            bet_id=UUID(asked["bet_id"]) if asked["bet_id"] else None,
            paytable_id=asked["paytable_id"],
            countersigners=frozenset(map(UUID, asked["countersigned_by"])),
        ),
        keys=frozenset(map(bytes.fromhex, trusted["keys"])),
        anchored=Expected(contract=trusted["contract"].lower(), chain_id=trusted["chain_id"]),
        chain=_saved(as_bytes(evidence)) if case["chain"] else None,
        close=saved_close(as_bytes(case["saved_close"])) if case["saved_close"] else None,
        receipt=bytes.fromhex(case["receipt"]) if case["receipt"] else None,
        allow_signed_only=case["allow_signed_only"],
        without_bls=case["without_bls"],
        strict=case["strict"],
    )


def parts_of(vectors: Document, case: Document) -> tuple[Document, Document | None, list[Document]]:
    """The document, the bet and the evidence of a case, with its changes."""
    parts = {
        "document": vectors["documents"][case["document"]],
        "bet": vectors["bets"][case["bet"]] if case["bet"] else None,
        "evidence": vectors["evidence"],
    }
    for name in {change["of"] for change in case["changes"]}:
        parts[name] = changed(parts[name], [change for change in case["changes"] if change["of"] == name])
    return parts["document"], parts["bet"], parts["evidence"]


def changed(value: Any, changes: list[Document]) -> Any:
    """A copy with the changes made."""
    value = copy.deepcopy(value)
    for change in changes:
        holder = value
        for step in change["path"][:-1]:
            holder = holder[step]
        if change.get("remove"):
            del holder[change["path"][-1]]
        else:
            holder[change["path"][-1]] = change["value"]
    return value


def verdict(vectors: Document, case: Document) -> Document:
    """What the verifier says of a case."""
    document, bet, evidence = parts_of(vectors, case)
    known = knowledge_of(vectors, case, evidence)
    outcomes = {}
    try:
        opened = open_case(document=as_bytes(document), bet=as_bytes(bet) if bet else None, known=known)
        for check, outcome in examine(opened):
            outcomes[check.id] = outcome.state.value
    except FairnessError as failure:
        return {"expect": type(failure).__name__, "check": failure.check}
    return {"expect": "accept", "outcomes": outcomes}


def day_verdict(vectors: Document, told: Document) -> Document:
    """What the verifier says of a day."""
    trusted, day = vectors["trusted"], Day()
    known = Knowledge(
        now_ms=told["now_ms"],
        keys=frozenset(map(bytes.fromhex, trusted["keys"])),
        anchored=Expected(contract=trusted["contract"].lower(), chain_id=trusted["chain_id"]),
        chain=_saved(as_bytes(vectors["evidence"])),
    )
    try:
        for line in told["lines"]:
            document = changed(vectors["documents"][line["document"]], line["changes"])
            case = open_case(document=as_bytes(document), known=known)
            verify_round(case)
            day.add(case)
    except FairnessError as failure:
        return {"expect": type(failure).__name__, "check": failure.check or "day"}
    return {"expect": "accept"}
