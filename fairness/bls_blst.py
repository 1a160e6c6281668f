"""BLS signatures with blst, through `pyblst`. Its decompression refuses points outside the subgroups."""

import pyblst

from fairness.bls_suite import DST, G2_GENERATOR


class _Blst:
    def verifies(self, *, public_key: bytes, message: bytes, signature: bytes) -> bool:
        point = pyblst.BlstP1Element.uncompress(signature)
        key = pyblst.BlstP2Element.uncompress(public_key)
        claimed = pyblst.miller_loop(point, pyblst.BlstP2Element.uncompress(G2_GENERATOR))
        expected = pyblst.miller_loop(pyblst.BlstP1Element.hash_to_group(message, DST), key)
        return bool(pyblst.final_verify(claimed, expected))

    def public_key_of(self, *, secret: int) -> bytes:
        return bytes(pyblst.BlstP2Element.uncompress(G2_GENERATOR).scalar_mul(secret).compress())

    def sign(self, *, secret: int, message: bytes) -> bytes:
        return bytes(pyblst.BlstP1Element.hash_to_group(message, DST).scalar_mul(secret).compress())


BACKEND = _Blst()
