"""
Custody of secrets: the only module that can open what is sealed. It asks the database whether a round's betting
has ended before it derives a seed, and whether a beacon's time has come before it signs one.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection

from fairness import bls
from fairness.hashing import sha256
from fairness.networks import Network, beacon_time
from fairness.seeds import derive_seed
from rounds.models import SealedKey

NONCE_BYTES = 12
SIGNING_KEY = "close-signing"
LOCAL_BEACON = "beacon-local"


class NotYet(Exception):
    """Somebody asked for a secret before its time. Never expected: it means a fault in the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """The half of a key pair that everybody may have; `key_id` is the start of its SHA-256."""

    key_id: str
    public_key: bytes


def new_epoch_key() -> bytes:
    """32 random bytes. They leave this process only sealed."""
    return secrets.token_bytes(32)


def seal(secret: bytes, *, about: bytes) -> bytes:
    """AES-256-GCM: nonce, ciphertext and tag. `about` must be given again to open it."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(settings.SEAL_KEY).encrypt(nonce, secret, about)


def seeds_of_ended(round_ids: Iterable[int]) -> dict[int, bytes | None]:
    """
    The seeds of rounds whose betting has ended; None where the epoch's key cannot be opened.

    :raises NotYet: one of them, by the database's own clock and state, can still take bets.
    """
    wanted = list(round_ids)
    with connection.cursor() as cursor:
        cursor.execute(_ENDED, [wanted])
        rows = cursor.fetchall()
    if {row[0] for row in rows} != set(wanted):
        raise NotYet("a seed was asked for before its round's close")
    keys = {epoch_id: _epoch_key(sealed, root) for *_, epoch_id, sealed, root in rows}
    return {
        round_id: derive_seed(epoch_key=key, stream=stream, round_number=number) if (key := keys[epoch_id]) else None
        for round_id, stream, number, epoch_id, _, _ in rows
    }


def _epoch_key(sealed: bytes, root: bytes) -> bytes | None:
    try:
        return _open(bytes(sealed), about=bytes(root))
    except InvalidTag:
        return None


_ENDED = """
    SELECT r.id, g.stream, r.number, r.epoch_id, e.sealed_key, e.root
    FROM public.rounds_round r
    JOIN public.rounds_game g ON g.id = r.game_id
    JOIN public.rounds_epoch e ON e.id = r.epoch_id
    WHERE r.id = ANY (%s) AND r.closes_at <= clock_timestamp()
      AND (r.status IN ('drawn', 'settled', 'revealed', 'void')
           OR (r.status = 'closed' AND r.close_message IS NOT NULL))
"""


def sign_close(message: bytes) -> tuple[bytes, str]:
    """The Ed25519 signature over a CLOSE message, and the id of the key that made it."""
    row = _key(SIGNING_KEY, _new_signing_key)
    private = Ed25519PrivateKey.from_private_bytes(_open(bytes(row.sealed), about=row.name.encode()))
    return private.sign(message), key_id(bytes(row.public_key))


def signing_key() -> PublicKey:
    """The key that CLOSE messages are signed with now."""
    public = bytes(_key(SIGNING_KEY, _new_signing_key).public_key)
    return PublicKey(key_id=key_id(public), public_key=public)


def local_beacon_key() -> bytes:
    """The public key of this installation's own beacon, made at first use."""
    return bytes(_key(LOCAL_BEACON, _new_beacon_key).public_key)


def sign_local_beacon(*, network: Network, beacon_round: int) -> bytes:
    """
    The local beacon's value of one round.

    :raises NotYet: its time has not come by the database's clock.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp()) >= %s", [beacon_time(network, beacon_round)])
        if cursor.fetchone() != (True,):
            raise NotYet("a beacon was asked for before its time")
    row = _key(LOCAL_BEACON, _new_beacon_key)
    return bls.sign_beacon(secret=_open(bytes(row.sealed), about=row.name.encode()), beacon_round=beacon_round)


def key_id(public_key: bytes) -> str:
    """A short name of a public key: the first 8 bytes of its SHA-256, in hex."""
    return sha256(public_key)[:8].hex()


def _open(sealed: bytes, *, about: bytes) -> bytes:
    return AESGCM(settings.SEAL_KEY).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)


def _key(name: str, make: Callable[[], tuple[bytes, bytes]]) -> SealedKey:
    found = SealedKey.objects.filter(name=name).first()
    if found:
        return found
    secret, public = make()
    SealedKey.objects.bulk_create(
        [SealedKey(name=name, public_key=public, sealed=seal(secret, about=name.encode()))],
        ignore_conflicts=True,
    )
    return SealedKey.objects.get(name=name)


def _new_signing_key() -> tuple[bytes, bytes]:
    private = Ed25519PrivateKey.generate()
    return private.private_bytes_raw(), private.public_key().public_bytes_raw()


def _new_beacon_key() -> tuple[bytes, bytes]:
    secret = bls.generate_secret()
    return secret, bls.public_key_of(secret)
