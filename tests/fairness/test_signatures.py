"""Ed25519 by one policy, whatever computes, and Keccak-256: standard vectors, edges, and the libraries' verdicts."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from fairness import ed25519
from fairness.documents import countersign_bytes, document_bytes, key_id
from fairness.ed25519 import FIELD, GROUP_ORDER, verify_ed25519
from fairness.errors import InputInvalid, RulesMalformed, SignatureInvalid
from fairness.keccak import keccak_256
from tests.fairness.house import HOUSE_KEY, OPERATORS

CRYPTOGRAPHY, PYTHON = (ed25519.load_backend(name) for name in ed25519.BACKENDS)
BOTH = pytest.mark.parametrize("backend", [CRYPTOGRAPHY, PYTHON], ids=["cryptography", "python"])

# RFC 8032, 7.1: tests 1, 2, 3, and SHA(abc).
RFC = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").hexdigest(),
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
        "3dca179c138ac17ad9bef1177331a704",
    ),
]
SMALL_ORDER = [
    bytes.fromhex(point)
    for point in (
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    )
]
MESSAGE = b"closed"
GENUINE = HOUSE_KEY.sign(MESSAGE)


@pytest.mark.parametrize(("public_key", "message", "signature"), RFC)
@BOTH
def test_the_rfcs_signatures_verify(backend: ed25519.Backend, public_key: str, message: str, signature: str) -> None:
    key, said, signed = (bytes.fromhex(text) for text in (public_key, message, signature))
    verify_ed25519(public_key=key, message=said, signature=signed)
    assert backend.verifies(public_key=key, message=said, signature=signed)
    assert not backend.verifies(public_key=key, message=said + b"\0", signature=signed)


@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=300), data=st.data())
@settings(max_examples=40, deadline=None)
def test_both_implementations_give_one_verdict(seed: bytes, message: bytes, data: st.DataObject) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    key, signature = private.public_key().public_bytes_raw(), private.sign(message)
    at, mask = data.draw(st.integers(0, 95)), 1 << data.draw(st.integers(0, 7))
    changed = bytearray(key + signature)
    changed[at] ^= mask
    for parts, good in ((key + signature, True), (bytes(changed), False)):
        for backend in (CRYPTOGRAPHY, PYTHON):
            assert backend.verifies(public_key=parts[:32], message=message, signature=parts[32:]) is good


def refused(public_key: bytes, signature: bytes) -> str:
    with pytest.raises(SignatureInvalid) as refusal:
        verify_ed25519(public_key=public_key, message=MESSAGE, signature=signature)
    return str(refusal.value)


def test_a_scalar_that_is_not_below_the_order_is_refused() -> None:
    scalar = int.from_bytes(GENUINE[32:], "little") + GROUP_ORDER
    assert "S is not below" in refused(HOUSE_KEY.public, GENUINE[:32] + scalar.to_bytes(32, "little"))


@pytest.mark.parametrize("point", SMALL_ORDER)
def test_points_of_small_order_are_refused_as_keys_and_in_signatures(point: bytes) -> None:
    assert "small order" in refused(point, GENUINE)
    assert "small order" in refused(HOUSE_KEY.public, point + GENUINE[32:])


def test_without_the_policy_a_key_of_small_order_would_verify_anything() -> None:
    neutral = SMALL_ORDER[0]
    for message in (MESSAGE, b"anything"):
        assert PYTHON.verifies(public_key=neutral, message=message, signature=neutral + bytes(32))


@pytest.mark.parametrize("y", [FIELD, FIELD + 1, FIELD + 3, 2**255 - 1])
def test_encodings_that_are_not_canonical_are_refused(y: int) -> None:
    for sign in (0, 1 << 255):
        encoded = (y | sign).to_bytes(32, "little")
        assert "not canonically" in refused(encoded, GENUINE)
        assert "not canonically" in refused(HOUSE_KEY.public, encoded + GENUINE[32:])


@BOTH
def test_bytes_that_are_no_point_are_no_key(backend: ed25519.Backend) -> None:
    nowhere = (2).to_bytes(32, "little")
    assert not backend.verifies(public_key=nowhere, message=MESSAGE, signature=GENUINE)


@pytest.mark.parametrize(("key", "signature"), [(31, 64), (33, 64), (32, 63), (32, 65), (0, 0)])
def test_other_lengths_are_refused(key: int, signature: int) -> None:
    assert "32 bytes" in refused(bytes(key), bytes(signature))


def test_keccak_256_is_ethereums() -> None:
    known = {
        b"": "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
        b"abc": "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
        b"testing": "5f16f4c7f149ac4f9510d9cf8cf384038ad348b3bcdc01915f95de12df9d1b02",
    }
    for data, digest in known.items():
        assert keccak_256(data).hex() == digest
    assert keccak_256(b"") != hashlib.sha3_256(b"").digest()


def test_keccak_256_agrees_with_a_library_around_the_edges_of_its_blocks() -> None:
    for size in (*range(130, 142), *range(268, 276), 1000):
        data = hashlib.shake_128(size.to_bytes(2, "big")).digest(size)
        assert keccak_256(data) == keccak(data)


def test_what_is_signed_of_a_document_does_not_depend_on_the_order_of_its_members() -> None:
    one = {"b": [1, None], "a": {"y": "ä", "x": True}, "signed": {"signature": "00"}}
    other = {"signed": None, "a": {"x": True, "y": "ä"}, "b": [1, None]}
    assert document_bytes(one) == document_bytes(other)
    assert document_bytes(one) == b'KPS1-DOCUMENT\0{"a":{"x":true,"y":"\\u00e4"},"b":[1,null]}'
    with pytest.raises(RulesMalformed):
        document_bytes({"a": 1.5})


def test_what_an_operator_signs_names_the_operator_and_the_close() -> None:
    close = b"K" * 112
    alpha, beta = (countersign_bytes(operator_id=OPERATORS[name], close=close) for name in ("alpha", "beta"))
    assert alpha == b"KPS1-COUNTERSIGN\0" + OPERATORS["alpha"].bytes + close
    assert alpha != beta
    with pytest.raises(InputInvalid):
        countersign_bytes(operator_id=OPERATORS["alpha"], close=close[1:])


def test_a_key_is_named_by_the_beginning_of_its_hash() -> None:
    assert key_id(HOUSE_KEY.public) == hashlib.sha256(HOUSE_KEY.public).hexdigest()[:16]
