"""Documents are read strictly: one form, no member missing or unknown, nothing that could be read in two ways."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairness.documents import BetDocument, KeyList, RoundDocument, parse_roots
from fairness.errors import DocumentMalformed, KeyIdWrong
from fairness.strict_json import BYTES_MAX, DEPTH_MAX, parse
from tests.fairness.house import T0, Document, House, as_bytes
from tests.fairness.lies import alterations, text_of

HOUSE = House()
ROUND = HOUSE.document("keno-10s", 2)
BET = HOUSE.bet_document("keno-10s", 2, 0)


def refusal_of(document: Document | bytes, kind: Any = RoundDocument) -> DocumentMalformed:
    with pytest.raises(DocumentMalformed) as refusal:
        kind.parse(document if isinstance(document, bytes) else as_bytes(document))
    return refusal.value


def with_member(path: str, value: Any) -> Document:
    document = json.loads(as_bytes(ROUND))
    *way, last = path.split(".")
    holder = document
    for step in way:
        holder = holder[step]
    holder[last] = value
    return document


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[] []",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b'{"a": 1, "a": 1}',
        b'{"a": {"b": 1, "b": 2}}',
        b"1.0",
        b"1e3",
        b"NaN",
        b"-Infinity",
        b"9007199254740992",
        b"-9007199254740992",
        b"1" * 5000,
        b'"\\ud800"',
        b"'a'",
        b"// a\n1",
        b"01",
        b"[" * (DEPTH_MAX + 1) + b"]" * (DEPTH_MAX + 1),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b" " * (BYTES_MAX + 1),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(text: bytes) -> None:
    with pytest.raises(DocumentMalformed):
        parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"9007199254740991", 2**53 - 1),
        (b'"' + b"[" * 100 + b'"', "[" * 100),
        (b'"\\"[{"', '"[{'),
        (b"[" * DEPTH_MAX + b"]" * DEPTH_MAX, json.loads("[" * DEPTH_MAX + "]" * DEPTH_MAX)),
        ('"ሰላም"'.encode(), "ሰላም"),
        (b" {} ", {}),
    ],
)
def test_what_is_strict_is_read(text: bytes, value: object) -> None:
    assert parse(text) == value


def test_genuine_documents_are_read() -> None:
    assert RoundDocument.parse(as_bytes(ROUND)).round_id == ROUND["round_id"]
    assert str(BetDocument.parse(as_bytes(BET)).bet_id) == BET["bet_id"]


def test_every_member_that_is_missing_or_unknown_is_named_by_its_path() -> None:
    for document, kind in ((ROUND, RoundDocument), (BET, BetDocument)):
        named = 0
        for alteration in alterations(document):
            if alteration.what not in ("removed", "added"):
                continue
            counts = "multipliers" in alteration.path  # these names are data
            if counts and alteration.what == "removed":
                continue
            path = refusal_of(alteration.apply(document), kind).path
            assert path in (text_of(alteration.path), text_of(alteration.path[:-1]))
            named += 1
        assert named > 25


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("protocol", "KPS-2"),
        ("round_id", 0),
        ("round_id", True),
        ("round_id", "104"),
        ("game", ""),
        ("game", 5),
        ("status", "unknown"),
        ("status", ["void"]),
        ("rules", "x" * 1001),
        ("network.public", 0),
        ("network.chain_hash", "00" * 31),
        ("network.public_key", "AB" * 96),
        ("network.period", 0),
        ("network.name", "none"),
        ("commit.leaf", "abc"),
        ("commit.leaf", "00" * 1025),
        ("commit.index", -1),
        ("commit.size", 0),
        ("commit.path", ["00" * 32] * 65),
        ("commit.path", {}),
        ("commit.path", [None]),
        ("commit.anchor.contract", "5FbDB2315678afecb367f032d93F642f64180aa3"),
        ("commit.anchor.transaction", "0x" + "AB" * 32),
        ("commit.anchor.kind", 256),
        ("commit.statement.signature", "00" * 63),
        ("close.countersignatures", None),
        ("reveal.seed", "0x" + "00" * 32),
        ("reveal.numbers", list(range(1, 20))),
        ("reveal.numbers", list(range(20))),
        ("reveal.numbers", list(range(62, 82))),
        ("epoch.key", "00" * 31),
        ("signed.key_id", "00" * 7),
    ],
)
def test_a_member_of_another_form_is_named_by_its_path(path: str, value: Any) -> None:
    found = refusal_of(with_member(path, value)).path
    assert found == path or found.startswith(f"{path}[") or path.startswith(f"{found}.")


@pytest.mark.parametrize("multipliers", [{"0": {"0": "1"}}, {"11": {"1": "1"}}, {"01": {"1": "1"}}, {"5": {"6": "1"}}])
def test_a_paytable_has_counts_within_the_game(multipliers: Document) -> None:
    bet = BET | {"paytable": BET["paytable"] | {"multipliers": multipliers}}
    assert refusal_of(bet, BetDocument).path.startswith("paytable.multipliers")


@pytest.mark.parametrize("text", ["3.0", "3.50", "03", ".5", "3.555", "-1", "1e3", "", "٣", 3, None])
def test_a_multiplier_has_one_form(text: object) -> None:
    bet = BET | {"paytable": BET["paytable"] | {"multipliers": {"1": {"1": text}}}}
    assert refusal_of(bet, BetDocument).path == "paytable.multipliers.1.1"


def test_a_place_that_is_half_known_is_refused() -> None:
    bet = BET | {"bet": BET["bet"] | {"root": None}}
    assert refusal_of(bet, BetDocument).path == "bet"
    assert refusal_of(BET | {"close": None}, BetDocument).path == "close"


def test_how_far_a_round_has_come_must_go_with_what_is_shown() -> None:
    early = HOUSE.document("keno-10s", 2, at_ms=T0 + 10_500)
    for status in ("closed", "drawn", "settled", "void", "scheduled"):
        assert RoundDocument.parse(as_bytes(early | {"status": status})).status == status
    assert refusal_of(early | {"status": "revealed"}).path == "status"
    for status in ("scheduled", "open", "closed", "drawn", "settled", "void"):
        assert refusal_of(ROUND | {"status": status}).path == "status"


def test_an_operator_signs_a_close_once() -> None:
    first = ROUND["close"]["countersignatures"][0]
    assert refusal_of(with_member("close.countersignatures", [first, first])).path == "close.countersignatures"


def test_the_houses_lists_are_read_as_strictly() -> None:
    keys = HOUSE.key_list()
    assert KeyList.parse(as_bytes(keys)).chain is not None
    assert KeyList.parse(as_bytes(keys | {"chain": None})).chain is None
    with pytest.raises(DocumentMalformed):
        KeyList.parse(as_bytes(keys | {"more": 1}))
    with pytest.raises(KeyIdWrong):
        KeyList.parse(as_bytes({"keys": [keys["keys"][0] | {"key_id": "00" * 8}], "chain": None}))
    roots = {"roots": HOUSE.roots()}
    assert [root.seq for root in parse_roots(as_bytes(roots), limit=10**6)] == [root["seq"] for root in roots["roots"]]
    with pytest.raises(DocumentMalformed):
        parse_roots(as_bytes({"roots": [HOUSE.roots()[0] | {"kind": 9}]}), limit=10**6)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=10,
    ),
    st.sampled_from(
        ["commit", "close", "reveal", "result", "epoch", "signed", "network", "status", "game", "round_id"]
    ),
)
@settings(max_examples=200, deadline=None)
def test_no_value_at_all_ends_in_anything_but_a_refusal_by_name(value: Any, member: str) -> None:
    if value is None and member in ("close", "result"):
        return
    if isinstance(value, str) and value and member == "game":
        return
    if isinstance(value, int) and not isinstance(value, bool) and member == "round_id" and 0 < value < 2**53:
        return
    refusal_of(ROUND | {member: value})
