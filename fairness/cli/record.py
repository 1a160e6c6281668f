"""`python -m fairness record`: checking entries of the house's record, states of a log, or a whole log."""

import argparse
import os
from collections.abc import Iterator

from fairness.chain import ChainReader, ChainSource, Expected, SavedEvidence
from fairness.cli import inputs
from fairness.cli.report import Text, as_json, verdict_of
from fairness.errors import DocumentMalformed, FairnessError, InputInvalid, SourceUnreadable
from fairness.fetching import origin_of
from fairness.record.checking import Trust, verify_entry, verify_growth, verify_log, verify_state
from fairness.record.documents import ConsistencyDocument, EntryDocument, HeadDocument, PlacedEntry
from fairness.record.errors import EntriesOutOfOrder
from fairness.record.messages import Checkpoint
from fairness.strict_json import parse

LOG_BYTES_MAX = 1 << 34
LOG_WITHIN_S = 3600.0
PASSED, FAILED = 0, 1


def verify_record(chosen: argparse.Namespace) -> int:
    """
    One run over what was given. Returns 0 when everything is as the house signed it, else 1.

    :raises SourceUnreadable: something could not be read.
    """
    lines = _read(chosen.source).splitlines()
    if not lines:
        raise SourceUnreadable(f"{chosen.source} is empty")
    trust, kept = _trust(chosen), [_kept(place) for place in chosen.kept]
    facts: dict[str, object] = {}
    failure: FairnessError | None = None
    try:
        facts = _verify(chosen, lines, trust, kept)
    except (SourceUnreadable, InputInvalid):
        raise
    except FairnessError as caught:
        failure = caught
    _tell(chosen, facts, failure)
    return FAILED if failure else PASSED


def _verify(
    chosen: argparse.Namespace, lines: list[bytes], trust: Trust, kept: list[HeadDocument]
) -> dict[str, object]:
    first = _members(lines[0])
    if "entry" in first:
        document = EntryDocument.parse(lines[0])
        checkpoint = verify_entry(document, trust)
        facts: dict[str, object] = {"what": "entry", "entry": document.entry.id, "index": document.place.index}
        state = document.state
    else:
        state = HeadDocument.parse(lines[0])
        checkpoint = verify_state(state, trust)
        facts = {"what": "state"}
        if len(lines) > 1 or state.size == 0 or chosen.complete:
            facts = {"what": "whole log", "entries": verify_log(state, _entries(lines), trust, kept=kept)}
    if chosen.consistency:
        _verify_growth(chosen, state, trust, kept)
        facts["grown_from"] = [one.size for one in kept]
    return facts | _seen(state, checkpoint)


def _verify_growth(chosen: argparse.Namespace, state: HeadDocument, trust: Trust, kept: list[HeadDocument]) -> None:
    if len(kept) != 1:
        raise SourceUnreadable("--consistency goes together with one --kept")
    verify_growth(kept[0], state, ConsistencyDocument.parse(_read(chosen.consistency)), trust)


def _seen(state: HeadDocument, checkpoint: Checkpoint) -> dict[str, object]:
    return {
        "log": str(state.log),
        "size": state.size,
        "checkpoint": checkpoint.number,
        "sealed_ms": checkpoint.sealed_ms,
        "signed_by": state.checkpoint.by.key_id,
        "anchored": state.anchor.transaction if state.anchor else None,
    }


def _entries(lines: list[bytes]) -> Iterator[PlacedEntry]:
    for number, line in enumerate(lines[1:], start=2):
        try:
            yield PlacedEntry.parse(line)
        except DocumentMalformed as refusal:
            raise EntriesOutOfOrder(f"line {number}: {refusal}") from refusal


def _members(line: bytes) -> dict[str, object]:
    value = parse(line)
    if not isinstance(value, dict):
        raise DocumentMalformed("", "must be an object")
    return value


def _kept(place: str) -> HeadDocument:
    try:
        line = _read(place).splitlines()[0]
        members = _members(line)
        return HeadDocument.parse(line) if "entry" not in members else EntryDocument.parse(line).state
    except (DocumentMalformed, IndexError) as refusal:
        raise SourceUnreadable(f"{place} is no state of a log that was kept: {refusal}") from refusal


def _read(place: str) -> bytes:
    token = os.environ.get(inputs.TOKEN_VARIABLE, "") if inputs.is_address(place) else ""
    return inputs.read_place(place, limit=LOG_BYTES_MAX, within_s=LOG_WITHIN_S, token=token)


def _trust(chosen: argparse.Namespace) -> Trust:
    origin = origin_of(chosen.source) if inputs.is_address(chosen.source) else None
    trusted = inputs.keys_of(chosen.key) if chosen.key else inputs.published_keys(origin)
    published = trusted.chain if trusted else None
    chain: ChainSource | None = ChainReader(chosen.rpc) if chosen.rpc else None
    if chosen.chain_evidence:
        chain = SavedEvidence.parse(inputs.read_place(chosen.chain_evidence))
    return Trust(
        keys=trusted.keys if trusted else None,
        expected=Expected(
            contract=chosen.contract or (published.contract if published else None),
            chain_id=chosen.chain_id or (published.chain_id if published and not chosen.contract else None),
        ),
        chain=chain,
        anchor_required=chosen.anchored,
    )


def _tell(chosen: argparse.Namespace, facts: dict[str, object], failure: FairnessError | None) -> None:
    if chosen.json:
        print(as_json(facts | verdict_of(failure)))
        return
    text = Text()
    if failure is not None:
        text.failure(failure)
        return
    for name, value in facts.items():
        text.note(f"{name.replace('_', ' ')}: {'none' if value is None else value}")
    text.note("\nAs the house signed it.")
