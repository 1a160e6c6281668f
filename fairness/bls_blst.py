"""BLS signatures with blst, through `pyblst`. Its decompression refuses points outside the subgroups."""

from functools import lru_cache
from typing import Any

import pyblst

from fairness.bls_suite import DST, G2_GENERATOR


class _Blst:
    def verifies(self, *, public_key: bytes, message: bytes, signature: bytes) -> bool:
        point = pyblst.BlstP1Element.uncompress(signature)
        claimed = pyblst.miller_loop(point, _point_of(G2_GENERATOR))
        expected = pyblst.miller_loop(pyblst.BlstP1Element.hash_to_group(message, DST), _point_of(public_key))
        return bool(pyblst.final_verify(claimed, expected))

    def public_key_of(self, *, secret: int) -> bytes:
        return bytes(_point_of(G2_GENERATOR).scalar_mul(secret).compress())

    def sign(self, *, secret: int, message: bytes) -> bytes:
        return bytes(pyblst.BlstP1Element.hash_to_group(message, DST).scalar_mul(secret).compress())


@lru_cache(maxsize=16)
def _point_of(public_key: bytes) -> Any:
    """A point of G2. There are few keys, and to decompress one takes a sixth of a verification."""
    return pyblst.BlstP2Element.uncompress(public_key)


BACKEND = _Blst()
