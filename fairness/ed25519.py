"""
Ed25519 signatures (RFC 8032), checked by one policy whatever library computes.

The RFC leaves verifiers some freedom, and verifiers that use it differently can be shown one signature that some of
them accept. So what is doubtful is refused here before any library is asked: a scalar S that is not below the group's
order, a point whose encoding is not the canonical one, and a point of small order, which as a key would verify
messages that nobody signed. The equation is then checked without the cofactor. That is also what browsers do.

`cryptography` computes where it is installed, else the pure Python of `ed25519_python`, some 20 times slower.
"""

import importlib
from functools import cache, lru_cache
from typing import Protocol

from fairness.errors import SignatureInvalid

PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64
FIELD = 2**255 - 19
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
BACKENDS = ("fairness.ed25519_cryptography", "fairness.ed25519_python")

_ODD_Y = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER = frozenset({0, 1, FIELD - 1, _ODD_Y, FIELD - _ODD_Y})
"""The y of the eight points whose order divides the cofactor; x is told by the sign bit."""


class Backend(Protocol):
    """What computes. It is asked about encodings only that the policy has let through."""

    def verifies(self, *, public_key: bytes, message: bytes, signature: bytes) -> bool:
        """Whether [S]B = R + [h]A, compared by the encoding of R."""


def verify_ed25519(*, public_key: bytes, message: bytes, signature: bytes) -> None:
    """
    Check that this is the key's signature of the message.

    :raises SignatureInvalid: it is not, or one of the two is doubtful in its form.
    """
    if len(public_key) != PUBLIC_KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        raise SignatureInvalid("a key has 32 bytes and a signature 64")
    _require_sound_point(public_key, "the key")
    _require_sound_point(signature[:32], "the signature's point R")
    if int.from_bytes(signature[32:], "little") >= GROUP_ORDER:
        raise SignatureInvalid("the signature's scalar S is not below the group's order")
    if not _verifies(public_key, message, signature):
        raise SignatureInvalid("the signature is not this key's over this message")


@lru_cache(maxsize=256)
def _verifies(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Kept for a while: documents of one epoch, and a round's and its bets', carry the same signed messages."""
    return backend().verifies(public_key=public_key, message=message, signature=signature)


@cache
def backend() -> Backend:
    """The first implementation that can be had, looked for once."""
    for name in BACKENDS[:-1]:
        try:
            return load_backend(name)
        except ImportError:
            continue
    return load_backend(BACKENDS[-1])


def load_backend(name: str) -> Backend:
    """One of BACKENDS by name. :raises ImportError: its library is not installed."""
    chosen: Backend = importlib.import_module(name).BACKEND
    return chosen


def _require_sound_point(encoded: bytes, what: str) -> None:
    y = int.from_bytes(encoded, "little") & ~(1 << 255)
    if y >= FIELD:
        raise SignatureInvalid(f"{what} is not canonically encoded")
    if y in _SMALL_ORDER:
        raise SignatureInvalid(f"{what} is of small order")
