"""JSON as money calls need it: what the standard parser lets through is refused."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keno_platform.core import strict_json
from keno_platform.core.errors import MalformedRequest

REFUSED = {
    "a name twice": b'{"stake": "1", "stake": "100"}',
    "a name twice, once escaped": b'{"a": 1, "\\u0061": 2}',
    "a name twice deep inside": b'{"a": [{"b": {"c": 1, "c": 1}}]}',
    "a float": b'{"stake": 1.1}',
    "a float without fraction": b"5.0",
    "a number with an exponent": b"1e2",
    "a number beyond floats": b'{"a": 1e400}',
    "a number below floats": b"1e-400",
    "NaN": b"[NaN]",
    "Infinity": b"Infinity",
    "minus Infinity": b"[-Infinity]",
    "an integer of 4301 digits": b"1" * 4301,
    "a plus sign": b"+1",
    "a leading zero": b"01",
    "hexadecimal": b"0x10",
    "digits of another script": "٣".encode(),
    "no value at all": b"",
    "white space only": b" \n",
    "trailing bytes": b'{"a": 1} x',
    "two values": b"1 2",
    "a trailing NUL": b'{"a": 1}\x00',
    "a trailing comma": b"[1,]",
    "a comment": b"[1] // one",
    "single quotes": b"{'a': 1}",
    "a name without quotes": b"{a: 1}",
    "an open string": b'"abc',
    "a tab in a string": b'"a\tb"',
    "a line end in a string": b'"a\nb"',
    "a byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "UTF-16 with a mark": '{"a": 1}'.encode("utf-16"),
    "UTF-16 without a mark": '{"a": 1}'.encode("utf-16-le"),
    "UTF-32": '{"a": 1}'.encode("utf-32"),
    "Latin-1": '"é"'.encode("latin-1"),
    "overlong UTF-8": b'"\xc0\xaf"',
    "a surrogate in UTF-8": b'"\xed\xa0\x80"',
    "a lone high surrogate": b'"\\ud800"',
    "a lone low surrogate": b'"\\udc00"',
    "surrogates the wrong way round": b'"\\udc00\\ud800"',
    "a lone surrogate as a name": b'{"\\ud800": 1}',
    "a NUL in a string": b'"a\\u0000b"',
    "a NUL in a name": b'{"a\\u0000": 1}',
    "a bare NUL in a string": b'"a\x00b"',
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_what_is_not_strict_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        strict_json.decode(body)


@pytest.mark.parametrize("opener", [b"[", b'{"a":', b"[[{},"], ids=["arrays", "objects", "mixed"])
@pytest.mark.parametrize("depth", [5_000, 100_000])
def test_endless_depth_is_refused_at_once(opener: bytes, depth: int) -> None:
    began = time.thread_time()
    with pytest.raises(MalformedRequest):
        strict_json.decode(opener * depth)
    assert time.thread_time() - began < 0.5


def test_closed_depth_is_refused_too() -> None:
    with pytest.raises(MalformedRequest):
        strict_json.decode(b"[" * 100_000 + b"]" * 100_000)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"null", None),
        (b" [1, -2, 0] \n", [1, -2, 0]),
        (b'{"a": {"b": [true, false]}}', {"a": {"b": [True, False]}}),
        ('"é \U0001f3b2"'.encode(), "é \U0001f3b2"),
        (b'"\\ud83c\\udfb2"', "\U0001f3b2"),
        (b"9007199254740993", 9007199254740993),
        (b"1" * 400, int("1" * 400)),
    ],
)
def test_what_is_strict_is_read_exactly(body: bytes, value: object) -> None:
    decoded = strict_json.decode(body)
    assert decoded == value
    assert type(decoded) is type(value)


def test_the_refusal_shows_nothing_of_the_parser_or_the_body() -> None:
    with pytest.raises(MalformedRequest) as refused:
        strict_json.decode(b'{"secret-name": tru')
    assert refused.value.detail == "The body must be one JSON value in UTF-8."


_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4),
    max_leaves=20,
)


@given(_values, st.booleans())
def test_every_value_without_floats_survives(value: object, escaped: bool) -> None:
    assert strict_json.decode(json.dumps(value, ensure_ascii=escaped).encode()) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_a_value_or_a_refusal(body: bytes) -> None:
    try:
        value = strict_json.decode(body)
    except MalformedRequest:
        return
    assert strict_json.decode(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("text", "deep"),
    [
        ("[" * 20 + "]" * 20, False),
        ("[" * 21 + "]" * 21, True),
        ('{"a":' * 21, True),
        ("[" * 100_000, True),
        ('"' + "[" * 5000 + '"', False),
        ('["' + "[" * 5000 + '"]', False),
        ("[]" + "[" * 5000, False),  # a parser stops after the first value
        ("[" + "[],[[]]," * 5000 + "[]]", False),
        ("", False),
    ],
)
def test_depth_is_known_before_any_parser_sees_the_text(text: str, deep: bool) -> None:
    assert strict_json.nests_too_deep(text) is deep
    assert strict_json.nests_too_deep(text.encode()) is deep
    assert strict_json.nests_too_deep("[[" + text, 2) is deep
