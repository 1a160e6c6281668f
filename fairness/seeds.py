"""Secret seeds, and the commitments that are published in their place until the draw."""

from uuid import UUID

from fairness.errors import InputInvalid
from fairness.hashing import DIGEST_BYTES, hmac_sha256, sha256

SEED_BYTES = DIGEST_BYTES
_SEED_DOMAIN = b"KPS1-SEED\0"
_COMMIT_DOMAIN = b"KPS1-COMMIT\0"


def derive_seed(*, epoch_key: bytes, stream: UUID, round_number: int) -> bytes:
    """
    The 32-byte seed of one round; whoever holds the epoch's key can derive all of them.

    :raises InputInvalid: the key has not 32 bytes, or the number does not fit 64 bits.
    """
    _require_32(epoch_key, "epoch key")
    return hmac_sha256(epoch_key, _SEED_DOMAIN + _position(stream, round_number))


def commit_seed(*, stream: UUID, round_number: int, seed: bytes) -> bytes:
    """
    The commitment C, 32 bytes: it fixes the seed of this one round and tells nothing about it.

    :raises InputInvalid: the seed has not 32 bytes, or the number does not fit 64 bits.
    """
    _require_32(seed, "seed")
    return sha256(_COMMIT_DOMAIN + _position(stream, round_number) + seed)


def _position(stream: UUID, round_number: int) -> bytes:
    if not 0 <= round_number < 1 << 64:
        raise InputInvalid(f"round number {round_number} does not fit 64 bits")
    return stream.bytes + round_number.to_bytes(8, "big")


def _require_32(value: bytes, what: str) -> None:
    if len(value) != SEED_BYTES:
        raise InputInvalid(f"{what} must have {SEED_BYTES} bytes, not {len(value)}")
