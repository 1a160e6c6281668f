"""The draw: 20 of 80 numbers from a key, exactly unbiased."""

from fairness.errors import InputInvalid
from fairness.hashing import DIGEST_BYTES, hmac_sha256, sha256

POOL_SIZE = 80
DRAW_SIZE = 20
BEACON_SIGNATURE_BYTES = 48
_DRAW_DOMAIN = b"KPS1-DRAW\0"

# For each ball: how many numbers are left, and the largest multiple of that count up to 256. Bytes from there
# on are thrown away, or the low remainders would come up more often than the others.
_STEPS = tuple((n, 256 - 256 % n) for n in range(POOL_SIZE, POOL_SIZE - DRAW_SIZE, -1))


def draw_key(*, seed: bytes, commit_leaf_hash: bytes, beacon_signature: bytes | None) -> bytes:
    """
    The key K of one draw, 32 bytes. `beacon_signature` is None where the network has no beacon.

    :raises InputInvalid: a part has the wrong length.
    """
    _require_length(seed, DIGEST_BYTES, "seed")
    _require_length(commit_leaf_hash, DIGEST_BYTES, "commit leaf hash")
    if beacon_signature is not None:
        _require_length(beacon_signature, BEACON_SIGNATURE_BYTES, "beacon signature")
    return hmac_sha256(seed, _DRAW_DOMAIN + commit_leaf_hash + sha256(beacon_signature or b""))


def draw_numbers(*, key: bytes) -> tuple[int, ...]:
    """
    The 20 numbers of 1 to 80, in the order in which they are drawn.

    :raises InputInvalid: the key has not 32 bytes.
    """
    _require_length(key, DIGEST_BYTES, "draw key")
    stream, at, block = hmac_sha256(key, bytes(4)), 0, 1
    pool = list(range(1, POOL_SIZE + 1))
    for i, (left, limit) in enumerate(_STEPS):
        while True:
            if at == len(stream):
                stream, at, block = hmac_sha256(key, block.to_bytes(4, "big")), 0, block + 1
            byte = stream[at]
            at += 1
            if byte < limit:
                break
        j = i + byte % left
        pool[i], pool[j] = pool[j], pool[i]
    return tuple(pool[:DRAW_SIZE])


def _require_length(value: bytes, length: int, what: str) -> None:
    if len(value) != length:
        raise InputInvalid(f"{what} must have {length} bytes, not {len(value)}")
