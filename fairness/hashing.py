"""The two primitives of KPS-1, written H and M in the protocol."""

import hashlib
import hmac

DIGEST_BYTES = 32


def sha256(data: bytes) -> bytes:
    """SHA-256, 32 bytes."""
    return hashlib.sha256(data).digest()


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA256, 32 bytes."""
    return hmac.digest(key, message, "sha256")
