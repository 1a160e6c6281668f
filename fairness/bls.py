"""
Beacon signatures of drand's scheme `bls-unchained-g1-rfc9380`: points of BLS12-381, signatures in G1 (48
bytes), public keys in G2 (96 bytes), both compressed; the message is the SHA-256 of the round's number in 8
bytes.

This is the one part of the package that needs a library. `pyblst` (the C library blst) is preferred; the
pure-Python `py_ecc` gives the same bytes some hundred times slower and, being neither constant in time nor
audited, should not hold a secret key in production. Importing this module needs neither.
"""

import importlib
import secrets
from functools import cache
from typing import Protocol

from fairness.draw import BEACON_SIGNATURE_BYTES
from fairness.errors import BeaconSignatureInvalid, BlsBackendMissing, InputInvalid, NetworkHasNoBeacon
from fairness.hashing import sha256
from fairness.networks import PUBLIC_KEY_BYTES, Network

SECRET_BYTES = 32
GROUP_ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
BACKENDS = ("fairness.bls_blst", "fairness.bls_python")

_COMPRESSED = 0x80
_INFINITY = 0x40


class Backend(Protocol):
    """What a library must do for us. Both implementations check that points are in their subgroups."""

    def verifies(self, *, public_key: bytes, message: bytes, signature: bytes) -> bool:
        """Whether this is the key's signature of the message. :raises ValueError: a point is not one."""

    def public_key_of(self, *, secret: int) -> bytes:
        """The public key, 96 bytes."""

    def sign(self, *, secret: int, message: bytes) -> bytes:
        """The signature, 48 bytes."""


def verify_beacon(*, network: Network, beacon_round: int, signature: bytes) -> None:
    """
    Check that this is the network's value of this beacon round.

    :raises BeaconSignatureInvalid: it is not, or it is no signature at all.
    :raises NetworkHasNoBeacon: the network is `none`.
    :raises BlsBackendMissing: no library is installed that could tell.
    """
    if not network.has_beacon:
        raise NetworkHasNoBeacon("the network `none` signs nothing")
    _require_point(signature, BEACON_SIGNATURE_BYTES, "beacon signature")
    _require_point(network.public_key, PUBLIC_KEY_BYTES, "public key of the network")
    if not 1 <= beacon_round < 1 << 64:
        raise BeaconSignatureInvalid(f"there is no beacon round {beacon_round}")
    message = _message(beacon_round)
    try:
        good = backend().verifies(public_key=network.public_key, message=message, signature=signature)
    except ValueError as refusal:
        raise BeaconSignatureInvalid(f"not points of the curve's groups: {refusal}") from refusal
    if not good:
        raise BeaconSignatureInvalid(f"not the signature of {network.name} on its round {beacon_round}")


def generate_secret() -> bytes:
    """A new secret key for an installation's own beacon: 32 bytes, uniform from 1 below the order."""
    return (secrets.randbelow(GROUP_ORDER - 1) + 1).to_bytes(SECRET_BYTES, "big")


def public_key_of(secret: bytes) -> bytes:
    """
    The 96 bytes that verify what this secret key signs.

    :raises InputInvalid: the secret is not one. :raises BlsBackendMissing: no library is installed.
    """
    return backend().public_key_of(secret=_scalar(secret))


def sign_beacon(*, secret: bytes, beacon_round: int) -> bytes:
    """
    The beacon's 48-byte value of this round; there is exactly one, so whoever signs cannot choose.

    :raises InputInvalid: the secret or the round is not one.
    :raises BlsBackendMissing: no library is installed.
    """
    if not 1 <= beacon_round < 1 << 64:
        raise InputInvalid(f"there is no beacon round {beacon_round}")
    return backend().sign(secret=_scalar(secret), message=_message(beacon_round))


@cache
def backend() -> Backend:
    """
    The first library that is installed, looked for once.

    :raises BlsBackendMissing: there is none.
    """
    for name in BACKENDS:
        try:
            return load_backend(name)
        except ImportError:
            continue
    raise BlsBackendMissing("install `pyblst` or `py_ecc` to check beacon signatures")


def load_backend(name: str) -> Backend:
    """One of BACKENDS by name. :raises ImportError: its library is not installed."""
    chosen: Backend = importlib.import_module(name).BACKEND
    return chosen


def _message(beacon_round: int) -> bytes:
    return sha256(beacon_round.to_bytes(8, "big"))


def _require_point(encoded: bytes, length: int, what: str) -> None:
    """Refuse a wrong length, and the point at infinity: as a key, it would verify itself as a signature."""
    if len(encoded) != length:
        raise BeaconSignatureInvalid(f"{what} must have {length} bytes, not {len(encoded)}")
    if not encoded[0] & _COMPRESSED or encoded[0] & _INFINITY:
        raise BeaconSignatureInvalid(f"{what} is not a compressed point, or the one at infinity")


def _scalar(secret: bytes) -> int:
    scalar = int.from_bytes(secret, "big")
    if len(secret) != SECRET_BYTES or not 0 < scalar < GROUP_ORDER:
        raise InputInvalid("a secret key is 32 bytes, from 1 to the group's order less 1")
    return scalar
