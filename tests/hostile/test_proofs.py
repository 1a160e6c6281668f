"""
The verifier before documents that were spoilt, piece by piece and byte by byte: it names what is wrong, or says in its
own way that it cannot read them. None is accepted that is not the very document that the house has signed.
"""

import functools
import json
import os
import random
import time
from typing import Any

import pytest

from fairness.chain.evidence import SavedEvidence
from fairness.checks import Asked, Knowledge, open_case, verify_round
from fairness.cli.inputs import saved_close
from fairness.documents import BetDocument, KeyList, parse_roots
from fairness.errors import ChainUnreadable, FairnessError
from fairness.period import End, Head, RoundOfPeriod
from fairness.record.documents import ConsistencyDocument, EntryDocument, HeadDocument
from tests.fairness.house import HOUSE_KEY, NOW_MS, House, as_bytes
from tests.hostile.operations import places, replaced
from tests.hostile.values import JSON_VALUES

ROUND = ("keno-10s", 2)
SHORT, LONG = 80, 20_000
WITHIN_S = 5.0
LONG_VALUES = tuple(one for one in JSON_VALUES if len(one) > 2_000)
VALUES = (*JSON_VALUES, '"' + "00" * 32 + '"', '"' + "00" * 176 + '"', '"0x' + "0" * 64 + '"', '"KPS-1"')


@functools.cache
def house() -> House:
    return House()


@functools.cache
def originals() -> dict[str, Any]:
    own = house()
    return {
        "round": own.document(*ROUND),
        "bet": own.bet_document(*ROUND, 0),
        "evidence": own.evidence(),
        "keys": own.key_list(),
        "roots": {"roots": own.roots()},
    }


KNOWN = Knowledge(now_ms=NOW_MS, keys=frozenset({HOUSE_KEY.public}), asked=Asked(), without_bls=True)


def verify(documents: dict[str, bytes]) -> bool:
    """Whether the verifier accepts a round with its bet, with keys and chain that it knows by itself."""
    known = Knowledge(
        now_ms=NOW_MS,
        keys=KNOWN.keys,
        chain=SavedEvidence.parse(documents["evidence"]),
        without_bls=True,
    )
    KeyList.parse(documents["keys"])
    parse_roots(documents["roots"], limit=1 << 20)
    verify_round(open_case(document=documents["round"], bet=documents["bet"], known=known))
    return True


def spoilt(chance: random.Random, value: Any) -> bytes:
    """A document with something wrong in it: a value somewhere, or some bytes of its text."""
    if chance.random() < 0.7:
        return replaced(value, chance.choice(list(places(value))), chance.choice(VALUES))
    text = as_bytes(value)
    low = chance.randrange(len(text))
    high = low + chance.randrange(1, 6)
    piece = bytes(chance.randrange(256) for _ in range(chance.randrange(3)))
    return text[:low] + piece + text[high:]


def search(seed: int, runs: int) -> dict[str, int]:
    """How many were refused by which error. :raises Exception: what the verifier may not raise."""
    chance, told = random.Random(seed), dict[str, int]()
    good = {name: as_bytes(value) for name, value in originals().items()}
    for _ in range(runs):
        name = chance.choice(list(good))
        bad = spoilt(chance, originals()[name])
        began = time.process_time()
        try:
            outcome = "accepted" if verify(good | {name: bad}) else ""
        except FairnessError as refusal:
            outcome = type(refusal).__name__
        assert time.process_time() - began < WITHIN_S, bad[:200]
        if outcome == "accepted" and name in ("round", "bet"):
            assert json.loads(bad) == originals()[name], bad[:500]
        told[outcome] = told.get(outcome, 0) + 1
    return told


def test_the_documents_as_the_house_made_them_are_accepted() -> None:
    """The control."""
    assert verify({name: as_bytes(value) for name, value in originals().items()})


def test_no_spoilt_document_is_accepted_nor_ends_in_anything_but_a_name() -> None:
    told = search(1, SHORT)
    assert sum(told.values()) == SHORT
    assert len(told) >= 3, told


@pytest.mark.proof
def test_nor_in_a_long_search() -> None:
    runs = int(os.environ.get("RUNS", str(LONG)))
    told = search(2, runs)
    print(f"{runs} spoilt documents: {dict(sorted(told.items(), key=lambda one: -one[1]))}")


READERS = (
    *(HeadDocument.parse, EntryDocument.parse, ConsistencyDocument.parse, BetDocument.parse, KeyList.parse),
    *(Head.parse, RoundOfPeriod.parse, End.parse, SavedEvidence.parse, saved_close),
)


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__qualname__)
def test_no_value_at_all_is_read_with_anything_but_a_refusal(read: Any) -> None:
    """And values of the catalogue in the place of each member that is missed, one after another."""
    for value in VALUES:
        known: dict[str, str] = {}
        for _ in range(12):
            text = "{" + ", ".join(f'"{name}": {one}' for name, one in known.items()) + "}" if known else value
            missing = _missing(read, text.encode("utf-8", "surrogatepass"))
            if missing is None or missing in known:
                break
            known[missing] = value


def _missing(read: Any, text: bytes) -> str | None:
    """The member that the reader names as missing; None where it says something else."""
    try:
        read(text)
    except FairnessError as refusal:
        said = str(refusal)
        return said.split(" ", 1)[0].rstrip(":") if "is missing" in said else None
    return None


def test_a_megabyte_of_anything_is_refused_in_time() -> None:
    for unit in (b"[", b"{", b'"', b'\\"', b'{"a":', b"[1,", b"9", b" ", b'{"":{"":', b"\xff", b'"\\u0000'):
        for opening in (b"", b'"'):
            text = (opening + unit * (1 << 20))[: 1 << 20]
            for read in (HeadDocument.parse, SavedEvidence.parse, saved_close):
                began = time.process_time()
                with pytest.raises((FairnessError, ChainUnreadable)):
                    read(text)
                assert time.process_time() - began < WITHIN_S, (read, unit)
