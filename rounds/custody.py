"""
Custody of secrets: the only module that can open what is sealed. It asks the database whether a round's betting
has ended before it derives a seed, whether an epoch is over before it gives its key away, and whether a beacon's time
has come before it signs one.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from fairness import bls
from fairness.documents import key_id
from fairness.networks import Network, beacon_time
from fairness.seeds import derive_seed
from rounds.models import Epoch, SealedKey, SigningKey
from rounds.statements import run

NONCE_BYTES = 12
SIGNING_KEY = "close-signing"
"""What every signing key is sealed about."""
LOCAL_BEACON = "beacon-local"


class NotYet(Exception):
    """Somebody asked for a secret before its time. Never expected: it means a fault in the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """The half of a key pair that everybody may have; `key_id` is the start of its SHA-256."""

    key_id: str
    public_key: bytes
    valid_from: datetime
    valid_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """An Ed25519 signature and whose it is."""

    signature: bytes
    key_id: str
    public_key: bytes


def new_epoch_key() -> bytes:
    """32 random bytes. They leave this process only sealed."""
    return secrets.token_bytes(32)


def seal(secret: bytes, *, about: bytes) -> bytes:
    """AES-256-GCM: nonce, ciphertext and tag. `about` must be given again to open it."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(settings.SEAL_KEYS[0]).encrypt(nonce, secret, about)


def seeds_of_ended(round_ids: Iterable[int]) -> dict[int, bytes | None]:
    """
    The seeds of rounds whose betting has ended; None where the epoch's key cannot be opened.

    :raises NotYet: one of them, by the clock of its game and its state in the database, can still take bets.
    """
    wanted = list(round_ids)
    rows = run(_ENDED, [wanted])
    if {row[0] for row in rows} != set(wanted):
        raise NotYet("a seed was asked for before its round's close")
    # Each epoch's key is opened once, and kept no longer than this call: nothing that waits here holds one.
    sealed_keys = run(_SEALED_KEYS, [list({row[3] for row in rows})])
    keys = {epoch_id: _epoch_key(sealed, root) for epoch_id, sealed, root in sealed_keys}
    return {
        round_id: derive_seed(epoch_key=key, stream=stream, round_number=number) if (key := keys[epoch_id]) else None
        for round_id, stream, number, epoch_id in rows
    }


def key_of_ended_epoch(epoch_id: int, *, at_once: bool = False) -> bytes | None:
    """
    The key of an epoch that is over, for everybody to see; None where it cannot be opened. `at_once` does not wait for
    the delay after its end; all of its rounds must have come to their end all the same.

    :raises NotYet: the delay after its end has not passed, or a round of it has not come to its end.
    """
    rows = _rows(_EPOCH_OVER, [0 if at_once else settings.EPOCH_KEY_DELAY_SECONDS, epoch_id])
    if not rows:
        raise NotYet("an epoch's key was asked for before the epoch's end")
    return _epoch_key(*rows[0])


def is_epoch_over(epoch_id: int) -> bool:
    """Whether an epoch has ended with all its rounds, so that its key tells nothing that is still to come."""
    return bool(_rows(_EPOCH_OVER, [0, epoch_id]))


def _epoch_key(sealed: bytes, root: bytes) -> bytes | None:
    try:
        return _open(bytes(sealed), about=bytes(root))
    except InvalidTag:
        return None


_ENDED = """
    SELECT r.id, g.stream, r.number, r.epoch_id
    FROM public.rounds_round r JOIN public.rounds_game g ON g.id = r.game_id
    WHERE r.id = ANY (%b::bigint[]) AND r.closes_at <= public.rounds_own_time(r.sandbox, r.game_id)
      AND (r.status IN ('drawn', 'settled', 'revealed', 'void')
           OR (r.status = 'closed' AND r.close_message IS NOT NULL))
"""
_SEALED_KEYS = "SELECT id, sealed_key, root FROM public.rounds_epoch WHERE id = ANY (%b::bigint[])"
# Also void rounds stay secret until their betting time is over.
_EPOCH_OVER = """
    SELECT e.sealed_key, e.root FROM public.rounds_epoch e
    WHERE e.ends_at + make_interval(secs => %s) <= clock_timestamp() AND e.id = %s
      AND NOT EXISTS (SELECT 1 FROM public.rounds_round r
                      WHERE r.epoch_id = e.id
                        AND (r.status NOT IN ('revealed', 'void') OR r.closes_at > clock_timestamp()))
"""


def sign(message: bytes) -> Signed:
    """The installation's Ed25519 signature over a message, by the key that signs now."""
    return sign_all([message])[0]


