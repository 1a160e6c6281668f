"""The keys with which operators sign their calls to this server."""

import base64
import binascii
import secrets
from datetime import timedelta

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.db import transaction
from django.db.models.functions import Least, Now

from keno_platform.core.errors import Kind, Refusal, Retry
from operators import selectors
from operators.models import CallerKey, Operator, Signing
from operators.sealing import SEAL
from operators.services.records import record

VALID_MAX = 2
SECRET_BYTES = 32
LABEL_MAX = 80


class CallerKeyInvalid(Refusal):
    """The description of a key for signed calls does not hold together; `params.field` says where."""

    code = "caller_key_invalid"
    kind = Kind.INVALID
    title = "This key for signed calls is not valid"


class TooManyCallerKeys(Refusal):
    """Two keys for signed calls are valid already: revoke one, or wait until one has expired."""

    code = "too_many_caller_keys"
    kind = Kind.CONFLICT
    title = "Two keys for signed calls are valid already"
    retry = Retry.NEW_KEY


@transaction.atomic
def add_caller_key(
    *, operator: Operator, kind: str, label: str, actor: str, public_key: str | None = None
) -> tuple[CallerKey, str | None]:
    """
    A key with which the operator signs its calls: its own Ed25519 public key (base64 of 32 bytes, or PEM), or a shared
    secret that is made here and returned (base64), this once.

    :raises CallerKeyInvalid: unknown kind, no label, or no such public key.
    :raises TooManyCallerKeys: two are valid.
    """
    Operator.objects.select_for_update().get(pk=operator.pk)  # counting and adding is one step
    if len(selectors.list_valid_caller_keys(operator)) >= VALID_MAX:
        raise TooManyCallerKeys(valid_max=VALID_MAX)
    key, secret = _make(operator, kind, label, public_key)
    record("operator.caller_key_added", operator, actor, after={"key": key.key_id, "kind": kind, "label": label})
    return key, secret


@transaction.atomic
def rotate_caller_key(
    *, key: CallerKey, overlap: timedelta, actor: str, public_key: str | None = None
) -> tuple[CallerKey, str | None]:
    """
    A successor of the same kind; the old key stays valid for `overlap`. An Ed25519 key needs the new public key.

    :raises CallerKeyInvalid: no such public key, or the key has ended.
    :raises TooManyCallerKeys: a rotation is under way.
    """
    operator = key.operator
    Operator.objects.select_for_update().get(pk=operator.pk)
    valid = {one.pk for one in selectors.list_valid_caller_keys(operator)}
    if key.pk not in valid:
        raise CallerKeyInvalid("This key has ended. Add a new one.", field="key_id")
    if len(valid) >= VALID_MAX:
        raise TooManyCallerKeys(valid_max=VALID_MAX)
    CallerKey.objects.filter(pk=key.pk).update(expires_at=Least("expires_at", Now() + overlap))
    successor, secret = _make(operator, key.kind, key.label, public_key)
    record(
        "operator.caller_key_rotated",
        operator,
        actor,
        before={"key": key.key_id},
        after={"key": successor.key_id, "overlap_s": int(overlap.total_seconds())},
    )
    return successor, secret


@transaction.atomic
def revoke_caller_key(*, key: CallerKey, reason: str, actor: str) -> None:
    """End a key at once: keys are read from the database at every signed call."""
    if CallerKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=Now()):
        record("operator.caller_key_revoked", key.operator, actor, after={"key": key.key_id, "reason": reason})


def caller_key_about(operator_id: object, key_id: str) -> str:
    """What a shared secret is sealed about."""
    return f"caller:{operator_id}:{key_id}"


def _make(operator: Operator, kind: str, label: str, public_key: str | None) -> tuple[CallerKey, str | None]:
    if not 1 <= len(label) <= LABEL_MAX:
        raise CallerKeyInvalid(f"label must be 1 to {LABEL_MAX} characters.", field="label")
    key = CallerKey(operator=operator, kind=kind, label=label, key_id=f"ck_{secrets.token_hex(8)}")
    secret = None
    match kind:
        case Signing.ED25519:
            key.public_key = read_public_key(public_key or "")
        case Signing.HMAC if public_key is None:
            secret = secrets.token_bytes(SECRET_BYTES)
            key.sealed = SEAL.close(secret, about=caller_key_about(operator.pk, key.key_id))
        case Signing.HMAC:
            raise CallerKeyInvalid("A shared secret has no public key.", field="public_key")
        case _:
            raise CallerKeyInvalid("kind is ed25519 or hmac.", field="kind")
    key.save(force_insert=True)
    return key, base64.b64encode(secret).decode() if secret else None


def read_public_key(text: str) -> bytes:
    """
    The 32 bytes of an Ed25519 public key, from base64 or from PEM.

    :raises CallerKeyInvalid: it is neither.
    """
    wrong = CallerKeyInvalid("public_key must be an Ed25519 key: base64 of its 32 bytes, or PEM.", field="public_key")
    try:
        if text.lstrip().startswith("-----BEGIN"):
            loaded = load_pem_public_key(text.encode())
            if not isinstance(loaded, Ed25519PublicKey):
                raise wrong
            return loaded.public_bytes_raw()
        raw = base64.b64decode(text.strip(), validate=True)
        return Ed25519PublicKey.from_public_bytes(raw).public_bytes_raw()
    except (ValueError, binascii.Error, UnsupportedAlgorithm) as error:
        raise wrong from error
