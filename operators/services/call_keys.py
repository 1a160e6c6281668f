"""The Ed25519 keys under which this server signs its calls to operators."""

from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction
from django.db.models.functions import Now

from audit import services as audit
from fairness.documents import key_id as key_id_of
from operators.models import CallSigningKey
from operators.sealing import SEAL

WINDOW = timedelta(seconds=300)
"""How far a call's time may be off; so long a key is still valid after it has signed for the last time."""


def ensure_call_key() -> CallSigningKey:
    """The newest key; made if there is none yet."""
    found = CallSigningKey.objects.filter(retired_at__isnull=True).first()
    if found is not None:
        return found
    CallSigningKey.objects.bulk_create([_new_key()], ignore_conflicts=True)
    return CallSigningKey.objects.get(retired_at__isnull=True)


@transaction.atomic
def rotate_call_key(*, overlap: timedelta, actor: str) -> CallSigningKey:
    """
    Publish a new key. It signs after `overlap`, when operators have had time to read it; until then the present one
    does, which stays valid for another five minutes. One that was published before and has not signed yet never will.
    """
    ensure_call_key()
    list(CallSigningKey.objects.select_for_update())  # two rotations follow one another
    present = CallSigningKey.objects.get(retired_at__isnull=True)
    CallSigningKey.objects.filter(signs_from__gt=Now(), retired_at__isnull=True).update(retired_at=Now())
    signing = CallSigningKey.objects.filter(signs_from__lte=Now()).latest("signs_from")
    CallSigningKey.objects.filter(pk=signing.pk).update(retired_at=Now())  # only one is without an end
    made = _new_key()
    made.signs_from = Now() + overlap  # by the database's clock
    made.save(force_insert=True)
    made.refresh_from_db()
    CallSigningKey.objects.filter(pk=signing.pk).update(retired_at=made.signs_from + WINDOW)
    audit.record(
        "call_signing_key.rotated",
        description=f"calls to operators are signed by {made.key_id} after {overlap}",
        actor=actor,
        before={"key": present.key_id},
        after={"key": made.key_id, "overlap_s": int(overlap.total_seconds())},
    )
    return made


def call_key_about(key_id: str) -> str:
    """What a signing key is sealed about."""
    return f"call-signing:{key_id}"


def _new_key() -> CallSigningKey:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    key_id = key_id_of(public)
    sealed = SEAL.close(private.private_bytes_raw(), about=call_key_about(key_id))
    return CallSigningKey(key_id=key_id, public_key=public, sealed=sealed)