def sign_all(messages: Iterable[bytes]) -> list[Signed]:
    """The same over many messages, the key opened once."""
    row = _signing_key()
    private = Ed25519PrivateKey.from_private_bytes(_open(bytes(row.sealed), about=SIGNING_KEY.encode()))
    public = bytes(row.public_key)
    return [Signed(signature=private.sign(message), key_id=row.key_id, public_key=public) for message in messages]


def signing_keys() -> list[PublicKey]:
    """Every key that this installation signs or has signed with, oldest first."""
    _signing_key()
    return [
        PublicKey(
            key_id=row.key_id,
            public_key=bytes(row.public_key),
            valid_from=row.created_at,
            valid_until=row.retired_at,
        )
        for row in SigningKey.objects.order_by("created_at")
    ]


def own_public_keys() -> frozenset[bytes]:
    """
    The keys whose other half is sealed here, and opens. A row that somebody put into the table is none of them: whoever
    has the database alone cannot seal.
    """
    return frozenset(
        bytes(row.public_key) for row in SigningKey.objects.all() if _public_half(row) == bytes(row.public_key)
    )


def _public_half(row: SigningKey) -> bytes | None:
    with suppress(InvalidTag, ValueError):
        private = Ed25519PrivateKey.from_private_bytes(_open(bytes(row.sealed), about=SIGNING_KEY.encode()))
        return private.public_key().public_bytes_raw()
    return None


@transaction.atomic
def rotate_signing_key() -> str:
    """Retire the key that signs, and make another; what the old one has signed stays valid. Returns the new id."""
    SigningKey.objects.filter(retired_at__isnull=True).update(retired_at=Now())
    return _signing_key().key_id


def _signing_key() -> SigningKey:
    found = SigningKey.objects.filter(retired_at__isnull=True).first()
    if found:
        return found
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    sealed = seal(private.private_bytes_raw(), about=SIGNING_KEY.encode())
    made = SigningKey(key_id=key_id(public), public_key=public, sealed=sealed)
    SigningKey.objects.bulk_create([made], ignore_conflicts=True)
    return SigningKey.objects.get(retired_at__isnull=True)


def local_beacon_key() -> bytes:
    """The public key of this installation's own beacon, made at first use."""
    return bytes(_key(LOCAL_BEACON, _new_beacon_key).public_key)


def sign_local_beacon(*, network: Network, beacon_round: int) -> bytes:
    """
    The local beacon's value of one round.

    :raises NotYet: its time has not come by the database's clock.
    """
    due = _rows("SELECT extract(epoch FROM clock_timestamp()) >= %s", [beacon_time(network, beacon_round)])
    if due != [(True,)]:
        raise NotYet("a beacon was asked for before its time")
    row = _key(LOCAL_BEACON, _new_beacon_key)
    return bls.sign_beacon(secret=_open(bytes(row.sealed), about=row.name.encode()), beacon_round=beacon_round)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resealed:
    """What a rotation of the seal key came to. `lost` names what no key opens."""

    already: int
    resealed: int
    lost: tuple[str, ...]


@transaction.atomic
def reseal_all() -> Resealed:
    """Seal anew, under the first of the seal keys, whatever one of the old ones still seals."""
    already, resealed, lost = 0, 0, []
    for row, column, about in _sealed_rows():
        sealed = bytes(getattr(row, column))
        if _opens(settings.SEAL_KEYS[0], sealed, about):
            already += 1
            continue
        try:
            setattr(row, column, seal(_open(sealed, about=about), about=about))
        except InvalidTag:
            lost.append(str(row))
            continue
        row.save(update_fields=[column])
        resealed += 1
    return Resealed(already=already, resealed=resealed, lost=tuple(lost))


def _sealed_rows() -> Iterator[tuple[Epoch | SealedKey | SigningKey, str, bytes]]:
    """Each sealed value: its row, its column, and what it is sealed about."""
    for epoch in Epoch.objects.select_for_update().order_by("pk").iterator():
        yield epoch, "sealed_key", bytes(epoch.root)
    for key in SealedKey.objects.select_for_update():
        yield key, "sealed", key.name.encode()
    for own in SigningKey.objects.select_for_update():
        yield own, "sealed", SIGNING_KEY.encode()


def _opens(key: bytes, sealed: bytes, about: bytes) -> bool:
    with suppress(InvalidTag):
        AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)
        return True
    return False


def _open(sealed: bytes, *, about: bytes) -> bytes:
    """:raises InvalidTag: none of the keys opens it, or it is about something else."""
    for key in settings.SEAL_KEYS:
        with suppress(InvalidTag):
            return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)
    raise InvalidTag


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


def _new_beacon_key() -> tuple[bytes, bytes]:
    secret = bls.generate_secret()
    return secret, bls.public_key_of(secret)


def _rows(statement: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
