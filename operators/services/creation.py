"""Making an operator, with everything that it needs."""

import re
import secrets
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django_tenants.utils import schema_exists

from audit import services as audit
from keno_platform.core.errors import Kind, Refusal
from keno_platform.core.money import exponent_of
from operators import selectors
from operators.migrating.gate import between_upgrades
from operators.models import Domain, Operator
from operators.services.call_keys import ensure_call_key
from operators.services.keys import issue_key
from operators.services.records import record
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
    large_wager_from: int | None = None
    large_win_from: int | None = None
    default_language: str = "en"
    primary_color: str = "#1f6feb"
    logo_url: str = ""
    jurisdiction: str = "default"
    region_restrictions: tuple[str, ...] = ()
    sandbox: bool = False

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
    :raises Maintenance: an upgrade is under way, or this process is older than the database's tables.
    """
    if connection.in_atomic_block:
        raise RuntimeError("create_operator cannot run inside a transaction")
    with between_upgrades():
        return _create(terms, actor)


def _create(terms: OperatorTerms, actor: str) -> tuple[Operator, str]:
    _check_may_create()
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
        large_wager_from=terms.large_wager_from,
        large_win_from=terms.large_win_from,
        region_restrictions=list(terms.region_restrictions),
        jurisdiction=selectors.get_jurisdiction(terms.jurisdiction),
        sandbox=terms.sandbox,
        player_tag_secret=secrets.token_bytes(32),
    )
    try:
        operator.clean_fields()
    except ValidationError as error:
        field, [wrong, *_] = next(iter(error.message_dict.items()))
        raise OperatorInvalid(wrong, field=field) from error
    try:
        with binding_restored():  # migrating binds the new schema, and leaves it bound when it fails
            operator.save(verbosity=0)
    except (ValidationError, IntegrityError) as error:  # somebody has made it since the terms were checked
        raise OperatorInvalid("An operator with this slug exists.", field="slug") from error
    try:
        with transaction.atomic(durable=True):
            ensure_call_key()
            Domain.objects.create(domain=terms.domain.lower(), tenant=operator, is_primary=True)
            record("operator.created", operator, actor, after={"slug": terms.slug, "currency": terms.currency_code})
            _, secret = issue_key(operator=operator, label="first key", actor=actor)
    except Exception as error:
        operator.delete(force_drop=True)
        if isinstance(error, IntegrityError):
            raise OperatorInvalid("This domain belongs to an operator.", field="domain") from error
        raise
    operator.refresh_from_db()
    return operator, secret


def _check_may_create() -> None:
    """:raises OperatorInvalid: the platform's role in the database may make no schema."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_database_privilege(current_database(), 'CREATE')")
        if cursor.fetchone() != (True,):
            raise OperatorInvalid(
                "Operators are made on the server here: `manage.py create_operator` with the owner's DATABASE_URL."
            )
