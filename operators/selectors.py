"""Reading operators."""

import hashlib
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from keno_platform.core.errors import NotFound
from operators.jurisdictions import Jurisdiction
from operators.models import ApiKey, CallerKey, CallSigningKey, Domain, Operator, WalletConnection

_VALID = Q(revoked_at__isnull=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=Now()))

_ROW_VERSION = RawSQL("operators_operator.xmin::text::bigint", [], output_field=BigIntegerField())
"""Another one after every change of an operator's row, whoever changes it."""


def list_operators() -> "QuerySet[Operator]":
    """
    Every operator, suspended ones too: their settlement goes on. One that is still being made has no domain yet, and
    perhaps no tables.
    """
    made = Exists(Domain.objects.filter(tenant=OuterRef("pk")))
    return Operator.objects.filter(made).select_related("jurisdiction").order_by("slug")


def get_operator(*, operator_id: UUID | None = None, slug: str | None = None) -> Operator:
    """
    One operator by its id or its slug.

    :raises NotFound: there is none.
    """
    found = Operator.objects.select_related("jurisdiction").annotate(_version=_ROW_VERSION)
    found = found.filter(operator_id=operator_id) if operator_id else found.filter(slug=slug)
    operator = found.first()
    if operator is None:
        raise NotFound("There is no such operator.")
    return _with_version(operator, operator._version)


def get_operator_of_schema(schema: str) -> Operator:
    """The operator whose schema this is: for what knows only where it is bound."""
    return Operator.objects.select_related("jurisdiction").get(schema_name=schema)


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


def list_domains() -> "QuerySet[Domain]":
    """Every host that some operator's players are served on."""
    found: QuerySet[Domain] = Domain.objects.all()
    return found


def find_live_key(text: str) -> ApiKey | None:
    """The key with this id or hint that is not revoked; None where there is none, or where two have the hint."""
    live = ApiKey.objects.select_related("operator").filter(revoked_at__isnull=True)
    try:
        return live.filter(pk=UUID(text)).first()
    except ValueError:
        found = list(live.filter(hint=text)[:2])
        return found[0] if len(found) == 1 else None


def primary_domain(operator: Operator) -> str:
    """The host name of the operator's own client."""
    return str(operator.domains.get(is_primary=True).domain)


def client_origin(operator: Operator) -> str:
    """Where the operator's own client is: scheme, host and port of its first domain."""
    scheme, _, rest = settings.BASE_URL.partition("://")
    port = f":{rest.rpartition(':')[2]}" if ":" in rest else ""
    return f"{scheme}://{primary_domain(operator)}{port}"


def hash_secret(secret: str) -> bytes:
    """What is kept of a credential. A secret of 256 random bits needs no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def find_valid_key(secret: str) -> ApiKey | None:
    """The key with this secret, when it is neither revoked nor expired by the database's clock."""
    return (
        ApiKey.objects.select_related("operator", "operator__jurisdiction")
        .filter(_VALID, secret_hash=hash_secret(secret))
        .first()
    )


def find_valid_keys(secrets: Iterable[str]) -> dict[str, ApiKey]:
    """By secret: those keys of these that are valid, as for `find_valid_key`, in one query."""
    by_hash = {hash_secret(secret): secret for secret in secrets}
    found = ApiKey.objects.select_related("operator", "operator__jurisdiction").annotate(_version=_ROW_VERSION)
    keys: dict[str, ApiKey] = {}
    for key in found.filter(_VALID, secret_hash__in=list(by_hash)):
        keys[by_hash[bytes(key.secret_hash)]] = key
        if key.operator is not None:
            _with_version(key.operator, key._version)
    return keys


def _with_version(operator: Operator, version: int) -> Operator:
    operator.row_version = version
    return operator


def get_wallet_connection(operator: Operator) -> WalletConnection:
    """
    Where the operator's own wallet is and how it is called.

    :raises NotFound: the operator is in transfer mode.
    """
    connection = WalletConnection.objects.filter(operator=operator).first()
    if connection is None:
        raise NotFound("This operator has no wallet connection.")
    connection.operator = operator
    return connection


def list_call_keys() -> "QuerySet[CallSigningKey]":
    """Every key that our calls are or were signed with, newest first."""
    return CallSigningKey.objects.order_by("-signs_from", "key_id")


def list_caller_keys(operator: Operator) -> "QuerySet[CallerKey]":
    """The keys of an operator's own signatures, newest first; ended ones too."""
    return CallerKey.objects.filter(operator=operator).order_by("-id")


def list_valid_caller_keys(operator: Operator) -> list[CallerKey]:
    """Those that are neither revoked nor expired by the database's clock."""
    return list(list_caller_keys(operator).filter(_VALID))


def get_caller_key(*, operator: Operator, key_id: str) -> CallerKey:
    """
    One key of this operator.

    :raises NotFound: it has none with this id.
    """
    key = CallerKey.objects.filter(key_id=key_id, operator=operator).select_related("operator").first()
    if key is None:
        raise NotFound()
    return key
