"""Reading operators."""

import hashlib
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from keno_platform.core.errors import NotFound
from operators.models import ApiKey, Jurisdiction, Operator


def list_operators() -> "QuerySet[Operator]":
    """Every operator, suspended ones too: their settlement goes on."""
    return Operator.objects.select_related("jurisdiction").order_by("slug")


def get_operator(*, operator_id: UUID | None = None, slug: str | None = None) -> Operator:
    """
    One operator by its id or its slug.

    :raises NotFound: there is none.
    """
    found = Operator.objects.select_related("jurisdiction")
    found = found.filter(operator_id=operator_id) if operator_id else found.filter(slug=slug)
    operator = found.first()
    if operator is None:
        raise NotFound("There is no such operator.")
    return operator


def find_operator_by_domain(host: str) -> Operator | None:
    """The operator whose client is served on this host name."""
    return Operator.objects.select_related("jurisdiction").filter(domains__domain=host.lower()).first()


def get_jurisdiction(code: str) -> Jurisdiction:
    """
    A profile by its code.

    :raises NotFound: there is none.
    """
    profile = Jurisdiction.objects.filter(code=code).first()
    if profile is None:
        raise NotFound(f"There is no jurisdiction {code!r}.")
    return profile


def primary_domain(operator: Operator) -> str:
    """The host name of the operator's own client."""
    return str(operator.domains.get(is_primary=True).domain)


def hash_secret(secret: str) -> bytes:
    """What is kept of a credential. A secret of 256 random bits needs no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def find_valid_key(secret: str) -> ApiKey | None:
    """The key with this secret, when it is neither revoked nor expired by the database's clock."""
    valid = Q(revoked_at__isnull=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=Now()))
    return (
        ApiKey.objects.select_related("operator", "operator__jurisdiction")
        .filter(valid, secret_hash=hash_secret(secret))
        .first()
    )
