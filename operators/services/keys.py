"""Credentials of backends."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Least, Now

from operators import selectors
from operators.models import ApiKey, Operator
from operators.services.records import record


@transaction.atomic
def issue_key(*, operator: Operator | None, label: str, actor: str) -> tuple[ApiKey, str]:
    """A new credential and its secret, shown once. Without an operator it is a key of the provider."""
    secret = ("ko_" if operator else "kp_") + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        operator=operator, label=label, hint=secret[:9], secret_hash=selectors.hash_secret(secret)
    )
    record("operator.key_issued", operator, actor, after={"key": str(key.id), "label": label})
    return key, secret


@transaction.atomic
def rotate_key(*, key: ApiKey, overlap: timedelta, actor: str) -> tuple[ApiKey, str]:
    """A successor for this key; the old one stays valid for `overlap` longer, so that no call fails meanwhile."""
    successor, secret = issue_key(operator=key.operator, label=key.label, actor=actor)
    ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(
        expires_at=Least("expires_at", Now() + overlap)  # never later than before: an expired key stays expired
    )
    record(
        "operator.key_rotated",
        key.operator,
        actor,
        before={"key": str(key.id)},
        after={"key": str(successor.id)},
    )
    return successor, secret


@transaction.atomic
def revoke_key(*, key: ApiKey, reason: str, actor: str) -> None:
    """End a credential at once: keys are read from the database at every call."""
    if ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=Now()):
        record("operator.key_revoked", key.operator, actor, after={"key": str(key.id), "reason": reason})
