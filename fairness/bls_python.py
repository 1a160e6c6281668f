"""BLS signatures in pure Python, with `py_ecc`: for whoever cannot, or will not, run a compiled library."""

import hashlib

from eth_typing import BLSSignature
from py_ecc.bls.g2_primitives import G2_to_signature, signature_to_G2, subgroup_check
from py_ecc.bls.hash_to_curve import hash_to_G1
from py_ecc.bls.point_compression import compress_G1, decompress_G1
from py_ecc.bls.typing import G1Compressed, G1Uncompressed
from py_ecc.optimized_bls12_381 import (  # type: ignore[attr-defined]  # its package lists no exports
    G2,
    multiply,
    pairing,
)

from fairness.bls_suite import DST


class _Python:
    def verifies(self, *, public_key: bytes, message: bytes, signature: bytes) -> bool:
        point = decompress_G1(G1Compressed(int.from_bytes(signature, "big")))
        # py_ecc calls a 96-byte point of G2 a signature, because that is what Ethereum puts there.
        key = signature_to_G2(BLSSignature(public_key))
        if not (subgroup_check(point) and subgroup_check(key)):
            raise ValueError("outside the subgroup")
        return bool(pairing(G2, point) == pairing(key, _hash_to_g1(message)))

    def public_key_of(self, *, secret: int) -> bytes:
        return bytes(G2_to_signature(multiply(G2, secret)))

    def sign(self, *, secret: int, message: bytes) -> bytes:
        return compress_G1(multiply(_hash_to_g1(message), secret)).to_bytes(48, "big")


def _hash_to_g1(message: bytes) -> G1Uncompressed:
    # py_ecc calls the hash function, but its annotation asks for the object that the call returns.
    return hash_to_G1(message, DST, hashlib.sha256)  # type: ignore[arg-type]


BACKEND = _Python()
