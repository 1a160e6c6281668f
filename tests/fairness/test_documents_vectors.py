"""The published documents: what the file says is what the verifier says, and what its maker makes."""

import json
from typing import Any

import pytest

from fairness import errors
from fairness.chain.header import block_hash_of
from fairness.checks import CHECKS
from fairness.documents import countersign_bytes, document_bytes
from fairness.ed25519 import verify_ed25519
from fairness.errors import SignatureInvalid
from fairness.hashing import sha256
from fairness.keccak import keccak_256
from tests.fairness import make_vectors
from tests.fairness.house import HOUSE_KEY, UUID
from tests.fairness.vectors import FILE, day_verdict, verdict

Vectors = dict[str, Any]


@pytest.fixture(scope="module")
def documents() -> Vectors:
    loaded: Vectors = json.loads(FILE.read_text("ascii"))
    return loaded


def test_the_file_is_what_its_maker_makes() -> None:
    made = make_vectors.text_of_vectors(make_vectors.make())
    assert made == FILE.read_text("ascii"), "run: python -m tests.fairness.make_vectors"


def said_of(expected: Vectors) -> Vectors:
    return {name: expected[name] for name in ("expect", "check", "outcomes") if name in expected}


def test_every_case_ends_as_published(documents: Vectors) -> None:
    for case in documents["cases"]:
        assert verdict(documents, case) == said_of(case), case["name"]


def test_every_mutation_is_named_as_published(documents: Vectors) -> None:
    cases = {case["name"]: case for case in documents["cases"]}
    for mutation in documents["mutations"]:
        case = cases[mutation["case"]] | {"changes": mutation["changes"]}
        assert case["expect"] == "accept"
        assert verdict(documents, case) == said_of(mutation), mutation["name"]
        assert mutation["expect"] != "accept"
    assert len(documents["mutations"]) > 500


def test_every_day_ends_as_published(documents: Vectors) -> None:
    for day in documents["days"]:
        assert day_verdict(documents, day) == said_of(day), day["name"]


def test_every_name_of_an_error_that_documents_can_have_is_in_the_file(documents: Vectors) -> None:
    """What is missing here has no document that could show it, and is tested elsewhere."""
    shown = {one["expect"] for part in ("cases", "mutations", "days") for one in documents[part]} - {"accept"}
    defined = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.FairnessError) and kind is not errors.FairnessError
    }
    assert shown <= defined
    elsewhere = {
        *("InputInvalid", "SourceUnreadable", "AddressUnknown", "ChainUnreadable"),
        *("SignatureInvalid", "MessageMalformed", "RulesMalformed", "NetworkInvalid", "NetworkHasNoBeacon"),
        *("MessageProtocolUnknown", "MessageTypeWrong", "ReservedNotZero", "FieldInvalid"),
        *("BlsBackendMissing", "ResultTwice"),
    }
    assert defined - shown == elsewhere
    assert {one["check"] for part in ("cases", "mutations") for one in documents[part] if "check" in one} == {
        check.id for check in CHECKS
    }


def test_signatures_have_the_published_verdicts(documents: Vectors) -> None:
    for case in documents["ed25519"]:
        parts = {name: bytes.fromhex(case[name]) for name in ("public_key", "message", "signature")}
        if case["valid"]:
            verify_ed25519(**parts)
        else:
            with pytest.raises(SignatureInvalid):
                verify_ed25519(**parts)


def test_hashes_and_signed_bytes_are_the_published_ones(documents: Vectors) -> None:
    for case in documents["keccak_256"]:
        assert keccak_256(bytes.fromhex(case["input"])).hex() == case["hash"]
    for known in documents["blocks"]:
        assert block_hash_of(known["block"]) == known["block"]["hash"]
    signed = documents["signed_bytes"]
    own = documents["documents"][signed["document"]["of"]]
    assert sha256(document_bytes(own)).hex() == signed["document"]["sha256"]
    given = signed["countersignature"]
    made = countersign_bytes(operator_id=UUID(given["operator_id"]), close=bytes.fromhex(given["close"]))
    assert made.hex() == given["bytes"]
    assert documents["trusted"]["keys"] == [HOUSE_KEY.public.hex()]
