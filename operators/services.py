"""Changing operators: creation with everything it needs, suspension, credentials."""

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models.functions import Least, Now
from django_tenants.utils import schema_exists

from audit import services as audit
from keno_platform.core.errors import Kind, Refusal
from keno_platform.core.money import exponent_of
from operators import selectors
from operators.models import ApiKey, Domain, Operator, OperatorStatus
from operators.tenancy import binding_restored

_SLUG = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]", re.ASCII)
_DOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9-]+(\.[a-z0-9-]+)*", re.ASCII | re.IGNORECASE)


class OperatorInvalid(Refusal):
    """The description of a new operator does not hold together."""

    code = "operator_invalid"
    kind = Kind.INVALID
    title = "The operator's details are not valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorTerms:
    """What has to be known to create an operator. Money in minor units of the currency."""

    slug: str
    name: str
    currency_code: str
    domain: str
    min_bet: int
    max_bet: int
    max_win_per_ticket: int
    default_language: str = "en"
    primary_color: str = "#1f6feb"
    logo_url: str = ""
    jurisdiction: str = "default"
    region_restrictions: tuple[str, ...] = ()

    @property
    def schema_name(self) -> str:
        return "op_" + self.slug.replace("-", "_")

    def check(self) -> None:
        """:raises OperatorInvalid: the first thing that is wrong, in `params.field`."""
        if not _SLUG.fullmatch(self.slug):
            raise OperatorInvalid("The slug must be 3 to 40 of a-z, 0-9 and -.", field="slug")
        if not 0 < self.min_bet <= self.max_bet or self.max_win_per_ticket <= 0:
            raise OperatorInvalid("Needed: 0 < min_bet <= max_bet and max_win_per_ticket > 0.", field="min_bet")
        try:
            exponent_of(self.currency_code)
        except ValueError as error:
            raise OperatorInvalid(str(error), field="currency_code") from error
        if Operator.objects.filter(slug=self.slug).exists():
            raise OperatorInvalid("An operator with this slug exists.", field="slug")
        if schema_exists(self.schema_name):
            raise OperatorInvalid(f"There is a schema {self.schema_name} of no operator.", field="slug")
        if not _DOMAIN.fullmatch(self.domain):
            raise OperatorInvalid("The domain must be a host name.", field="domain")
        if self.default_language not in dict(settings.LANGUAGES):
            raise OperatorInvalid("There is no such language.", field="default_language")
        if Domain.objects.filter(domain=self.domain.lower()).exists():
            raise OperatorInvalid("This domain belongs to an operator.", field="domain")


def create_operator(*, terms: OperatorTerms, actor: str = audit.SYSTEM) -> tuple[Operator, str]:
    """
    Make an operator: its row, its schema with partitions and default paytable, its domain, its first key.

    Returns the operator and the key's secret, which is never shown again. Creating the schema runs the
    tenant's migrations, which commit as they go, so this must not be called inside a transaction; when it
    fails half-way the schema and the row are removed again.

    :raises OperatorInvalid: the terms do not hold together, or slug or domain are taken.
    """
    if connection.in_atomic_block:
        raise RuntimeError("create_operator cannot run inside a transaction")
    terms.check()
    operator = Operator(
        schema_name=terms.schema_name,
        slug=terms.slug,
        name=terms.name,
        currency_code=terms.currency_code,
        currency_exponent=exponent_of(terms.currency_code),
        default_language=terms.default_language,
        primary_color=terms.primary_color,
        logo_url=terms.logo_url,
        min_bet=terms.min_bet,
        max_bet=terms.max_bet,
        max_win_per_ticket=terms.max_win_per_ticket,
        region_restrictions=list(terms.region_restrictions),
        jurisdiction=selectors.get_jurisdiction(terms.jurisdiction),
        player_tag_secret=secrets.token_bytes(32),
    )
    try:
        operator.clean_fields()
    except ValidationError as error:
        field, [wrong, *_] = next(iter(error.message_dict.items()))
        raise OperatorInvalid(wrong, field=field) from error
    with binding_restored():  # migrating binds the new schema, and leaves it bound when it fails
        operator.save(verbosity=0)
    try:
        with transaction.atomic(durable=True):
            Domain.objects.create(domain=terms.domain.lower(), tenant=operator, is_primary=True)
            _record("operator.created", operator, actor, after={"slug": terms.slug, "currency": terms.currency_code})
            _, secret = issue_key(operator=operator, label="first key", actor=actor)
    except Exception:
        operator.delete(force_drop=True)
        raise
    operator.refresh_from_db()
    return operator, secret


def suspend_operator(*, operator: Operator, reason: str, actor: str) -> None:
    """Refuse this operator's bets from now on: placement reads the status inside its own transaction."""
    _set_status(operator, OperatorStatus.SUSPENDED, reason, actor)


def resume_operator(*, operator: Operator, reason: str, actor: str) -> None:
    """Take this operator's bets again."""
    _set_status(operator, OperatorStatus.ACTIVE, reason, actor)


@transaction.atomic
def issue_key(*, operator: Operator | None, label: str, actor: str) -> tuple[ApiKey, str]:
    """A new credential and its secret, shown once. Without an operator it is a key of the provider."""
    secret = ("ko_" if operator else "kp_") + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        operator=operator, label=label, hint=secret[:9], secret_hash=selectors.hash_secret(secret)
    )
    _record("operator.key_issued", operator, actor, after={"key": str(key.id), "label": label})
    return key, secret


@transaction.atomic
def rotate_key(*, key: ApiKey, overlap: timedelta, actor: str) -> tuple[ApiKey, str]:
    """A successor for this key; the old one stays valid for `overlap` longer, so that no call fails meanwhile."""
    successor, secret = issue_key(operator=key.operator, label=key.label, actor=actor)
    ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(
        expires_at=Least("expires_at", Now() + overlap)  # never later than before: an expired key stays expired
    )
    _record(
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
        _record("operator.key_revoked", key.operator, actor, after={"key": str(key.id), "reason": reason})


@transaction.atomic
def _set_status(operator: Operator, status: OperatorStatus, reason: str, actor: str) -> None:
    before = operator.status
    Operator.objects.filter(pk=operator.pk).update(status=status)
    operator.status = status
    _record(
        "operator.suspended" if status == OperatorStatus.SUSPENDED else "operator.resumed",
        operator,
        actor,
        before={"status": str(before)},
        after={"status": str(status), "reason": reason},
    )


def _record(event: str, operator: Operator | None, actor: str, **change: Any) -> None:
    name = operator.name if operator else "the provider"
    verb = event.partition(".")[2].replace("_", " ")
    audit.record(
        event,
        description=f"{name}: {verb}",
        actor=actor,
        operator_id=operator.pk if operator else None,
        **change,
    )
