"""Beacon signatures: both libraries give the same bytes and the same verdicts."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fairness import bls
from fairness.errors import BeaconSignatureInvalid, InputInvalid, NetworkHasNoBeacon
from fairness.hashing import sha256
from fairness.networks import NONE, QUICKNET, Network

ROOT = Path(__file__).parents[2]
BLST, PYTHON = (bls.load_backend(name) for name in bls.BACKENDS)
INFINITY_G1 = b"\xc0" + bytes(47)
# x = 4 is on the curve of G1 and x = 2 on that of G2, but neither point is in the subgroup.
OUTSIDE_G1 = ((1 << 383) + 4).to_bytes(48, "big")
OUTSIDE_G2 = (1 << 383).to_bytes(48, "big") + (2).to_bytes(48, "big")


def message(beacon_round: int) -> bytes:
    return sha256(beacon_round.to_bytes(8, "big"))


def local(public_key: bytes) -> Network:
    return Network(
        name="local", public=False, chain_hash=sha256(public_key), public_key=public_key, genesis=0, period=1
    )


def real_beacons(vectors: dict[str, Any]) -> dict[int, bytes]:
    return {
        case["beacon_round"]: bytes.fromhex(case["signature"])
        for case in vectors["beacons"]
        if case["network"] == "drand-quicknet"
    }


def test_both_libraries_make_the_same_keys_and_signatures() -> None:
    secret = int.from_bytes(bls.generate_secret(), "big")
    key = BLST.public_key_of(secret=secret)
    assert key == PYTHON.public_key_of(secret=secret)
    signature = BLST.sign(secret=secret, message=message(7))
    assert signature == PYTHON.sign(secret=secret, message=message(7))
    for library in (BLST, PYTHON):
        assert library.verifies(public_key=key, message=message(7), signature=signature)
        assert not library.verifies(public_key=key, message=message(8), signature=signature)


def test_both_libraries_accept_the_real_beacons(vectors: dict[str, Any]) -> None:
    beacons = real_beacons(vectors)
    assert set(beacons) == {1000, 657413}
    for beacon_round, signature in beacons.items():
        for library in (BLST, PYTHON):
            assert library.verifies(public_key=QUICKNET.public_key, message=message(beacon_round), signature=signature)


@pytest.mark.parametrize("library", [BLST, PYTHON], ids=["blst", "python"])
def test_points_outside_the_subgroups_are_refused(library: bls.Backend, vectors: dict[str, Any]) -> None:
    signature = real_beacons(vectors)[1000]
    with pytest.raises(ValueError, match=r"(?i)subgroup|not_in_group"):
        library.verifies(public_key=QUICKNET.public_key, message=message(1000), signature=OUTSIDE_G1)
    with pytest.raises(ValueError, match=r"(?i)subgroup|not_in_group"):
        library.verifies(public_key=OUTSIDE_G2, message=message(1000), signature=signature)


@pytest.mark.parametrize("library", [BLST, PYTHON], ids=["blst", "python"])
def test_bytes_that_are_no_points_are_refused(library: bls.Backend) -> None:
    # x = 1 is not on the curve, and an x of the field's size or more is not canonical.
    for encoded in (((1 << 383) + 1).to_bytes(48, "big"), b"\x9f" + b"\xff" * 47, b"\xe0" + bytes(47)):
        with pytest.raises(ValueError, match=r"."):
            library.verifies(public_key=QUICKNET.public_key, message=message(1), signature=encoded)


def test_a_changed_byte_anywhere_in_a_real_signature_is_refused(vectors: dict[str, Any]) -> None:
    signature = real_beacons(vectors)[1000]
    for at in range(48):
        for mask in (0x01, 0x20, 0x80, 0xFF):
            changed = signature[:at] + bytes([signature[at] ^ mask]) + signature[at + 1 :]
            with pytest.raises(BeaconSignatureInvalid):
                bls.verify_beacon(network=QUICKNET, beacon_round=1000, signature=changed)


def test_the_real_signature_does_not_verify_for_another_round_or_key(vectors: dict[str, Any]) -> None:
    signature = real_beacons(vectors)[1000]
    for beacon_round in (0, 1, 999, 1001, 657413, 2**64):
        with pytest.raises(BeaconSignatureInvalid):
            bls.verify_beacon(network=QUICKNET, beacon_round=beacon_round, signature=signature)
    own = local(bls.public_key_of(bls.generate_secret()))
    with pytest.raises(BeaconSignatureInvalid):
        bls.verify_beacon(network=own, beacon_round=1000, signature=signature)


@pytest.mark.parametrize("signature", [b"", bytes(48), INFINITY_G1, OUTSIDE_G1, bytes(47), bytes(96)])
def test_what_is_no_signature_is_refused_by_name(signature: bytes) -> None:
    with pytest.raises(BeaconSignatureInvalid):
        bls.verify_beacon(network=QUICKNET, beacon_round=1000, signature=signature)


def test_a_key_at_infinity_verifies_nothing() -> None:
    with pytest.raises(BeaconSignatureInvalid):
        bls.verify_beacon(network=local(b"\xc0" + bytes(95)), beacon_round=1, signature=INFINITY_G1)


def test_a_key_outside_the_subgroup_verifies_nothing(vectors: dict[str, Any]) -> None:
    with pytest.raises(BeaconSignatureInvalid):
        bls.verify_beacon(network=local(OUTSIDE_G2), beacon_round=1, signature=real_beacons(vectors)[1000])


def test_the_network_without_a_beacon_signs_nothing() -> None:
    with pytest.raises(NetworkHasNoBeacon):
        bls.verify_beacon(network=NONE, beacon_round=0, signature=INFINITY_G1)


def test_an_installations_own_beacon_verifies_under_its_own_key_only() -> None:
    secret, other = bls.generate_secret(), bls.generate_secret()
    assert len(secret) == 32
    assert secret != other
    signature = bls.sign_beacon(secret=secret, beacon_round=12345)
    bls.verify_beacon(network=local(bls.public_key_of(secret)), beacon_round=12345, signature=signature)
    with pytest.raises(BeaconSignatureInvalid):
        bls.verify_beacon(network=local(bls.public_key_of(other)), beacon_round=12345, signature=signature)


@pytest.mark.parametrize(
    "secret", [bytes(32), bls.GROUP_ORDER.to_bytes(32, "big"), b"\xff" * 32, b"\x01" * 31, b"\x01" * 33]
)
def test_what_is_no_secret_key_is_refused(secret: bytes) -> None:
    with pytest.raises(InputInvalid):
        bls.public_key_of(secret)
    with pytest.raises(InputInvalid):
        bls.sign_beacon(secret=secret, beacon_round=1)


@pytest.mark.parametrize("beacon_round", [0, -1, 2**64])
def test_rounds_that_do_not_exist_are_not_signed(beacon_round: int) -> None:
    with pytest.raises(InputInvalid):
        bls.sign_beacon(secret=b"\x01" * 32, beacon_round=beacon_round)


def test_without_the_compiled_library_the_python_one_is_used(vectors: dict[str, Any]) -> None:
    program = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
sys.modules["pyblst"] = None
from fairness import bls, errors
from fairness.networks import QUICKNET
signature = bytes.fromhex({real_beacons(vectors)[1000].hex()!r})
bls.verify_beacon(network=QUICKNET, beacon_round=1000, signature=signature)
try:
    bls.verify_beacon(network=QUICKNET, beacon_round=1001, signature=signature)
except errors.BeaconSignatureInvalid:
    print(type(bls.backend()).__module__)
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout.strip(), done.stderr) == ("fairness.bls_python", "")
